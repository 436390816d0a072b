"""What our own DKIM signature in the returned header proves of a report, and for whom. Pure. Off unless keys are configured.

It proves that the message was ours and whom it was addressed to: the one address of the one To field that the signature covers. Not that it
bounced: whoever got the message could send it back to us in a report of his own making, for as long as the signature is believed, and
would take the address that it was sent to off the list, and no other.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from bounced import address
from bounced.decide.signed import Assessed
from bounced.dkim import Keys, verified
from bounced.model import Grade, Report, Trust

#: A clock may be ahead by so much.
_AHEAD = timedelta(hours=1)


class OwnSignatures(NamedTuple):
    """Our public keys, and how many days a signature of ours is good for."""

    keys: Keys
    max_days: int


def assess_original(assessed: Assessed, ours: OwnSignatures, now: datetime) -> Assessed:
    """Believe those failures of a report, of which nothing else is known, that are about the recipient of a message that we signed."""
    report, trusts = assessed
    if report.is_wrapped or all(trust.grade is not Grade.NONE for trust in trusts):
        return assessed
    proven = _recipient(report, ours, now)
    if proven is None:
        return assessed
    recipient, trust = proven
    believed = tuple(
        trust if each.grade is Grade.NONE and failure.recipient.address and address.fold(failure.recipient.address) == recipient else each
        for failure, each in zip(report.failures, trusts, strict=True)
    )
    return Assessed(report, believed)


def _recipient(report: Report, ours: OwnSignatures, now: datetime) -> tuple[str, Trust] | None:
    for signed in verified(report.original.header, ours.keys):
        named = address.find(signed.to, 2)
        ends = signed.at + timedelta(days=ours.max_days)
        if len(named) == 1 and signed.at - _AHEAD <= now < min(ends, signed.expires or ends):
            why = f"the returned header bears our own DKIM signature ({signed.by}), to this recipient"
            return address.fold(named[0]), Trust(Grade.SIGNED_ORIGINAL, why)
    return None
