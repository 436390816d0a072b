"""Who may ask: whoever has a token of the file, the one token of the environment, or anybody where that was meant so."""

from collections.abc import Sequence

from bounced.tokens import Role, Token, digest, find

#: What one is called who needs no token.
ANYBODY = Token("anybody", Role.ADMIN, None, b"")
_SCHEME = "bearer "


class Access:
    """Knows *tokens*; `open` lets anybody do anything."""

    def __init__(self, tokens: Sequence[Token], *, single: str = "", is_open: bool = False) -> None:
        self._tokens = [*tokens, *([Token("environment", Role.ADMIN, None, digest(single))] if single else [])]
        self._is_open = is_open

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked for a token."""
        return self._is_open

    def who(self, authorization: str) -> Token | None:
        """Say whose the value of the Authorization field (RFC 6750 §2.1) is; None: nobody's."""
        if self._is_open:
            return ANYBODY
        if not authorization.lower().startswith(_SCHEME):
            return None
        return find(self._tokens, authorization[len(_SCHEME) :].strip())
