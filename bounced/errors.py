"""Every error that `bounced` raises on purpose; the docstring is the message.

A stranger's mail never raises: it ends as a report of kind *not-a-report*. What is raised here concerns
the operator (configuration), the machine (disk, broker) or the caller of the library.
"""

from typing import ClassVar


class BouncedError(Exception):
    """Something in bounced went wrong."""

    #: Does trying again later help?
    temporary: ClassVar[bool] = False
    #: What an SMTP client is told when this ends its transaction (RFC 5321 §4.2, RFC 3463).
    smtp_reply: ClassVar[str] = "451 4.3.0 Local error, please try again later"
    #: The status a command ends with (sysexits.h).
    exit_code: ClassVar[int] = 70

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        """Say the class's docstring, then what is special about this time."""
        message = (type(self).__doc__ or "").strip().splitlines()[0]
        return f"{message.rstrip('.')}: {self.detail}" if self.detail else message


class ConfigInvalid(BouncedError):
    """The configuration can't be used."""

    exit_code = 78


class InputUnreadable(BouncedError):
    """An input can't be read."""

    exit_code = 66


class RulesInvalid(BouncedError):
    """A rule pack or a table of codes can't be used."""

    exit_code = 78


class PolicyInvalid(BouncedError):
    """The policy file can't be used."""

    exit_code = 78


class EventInvalid(BouncedError):
    """An event in a queue can't be read."""

    exit_code = 65


class ListenFailed(BouncedError):
    """An address can't be listened on."""

    exit_code = 71


class WorkerFailed(BouncedError):
    """A worker process does not do its work."""

    temporary = True
    exit_code = 71


class JournalUnavailable(BouncedError):
    """The journal can't be written."""

    temporary = True
    exit_code = 74
    smtp_reply = "452 4.3.1 Can't keep the message now, please try again later"


class JournalFull(JournalUnavailable):
    """The journal has reached its limit; senders are asked to come back."""

    smtp_reply = "452 4.3.1 Busy, please try again later"


class DiskLow(JournalUnavailable):
    """The journal's disk has too little room left."""


class JournalHeld(JournalUnavailable):
    """Another process has the journal open."""

    exit_code = 75


class HistoryUnavailable(JournalUnavailable):
    """The history's database can't be reached."""


class JournalInvalid(BouncedError):
    """The journal's file is of another release or damaged."""

    exit_code = 65


class BackupFailed(BouncedError):
    """The backup can't be made or put back."""

    exit_code = 74


class BackupInvalid(BouncedError):
    """The file is no backup that this release can use."""

    exit_code = 65


class SinkUnavailable(BouncedError):
    """The sink takes nothing just now; what waits is kept and tried again."""

    temporary = True
    exit_code = 69
    #: Whether it is about this one event, so that others may go before it.
    concerns_event_alone: ClassVar[bool] = False


class QueueUnreadable(SinkUnavailable):
    """The queue can't be read."""


class EventReturned(SinkUnavailable):
    """No queue takes this event; it waits until one is bound."""

    concerns_event_alone = True


class EventRejected(SinkUnavailable):
    """A queue would not take this event just now; it is tried again."""

    concerns_event_alone = True


class EventUnconfirmed(SinkUnavailable):
    """The sink did not say in time whether it has this event; it is published again."""

    concerns_event_alone = True


class NotPublished(BouncedError):
    """What the message led to is not published yet; its client is asked to come back."""

    temporary = True
    smtp_reply = "451 4.4.1 Not passed on yet, please try again later"


class NotTaken(BouncedError):
    """The daemon takes no mail just now; what it took before is safe, and the rest can be handed in again."""

    temporary = True
    exit_code = 75


class SinkRefused(BouncedError):
    """The sink refuses this event; another try would end the same."""

    exit_code = 65
