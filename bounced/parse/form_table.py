"""The forms that `forms` reads, a row a product: data.

A row is made from the product's source or documentation, or from what it sends. Patterns are matched from the
beginning of a line, in any case; none has two unbounded or adjoining quantifiers.
"""

import re
from typing import NamedTuple


class Form(NamedTuple):
    """One product's form.

    `recipient` finds each recipient, in its group `to`; the reason stands in its group `reason`, else in the lines
    after what `reason` finds, else in those after the recipient, up to a blank line or one that `end` matches. `header` is
    a field (lower case) and what it holds, for products that nothing in the envelope gives away.
    """

    product: str
    sign: re.Pattern[str]
    recipient: re.Pattern[str]
    reason: re.Pattern[str] | None = None
    end: re.Pattern[str] | None = None
    command: re.Pattern[str] | None = None
    header: tuple[str, str] | None = None


_TO = r"<?(?P<to>[^\s<>@]{1,64}@[^\s<>@]{1,255})>?"


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile("^" + pattern, re.IGNORECASE | re.MULTILINE)


FORMS = (
    Form(  # dma.c: "This is the %s at %s.\n\nThere was an error delivering your mail to <%s>.\n\n%s\n\n%s\n"
        "DragonFly Mail Agent",
        sign=_compile(r"there was an error delivering your mail to <"),
        recipient=_compile(rf"there was an error delivering your mail to {_TO}\."),
    ),
    Form(
        "X6",
        sign=_compile(r"we had trouble delivering your message"),
        recipient=_compile(rf"smtp server <[^<>\n]{{1,255}}> rejected recipient {_TO}(?P<reason>[^\n]{{0,1000}})"),
        reason=_compile(r"(?=smtp server <)"),
    ),
    Form(  # also the text-message gateway of Verizon
        "JavaMail gateways",
        sign=_compile(r"error message below:"),
        recipient=_compile(rf"[ \t]{{0,8}}rcpt to: {_TO}"),
        reason=_compile(r"error message below:"),
    ),
    Form(
        "Verizon picture messages",
        sign=_compile(r"message (?:could not|cannot) be delivered to mobile"),
        recipient=_compile(rf"[ \t]{{0,8}}to: {_TO}"),
        reason=_compile(r"error: "),
    ),
    Form(
        "m-FILTER",
        sign=_compile(r"-{3,20}server message$"),
        recipient=_compile(rf"{_TO}\s{{1,20}}-{{3,20}}server message$"),
        reason=_compile(r"-{3,20}server message$"),
        end=_compile(r"-{3,20}smtp command"),
        command=_compile(r"-{3,20}smtp command\n([A-Z]{4})"),
    ),
    Form(
        "X2",
        sign=_compile(r"delivery failed: \S{1,64}@"),
        recipient=_compile(rf"delivery failed: {_TO}"),
    ),
    Form(
        "SurfControl",
        sign=_compile(r"a transcript of the attempts to send"),
        recipient=_compile(rf"addressed to: {_TO}"),
        reason=_compile(r"[^\s@]{1,64}@[^\s@]{1,255}: (?:\[[\d.:a-f]{3,45}\], )?(?=[45]\d\d )"),
    ),
    Form(
        "MailFoundry",
        sign=_compile(r"unable to deliver message to: <"),
        recipient=_compile(rf"unable to deliver message to: {_TO}"),
        reason=_compile(r"delivery failed for the following reason:"),
    ),
    Form(
        "CommuniGate Pro",
        sign=_compile(r"failed to deliver to '"),
        recipient=_compile(rf"failed to deliver to '{_TO}'"),
    ),
    Form(  # the reason is in the transcript
        "MDaemon",
        sign=_compile(r"failed address: "),
        recipient=_compile(rf"failed address: {_TO}"),
        reason=_compile(r"[^\n]{0,80}<-- (?=[45]\d\d[ \-])"),
        end=_compile(r"[^\n]{0,80}(?:-->|<-- [23]|---)"),
    ),
    Form(  # config/outbound.bounce_message
        "Haraka",
        sign=_compile(r"intended recipients: "),
        recipient=_compile(rf"intended recipients: {_TO}"),
        reason=_compile(r"failure reason: "),
    ),
    Form(
        "Oracle Messaging Server",
        sign=_compile(r"[ \t]{0,8}recipient address: "),
        recipient=_compile(rf"[ \t]{{0,8}}recipient address: {_TO}"),
    ),
    Form(
        "IMail, as told by the other server",
        sign=_compile(r"undeliverable to "),
        recipient=_compile(rf"undeliverable to {_TO}"),
        reason=_compile(r"body of message generated response:"),
    ),
    Form(  # the reason comes first: "Unknown user: anna@example.org", "User mailbox exceeds allowed size: …"
        "IMail and others",
        sign=_compile(rf"(?=[^:\n]{{0,160}}(?:user|mailbox|host|domain|deliver|account|quota))[^:\n]{{4,160}}: ?{_TO}[ \t]{{0,8}}$"),
        recipient=_compile(rf"(?P<reason>[^:\n]{{4,160}}): ?{_TO}[ \t]{{0,8}}$"),
    ),
    Form(
        "Zoho, of delays",
        sign=_compile(r"\[status: [a-z]{1,20}, address: <"),
        recipient=_compile(rf"\[status: [a-z]{{1,20}}, address: {_TO}, (?P<reason>[^\n\]]{{0,1000}})"),
    ),
    Form(
        "fml, of loops",
        sign=_compile(r"[^\n]{0,80}(?:duplicated message-id|loop (?:detected|back))"),
        recipient=_compile(rf"(?P<reason>[^\n<>]{{0,160}}) (?:in|for) {_TO}"),
        header=("x-mlserver", "fml"),
    ),
    Form(
        "fml",
        sign=_compile(r"you are not a member of this mailing list"),
        recipient=_compile(rf"(?P<reason>you are not a member of this mailing list) {_TO}"),
        header=("x-mlserver", "fml"),
    ),
)
