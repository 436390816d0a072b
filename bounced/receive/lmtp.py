"""LMTP (RFC 2033), for a mail server of ours that hands bounces on: SMTP with LHLO, and after the message a reply for each recipient.

A message is kept once for all its recipients, so they all hear the same. Not for strangers, and never on port 25 (RFC 2033 §5).
"""

from bounced.receive import replies
from bounced.receive.smtp import COMMANDS, Command, Session


class LmtpSession(Session):
    """One session of LMTP."""

    _greeting = replies.LMTP_GREETING
    _greet_command = "LHLO"

    @property
    def _is_proxied(self) -> bool:
        """No proxy stands between us and a mail server of ours."""
        return False

    def _command(self, verb: str) -> Command | None:
        return _COMMANDS.get(verb)

    def _lhlo(self, hostname: str) -> None:
        """Greet a client and say what we can."""
        self._greet("LHLO", hostname, self._extensions())

    def _helo_of_smtp(self, _hostname: str) -> None:
        """Say that this is another protocol."""
        self._say(replies.NOT_LMTP)

    def _say_of_message(self, reply: str) -> None:
        """Say *reply* for each recipient that was taken (RFC 2033 §4.2)."""
        for _ in self.envelope.rcpt_tos:
            self._say(reply)

    def _say_of_data(self, reply: str) -> None:
        """Say what RFC 2033 §4.2 wants where there is no recipient: 503."""
        self._say(replies.LMTP_NO_RECIPIENTS if reply == replies.NO_RECIPIENTS else reply)


_COMMANDS = COMMANDS | {
    "EHLO": LmtpSession._helo_of_smtp,  # noqa: SLF001 here and below: a table of its methods
    "HELO": LmtpSession._helo_of_smtp,  # noqa: SLF001
    "LHLO": LmtpSession._lhlo,  # noqa: SLF001
}
