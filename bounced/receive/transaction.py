"""One mail transaction: MAIL, RCPT and DATA in their order, and the reply to each (RFC 5321 §3.3). No sockets.

SIZE is RFC 1870, BODY RFC 6152, SMTPUTF8 RFC 6531. The parameters of DSN (RFC 3461) are ignored though we don't announce
it: they ask nothing of a host that mail goes no further from, and a refused bounce is lost.
"""

from collections.abc import Callable
from operator import attrgetter

import aiosmtpd.smtp
import structlog

from bounced.address import is_address
from bounced.config import Smtp
from bounced.model import Envelope
from bounced.receive import replies
from bounced.receive.guard import Admission, Guard
from bounced.receive.path import Path, read_parameters

log = structlog.get_logger()

_IS_FOR_POSTMASTER = attrgetter("for_postmaster")
_IGNORED = frozenset(("RET", "ENVID", "NOTIFY", "ORCPT"))
_BODIES = frozenset(("7BIT", "8BITMIME"))
#: The digits of 10¹⁸: int() of a longer SIZE is work for nothing.
_MAX_SIZE_DIGITS = 19

#: Reads the path at the front of an argument; None for bad syntax.
ReadPath = Callable[[str], Path | None]


class Transaction(aiosmtpd.smtp.Envelope):
    """The envelope while it is made: `mail_from` is None before MAIL, "" for the null sender."""

    def __init__(self, settings: Smtp, guard: Guard, read_path: ReadPath, peer: str) -> None:
        super().__init__()
        self._peer = peer
        self._settings = settings
        self._guard = guard
        self._read_path = read_path
        self._admissions: list[Admission] = []

    def mail(self, argument: str) -> str:  # noqa: PLR0911 a refusal each
        """Take the argument of MAIL and return the reply."""
        if self.mail_from is not None:
            return replies.MAIL_TWICE
        if argument[:5].upper() != "FROM:":
            return replies.MAIL_SYNTAX
        path = self._read_path(argument[5:].lstrip())
        if path is None:
            return replies.BAD_SENDER
        parameters = read_parameters(path.rest)
        if parameters is None:
            return replies.MAIL_SYNTAX
        if refusal := self._refuse_parameters(parameters):
            return refusal
        self.smtp_utf8 = "SMTPUTF8" in parameters
        if not self.smtp_utf8 and not path.address.isascii():
            return replies.NEEDS_SMTPUTF8
        self.mail_from = path.address
        return replies.SENDER_OK

    def rcpt(self, argument: str) -> str:  # noqa: PLR0911 a refusal each
        """Take the argument of RCPT and return the reply; 550 for an address that is not ours."""
        if self.mail_from is None:
            return replies.MAIL_FIRST
        if argument[:3].upper() != "TO:":
            return replies.RCPT_SYNTAX
        path = self._read_path(argument[3:].lstrip())
        if path is None or not (is_address(path.address) or path.address.lower() == "postmaster"):
            return replies.BAD_RECIPIENT
        parameters = read_parameters(path.rest)
        if parameters is None:
            return replies.RCPT_SYNTAX
        if unknown := parameters.keys() - _IGNORED:
            return replies.UNKNOWN_PARAMETER.format(parameter=min(unknown))
        if not self.smtp_utf8 and not path.address.isascii():
            return replies.NEEDS_SMTPUTF8
        if len(self.rcpt_tos) >= self._settings.max_recipients:
            return replies.TOO_MANY_RECIPIENTS
        admission = self._guard.admit(path.address)
        if admission is None:
            log.info("recipient.refused", peer=self._peer, mail_from=self.mail_from, recipient=path.address)
            return replies.NOT_OURS.format(address=path.address)
        if refusal := self._guard.refuse(path.address):
            log.info("recipient.refused", peer=self._peer, mail_from=self.mail_from, recipient=path.address, reason=refusal)
            return refusal.format(address=path.address)
        self.rcpt_tos.append(path.address)
        self._admissions.append(admission)
        return replies.RECIPIENT_OK

    def data(self) -> str:
        """Return the reply to DATA: 354 when there is somebody to take the message for."""
        if self.mail_from is None:
            return replies.MAIL_FIRST
        return replies.GO_AHEAD if self.rcpt_tos else replies.NO_RECIPIENTS

    @property
    def envelope(self) -> Envelope:
        """The envelope as the model has it."""
        return Envelope(self.mail_from, tuple(self.rcpt_tos))

    @property
    def admission(self) -> Admission:
        """Under what the message is taken, all its recipients considered: a return path goes before the postmaster."""
        return min(self._admissions, key=_IS_FOR_POSTMASTER)

    def _refuse_parameters(self, parameters: dict[str, str]) -> str | None:
        for parameter, value in parameters.items():
            if parameter == "SIZE":
                if not (value.isascii() and value.isdecimal() and len(value) <= _MAX_SIZE_DIGITS):
                    return replies.BAD_VALUE.format(parameter=parameter)
                if int(value) > self._settings.max_message_bytes:
                    return replies.TOO_LARGE.format(max_bytes=self._settings.max_message_bytes)
            elif (parameter == "BODY" and value.upper() not in _BODIES) or (parameter == "SMTPUTF8" and value):
                return replies.BAD_VALUE.format(parameter=parameter)
            elif parameter not in _IGNORED and parameter not in {"BODY", "SMTPUTF8"}:
                return replies.UNKNOWN_PARAMETER.format(parameter=parameter)
        return None
