"""Whom we mailed: the last word on a report's recipients, whichever reader named them.

A report names the address behind an alias or a forwarder, where the server knows no better; the returned message may
still prove which address was mailed. Our own return path is never a recipient that failed.
"""

from collections.abc import Sequence

from msgspec import structs

from bounced import address
from bounced.model import Envelope, Failure, Original, Recipient, Source


def settle(failures: Sequence[Failure], original: Original, envelope: Envelope) -> tuple[Failure, ...]:
    """Give *failures* with the address that was mailed."""
    own = {address.fold(each) for each in envelope.rcpt_to}
    others = [failure for failure in failures if not _is_sender(failure, original)]
    failures = [_without_own(failure, own) for failure in others or failures]
    if len(failures) == 1 and (mailed := _proven(failures[0].recipient, original)):
        return (structs.replace(failures[0], recipient=mailed),)
    return tuple(failures)


def _is_sender(failure: Failure, original: Original) -> bool:
    """Whether words of a report, "a message sent by <…>", were taken for a recipient: no answer to the sender's address is told."""
    recipient = failure.recipient
    if recipient.source is not Source.TEXT or failure.reply or failure.status or not (recipient.address and original.return_path):
        return False
    return address.fold(recipient.address) == address.fold(original.return_path)


def _without_own(failure: Failure, own: set[str]) -> Failure:
    named = failure.recipient.address
    return structs.replace(failure, recipient=Recipient(None)) if named and address.fold(named) in own else failure


def _proven(recipient: Recipient, original: Original) -> Recipient | None:
    """Return the one address that the returned message was mailed to, if its To and its trace agree and the report names another.

    The To alone proves nothing: of mail to a list or in blind copy it names somebody else. And the same local part at
    another domain is one mailbox of two names as often as a forward: there the report is believed.
    """
    if recipient.source is not Source.FINAL_RECIPIENT or recipient.address is None or len(original.to) != 1 or len(original.mailed) != 1:
        return None
    (addressed,), (mailed,) = original.to, original.mailed
    if address.fold(addressed) != address.fold(mailed) or _local(mailed) == _local(recipient.address):
        return None
    return Recipient(mailed, Source.RETURNED_MESSAGE, recipient.address)


def _local(text: str) -> str:
    return address.fold(text).rpartition("@")[0]
