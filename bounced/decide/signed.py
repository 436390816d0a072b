"""What a signed return path proves of a report, and for whom. Pure.

A token is for one recipient: of a report that names ten thousand it vouches for that one alone. It is read where the return path of
our message can come back, and nowhere else: the recipient of the report, Original-Mail-From of a feedback report, Return-Path
of the returned message.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from msgspec import structs

from bounced import address, return_path
from bounced.model import Arrival, Failure, Grade, Recipient, Report, Source, Trust
from bounced.return_path import Keys, Standing, Token

#: Addresses that are tried against a token, however many a report names; and how many of them are those of its failures, as long as the
#: returned message names others.
MAX_CANDIDATES = 8
_FAILURES_FIRST = 4


class ReturnPaths(NamedTuple):
    """How ours are signed: the keys, the prefix of the local part, and how many days one is good for."""

    keys: Keys
    prefix: str
    max_days: int


class Assessed(NamedTuple):
    """A report, of whose failures some may be found to concern another recipient than they name, and the trust in each."""

    report: Report
    trusts: tuple[Trust, ...]


def assess_token(report: Report, arrival: Arrival, paths: ReturnPaths, otherwise: Trust) -> Assessed:
    """Grade *report* by the token that it comes with; *otherwise* is the trust in all that the token does not vouch for."""
    token, standing = _token(report, arrival, paths)
    if token is None or (standing is Standing.EXPIRED and otherwise.grade is Grade.REPORTER):
        return Assessed(report, (otherwise,) * len(report.failures))
    if standing is not Standing.VALID:
        doubt = _DOUBTS[standing]
        return Assessed(report, (doubt,) * len(report.failures))
    reference = return_path.unpack_reference(token.reference)
    bound = return_path.first_bound(token, _candidates(report), paths.keys)
    pairs = [_vouched(failure, report, bound, reference, otherwise) for failure in report.failures]
    return Assessed(structs.replace(report, failures=tuple(failure for failure, _ in pairs)), tuple(trust for _, trust in pairs))


_DOUBTS = {
    Standing.EXPIRED: Trust(Grade.EXPIRED, "the return path that it came to was signed too long ago"),
    Standing.FORGED: Trust(Grade.FORGED, "the return path that it came to was not signed by us, or was changed"),
}
#: The worth of a token, the best first: of several addresses one that is valid counts.
_WORTH = (Standing.VALID, Standing.EXPIRED, Standing.FORGED)


def _token(report: Report, arrival: Arrival, paths: ReturnPaths) -> tuple[Token | None, Standing]:
    """Find the best token in the addresses that our return path can come back as."""
    now: datetime = arrival.at
    addresses = (*arrival.envelope.rcpt_to, report.original.return_path or "")
    tokens = [token for each in addresses if (token := return_path.read(each, paths.prefix)) is not None]
    standings = [return_path.verify(token, paths.keys, now, paths.max_days) for token in tokens]
    best = min(zip(standings, tokens, strict=True), key=lambda pair: _WORTH.index(pair[0]), default=None)
    return (None, Standing.FORGED) if best is None else (best[1], best[0])


def _candidates(report: Report) -> list[str]:
    """List the recipients that the token may be for: those of the report, and those of the returned message."""
    named = _unique(chain.from_iterable((failure.recipient.address, failure.recipient.final) for failure in report.failures))
    returned = _unique((*report.original.mailed, *report.original.to))
    return _unique((*named[:_FAILURES_FIRST], *returned, *named))[:MAX_CANDIDATES]


def _unique(addresses: Sequence[str | None] | chain[str | None]) -> list[str]:
    return list({address.fold(each): each for each in addresses if each}.values())


def _vouched(failure: Failure, report: Report, bound: str | None, reference: str | None, otherwise: Trust) -> tuple[Failure, Trust]:
    """Say of one failure whom it concerns and how far it is believed."""
    recipient = failure.recipient
    if bound is not None and address.fold(bound) in {address.fold(each) for each in (recipient.address, recipient.final) if each}:
        return _concerning(failure, bound), Trust(Grade.SIGNED, "the return path that it came to was signed for this recipient", reference)
    if len(report.failures) > 1:  # nobody knows which of them became of ours
        return failure, otherwise
    if bound is not None:
        why = "the return path that it came to was signed for the recipient of the returned message"
        return _concerning(failure, bound), Trust(Grade.SIGNED, why, reference)
    if reference is None:
        return failure, otherwise
    why = "the return path that it came to was signed, for a recipient that the report does not name: see the reference"
    return structs.replace(failure, recipient=Recipient(None, final=recipient.address)), Trust(Grade.SIGNED, why, reference)


def _concerning(failure: Failure, bound: str) -> Failure:
    named = failure.recipient.address
    if named is not None and address.fold(named) == address.fold(bound):
        return failure
    return structs.replace(failure, recipient=Recipient(bound, Source.RETURNED_MESSAGE, failure.recipient.final or named))
