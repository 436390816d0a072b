"""Exchange 2007 to 2019 and Microsoft 365: the "diagnostic information for administrators" of a non-delivery report.

The words around are localised to some forty languages and are not looked at; the structure is the same in all: a line
with the recipient's address, below it what the server answered, as `#550 5.1.1 RESOLVER.ADR…; not found ##`, as
`host #550 5.1.1 … #SMTP#` or as `Remote Server returned '550 …'`. Earlier versions are read by their headings (`headed`).
Documented in "Mail flow: non-delivery reports in Exchange Server" and "… in Exchange Online".
"""

import re
from collections.abc import Iterator

from bounced import address
from bounced.model import Failure, Recipient, Source
from bounced.parse import answer, entries
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail

#: Recipients of one report that are read.
MAX_RECIPIENTS = 1000

_NAME = re.compile(r"\s{0,40}<?([^\s<>()\[\],;:\"']{1,64}@[\w\-.]{1,255})>?(?:\s?<mailto:[^<>\n]{1,400}>)?(?:\s?\(\S{1,320}\))?\s{0,40}")
# What a server of Exchange or one it spoke to answered: after # or an opening quotation mark of any language.
_ANSWER = re.compile(
    r"(?:#\s?<?|['\"<\u2018\u201a\u201c\u201e\u00ab\u300c]\s?)"
    r"(?:[^\s#<>'\"]{0,255} ?#)?"  # the server that answered
    r"[45](?:\d\d(?:[ \-#]|$)|\.\d{1,3}\.\d)"
)
_ORIGINAL = re.compile(r"##rfc822;\s?([^\s<>;]{3,320})", re.IGNORECASE)
_SERVER = re.compile(r"^[^\n:\uff1a]{3,60}[:\uff1a][ \t\u00a0]{0,4}([A-Za-z0-9][\w\-.]{1,250}\.\w{2,63})[ \t]*$", re.MULTILINE)


def read(mail: Mail) -> Draft | Declined:
    """Read the diagnostic information of *mail*."""
    if not mail.is_automatic:
        return Declined("exchange", "no mail system wrote it")
    own = {address.fold(each) for each in mail.envelope.rcpt_to}
    failures: dict[str, Failure] = {}
    for name, words in _blocks(mail.notice):
        if address.fold(name) not in own and len(failures) < MAX_RECIPIENTS:
            failures.setdefault(address.fold(name), _failure(name, words))
    if not failures:
        return Declined("exchange", "below no address stands an answer as Exchange writes it")
    server = _SERVER.search(mail.notice)
    return Draft(reader="exchange", failures=list(failures.values()), reporting_mta=server[1] if server else None)


def _blocks(notice: str) -> Iterator[tuple[str, str]]:
    """Yield each address that has a line of its own, and the paragraph below it, where that is an answer."""
    name, said = "", list[str]()
    for paragraph in entries.paragraphs(notice.split("\n")):
        for line in [*paragraph, ""]:
            found = _NAME.fullmatch(line[:1000])
            if not found and line:
                said.append(line)
                continue
            if name and _ANSWER.search("\n".join(said)[: answer.MAX_DIAGNOSTIC]):
                yield name, "\n".join(said)
            if found or said:  # an address alone in its paragraph is followed by its answer in the next
                name, said = (found[1] if found else ""), []


def _failure(name: str, words: str) -> Failure:
    original = _ORIGINAL.search(words)
    mailed = address.read(original[1]) if original else None
    if mailed and address.is_address(mailed) and address.fold(mailed) != address.fold(name):
        return answer.failure(Recipient(mailed, Source.TEXT, address.unwrap(name)), words)
    return answer.failure(Recipient(address.unwrap(name), Source.TEXT), words)
