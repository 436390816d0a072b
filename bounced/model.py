"""The nouns of the story: what came in, what it says, what went wrong, what to do.

Frozen structs, passed from one verb to the next; no behaviour beyond what is read off their own fields.
Terms are those of RFC 5321 (envelope), RFC 3464 (delivery status) and RFC 3463 (enhanced status codes).
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """What a message, or one recipient's part of it, reports; the gravest first."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    DELAY = "delay"
    DELIVERY = "delivery"
    AUTO_REPLY = "auto-reply"
    NOT_A_REPORT = "not-a-report"


class Action(StrEnum):
    """The Action field of a delivery report (RFC 3464 §2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class Disposition(StrEnum):
    """What to do with the address. `none`: nothing happened that concerns it."""

    RETRY = "retry"
    SUPPRESS = "suppress"
    NONE = "none"


class Fault(StrEnum):
    """Whose fault a failure is: who must act, and whether the address may ever be suppressed for it."""

    RECIPIENT = "recipient"
    SENDER = "sender"
    CONTENT = "content"
    POLICY = "policy"
    SYSTEM = "system"
    NETWORK = "network"
    UNKNOWN = "unknown"


class Advice(StrEnum):
    """When the sender may mail this recipient again."""

    LATER = "later"
    AFTER_FIX = "after-fix"
    SPLIT = "split"
    OTHER_CONTENT = "other-content"
    NEVER = "never"


class Basis(StrEnum):
    """On what kind of evidence a finding rests, the strongest first."""

    RULE = "rule"
    STATUS = "status"
    BARE_CODE = "bare-code"
    REPLY = "reply"
    FEEDBACK = "feedback"
    NOTHING = "nothing"


class Grade(StrEnum):
    """How far a report is believed, the most believed first. Only the first four may suppress."""

    SIGNED = "signed"
    REPORTER = "reporter"
    SIGNED_ORIGINAL = "signed-original"
    ASSUMED = "assumed"
    NONE = "none"
    EXPIRED = "expired"
    FORGED = "forged"

    @property
    def rank(self) -> int:
        """The grade as a number that grows with belief, for comparing two reports."""
        return {"signed": 3, "reporter": 2, "signed-original": 2, "assumed": 2, "none": 1}.get(self.value, 0)


class Withheld(StrEnum):
    """Why a suppression that is due is not made yet."""

    UNPROVEN = "unproven"
    STORM = "storm"
    SHADOW = "shadow"


class Form(StrEnum):
    """What the octets of an arrival are: a message; or, as JSON, a reply that the sending MTA got, or an order to release from a storm."""

    MESSAGE = "message"
    REPLY = "reply"
    RELEASE = "release"


class Source(StrEnum):
    """Where the chosen recipient address was read."""

    ORIGINAL_RECIPIENT = "original-recipient"
    FINAL_RECIPIENT = "final-recipient"
    RETURNED_MESSAGE = "returned-message"
    HEADER = "header"
    TEXT = "text"
    NOWHERE = "nowhere"


class Envelope(Struct, frozen=True):
    """The SMTP envelope that a message came in, as far as it is known (RFC 5321 §2.3.1)."""

    mail_from: str | None = None
    rcpt_to: tuple[str, ...] = ()


class Arrival(Struct, frozen=True, kw_only=True):
    """A message that was accepted, or is about to be.

    `raw` is what the journal keeps: the whole of a message up to the spill limit, of a larger one all but the
    bodies of the returned message and of attachments. `size` (octets) and `sha256` are of the message as sent.
    """

    id: str
    at: datetime
    peer: str
    helo: str
    envelope: Envelope
    raw: bytes
    size: int
    sha256: str
    stream: str = "default"
    tls: str | None = None
    #: Only postmaster@ was addressed (RFC 5321 §4.5.1): kept for a person, never judged.
    for_postmaster: bool = False
    form: Form = Form.MESSAGE


class Original(Struct, frozen=True, kw_only=True):
    """The message that was bounced, as far as the report returns or names it."""

    message_id: str | None = None
    subject: str | None = None
    to: tuple[str, ...] = ()
    list_id: str | None = None
    envelope_id: str | None = None
    return_path: str | None = None
    #: The recipients that its own trace names: `Received … for <…>`, X-Original-To and the like.
    mailed: tuple[str, ...] = ()
    #: Its Received fields, newest first: who handed it to whom.
    hops: tuple[str, ...] = ()
    #: Its header as it was returned, lines ending in LF, as far as it is looked at.
    header: str = ""
    #: Octets of the returned message or headers, as far as they were sent along.
    size: int = 0


class Recipient(Struct, frozen=True):
    """Whom a failure concerns: the address that was mailed, and where the mail ended up.

    `address` is None when the report names none. `final` is the address after forwarding, if it differs.
    """

    address: str | None
    source: Source = Source.NOWHERE
    final: str | None = None


class Failure(Struct, frozen=True, kw_only=True):
    """One recipient's trouble (a recipient block of RFC 3464 §2.3, or what a text says in its place).

    `reply` is the SMTP reply code, `status` the enhanced status code of the Status field, `diagnostic_status`
    the one in the diagnostic text; they differ in one report of eight. `command` is the SMTP command that was
    answered so (`RCPT`, `MAIL`, `DATA` …), where the report says it. `read_by` names, for each field that the
    report's own reader left open, the reader that filled it.
    """

    recipient: Recipient
    kind: Kind = Kind.BOUNCE
    action: Action | None = None
    status: str | None = None
    diagnostic_status: str | None = None
    reply: int | None = None
    diagnostic: str = ""
    remote_mta: str | None = None
    last_attempt: str | None = None
    will_retry_until: str | None = None
    feedback_type: str | None = None
    command: str | None = None
    read_by: tuple[tuple[str, str], ...] = ()


class Report(Struct, frozen=True, kw_only=True):
    """What a message says. `kind` is the gravest among its failures.

    `identity` tells this report from every other, however often and to whichever node it is delivered: a digest
    of its Message-ID or, without one, of its Date, From and body. `hops` are the Received fields, newest first.
    """

    kind: Kind
    identity: str
    reader: str = ""
    message_id: str | None = None
    reporting_mta: str | None = None
    arrival_date: str | None = None
    original: Original = Original()
    failures: tuple[Failure, ...] = ()
    hops: tuple[str, ...] = ()
    #: Another message carried the report, attached or in its text: whoever made that one does not vouch for it.
    is_wrapped: bool = False
    #: How sure the reader is that this is such a report, from 0 to 1; below 1 for what prose says.
    confidence: float = 1.0
    #: The human-readable part, decoded and cut, for the classifier where a failure has no diagnostic.
    text: str = ""


class Evidence(Struct, frozen=True, omit_defaults=True):
    """One thing that spoke: `value` was found by `source`; `would_be` is set where it lost."""

    source: str
    value: str
    would_be: str | None = None


class Hints(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a diagnostic says, beside the cause, for whoever tries again or mends it; as printed there, and as unproven.

    `wait_seconds`: how long to wait. `blocklist`: the list that names us, `lookup` the address to ask it or to be
    taken off. `limit`: a number that was passed, with its unit ("20 messages per hour").
    """

    wait_seconds: int | None = None
    blocklist: str | None = None
    lookup: str | None = None
    limit: str | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """What went wrong for one recipient, and how that is known.

    `permanent`: the receiver says that another try ends the same (an action of *failed* with no code of class 4).
    `abandoned`: the words say that nobody reads this mailbox any more, over and above the category.
    `rule` names the pack rule (`generic.mailbox-full`) or table row (`codes.5.2.2`) that decided.
    """

    kind: Kind
    category: str
    fault: Fault
    advice: Advice
    remedy: str
    because: str
    rule: str
    basis: Basis
    confidence: float
    permanent: bool
    abandoned: bool = False
    provider: str | None = None
    evidence: tuple[Evidence, ...] = ()
    hints: Hints = Hints()


class Trust(Struct, frozen=True):
    """How far the report is believed, and why in a few words; `reference` is the sender's own, read off a return path that he signed."""

    grade: Grade
    why: str
    reference: str | None = None


class Score(Struct, frozen=True):
    """A day, UTC, on which failures of an address counted: the points of the weightiest, the times of the first and the last.

    `is_slow`: the fault was the network's or unknown, which takes longer to count.
    """

    points: float
    is_slow: bool
    first: datetime
    last: datetime


class Suppression(Struct, frozen=True, kw_only=True):
    """That an address is not to be mailed: since when and why; `until` is None where it lasts until it is lifted."""

    since: datetime
    until: datetime | None
    category: str
    because: str


class Storm(Struct, frozen=True, kw_only=True):
    """Far more addresses than usual failed for good at one receiver, all at once: it is more likely ill than they are.

    `addresses` and `reports` are those of the last minutes, `usual` is the share that the ones usually have in the others. `is_first`:
    this is the failure with which the storm began.
    """

    receiver: str
    addresses: int
    reports: int
    usual: float
    since: datetime
    is_first: bool = False


class Memory(Struct, frozen=True, kw_only=True):
    """What is remembered of an address in one stream.

    `scores` are in the order of their days, one a day. `times` is how often it was suppressed since it last proved to be good.
    `generation` grows with each change of its suppression. `delivered` is when it last got a message, to the day.
    """

    scores: tuple[Score, ...] = ()
    suppression: Suppression | None = None
    times: int = 0
    generation: int = 0
    delivered: datetime | None = None


class History(Struct, frozen=True, kw_only=True):
    """What was known of this address before this report: what `memory` comes to at that time, by the policy's rules.

    Not `is_known` when the history could not be asked, and the decision did without. `storm` is the one that the report is part of.
    """

    is_known: bool = True
    points: float = 0.0
    scoring_days: int = 0
    suppressed_until: datetime | None = None
    memory: Memory = Memory()
    storm: Storm | None = None


class Decision(Struct, frozen=True, kw_only=True):
    """What to do with the address, and the sentence that says why.

    `until` is None for a suppression that lasts until it is lifted, and for what is not suppressed. `points` is what this
    failure counts, 0 where it does not.
    """

    id: str
    report_id: str
    kind: Kind
    disposition: Disposition
    because: str
    finding: Finding
    trust: Trust
    history: History
    points: float = 0.0
    until: datetime | None = None
    withheld: Withheld | None = None
    revision: int = 0
    supersedes: str | None = None


class Event(Struct, frozen=True, kw_only=True):
    """A decision as it is handed to a sink (CloudEvents 1.0): `body` is the structured JSON, the rest is for its envelope.

    `key` is the routing key, five words; `subject` the address, if known; `reference` the sender's own, if he gave one. `is_of_list`: it
    tells of a change of the suppression list, and has an exchange of its own.
    """

    id: str
    key: str
    type: str
    source: str
    subject: str | None
    time: datetime
    reference: str | None
    body: bytes
    is_of_list: bool = False
