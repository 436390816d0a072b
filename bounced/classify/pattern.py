r"""Patterns of rules: the part of regular expressions that runs in linear time, checked before it is compiled.

RE2 guarantees linear time by its engine; Python's engine backtracks, so here the syntax is narrower: every repetition
has an upper bound (`[^ ]{1,40}`, never `*` or `+`), groups may be optional but not repeated, and there are no back
references, look-arounds or inline flags. What is left costs a bounded number of steps at each position of the text.
All of it is RE2 syntax (https://github.com/google/re2/wiki/Syntax).
"""

import re

#: The product of a pattern's bounds: how many ways one position of the text can be tried in.
MAX_WAYS = 4096

_TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<bounds>\{(\d*)(?:(,)(\d*))?\})|(?P<open>\((?:\?[^)]?.?)?)|(?P<close>\))"
    r"|(?P<many>[*+])|(?P<maybe>\?)|(?P<other>.)",
    re.DOTALL,
)


def compile_linear(pattern: str) -> re.Pattern[str]:
    """Compile *pattern*, which is matched against folded text.

    Raises:
        ValueError: it is malformed, or outside the syntax above; the message says what is wrong with it.
    """
    ways, after_group = 1, False
    for token in _TOKEN.finditer(pattern):
        kind = token.lastgroup or ""
        if kind == "open" and token[0].startswith("(?") and not token[0].startswith("(?:"):
            raise ValueError(f"{token[0]!r}: of the groups with a question mark only (?:…) is allowed")
        if kind == "escape" and token[0][1] in "0123456789":
            raise ValueError(f"{token[0]!r}: back references are not allowed")
        if kind == "many":
            raise ValueError(f"{token[0]!r}: a repetition needs an upper bound, as in {{1,40}}")
        if kind == "bounds":
            if after_group:
                raise ValueError(f"{token[0]!r}: a group may be optional, not repeated")
            ways *= _width(token)
        elif kind == "maybe":
            ways *= 2
        after_group = kind == "close"
    if ways > MAX_WAYS:
        raise ValueError(f"its bounds multiply to {ways}, more than {MAX_WAYS}")
    try:
        return re.compile(pattern, re.ASCII)
    except re.error as error:
        raise ValueError(f"{error}") from error


def _width(token: re.Match[str]) -> int:
    least, comma, most = re.fullmatch(r"\{(\d*)(,?)(\d*)\}", token[0]).groups()  # type: ignore[union-attr]  # the token has this form
    if comma and not most:
        raise ValueError(f"{token[0]!r}: a repetition needs an upper bound, as in {{1,40}}")
    return int(most or least or 0) - int(least or 0) + 1
