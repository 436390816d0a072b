"""From an arrival to what it says and how far that is believed, whichever form it has. Pure."""

from bounced import live
from bounced.decide import Assessed
from bounced.model import Arrival, Form, Grade, Trust
from bounced.parse import parse
from bounced.pipeline.site import Terms


def read(arrival: Arrival, terms: Terms) -> Assessed:
    """Read *arrival*, and grade each failure by *terms*.

    Raises:
        msgspec.MsgspecError: it is to be a live reply, and is none.
    """
    if arrival.form is not Form.REPLY:
        return terms.grade(parse(arrival.raw, arrival.envelope), arrival)
    reply = live.read(arrival.raw)
    trust = Trust(Grade.REPORTER, f"a reply that a mail server of ours got itself, told by {arrival.helo}", reply.reference)
    return Assessed(live.report(reply, arrival.id, terms.judge.classifier.providers.rows), (trust,))
