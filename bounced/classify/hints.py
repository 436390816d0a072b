r"""What a diagnostic tells beside the cause: how long to wait, which blocklist names us, which limit was passed.

Text in, values out; nothing is looked up, and nothing here changes a judgement: a stranger wrote the text. Each pattern
makes one pass over at most `MAX_TEXT` characters; every repetition in them is bounded or begins at the edge of a word,
so a text costs a fixed number of steps for each of its characters. Most texts have none of the words that lead to a
hint, and cost no more than to find that out.
"""

import re

from ahocorasick_rs import AhoCorasick

from bounced.model import Hints

#: Characters that are looked at: a reply has its hints in its first lines.
MAX_TEXT = 2048
#: Seconds; whoever names more means something else.
MAX_WAIT = 30 * 24 * 3600

# Beside one of these a time says when to come again: "expired after 5 days" does not.
_AGAIN = ("again", "retry", "grey", "gray", "wait", "come back", "later", "defer", "tempor", "throttl", "rate", "erneut", "reintent")
_OVER = ("expired", "unable to deliver", "not be delivered", "wasn't delivered", "not delivered", "gave up", "giving up", "in the queue")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNIT = r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|segundos?|minutos?|secondes?|sekunden|minuten)\b"
_WAIT = re.compile(
    r"\b(?:in|after|for|within|wait|least|dans|en|nach|fur):? (?:about |at least |around |approximately |another )?"
    rf"(\d{{1,7}})(?:\.\d{{1,6}})? ?{_UNIT}",
    re.ASCII,
)
_CLOCK = re.compile(r"\b(?:in|after|for|within|wait):? (\d{1,3}):(\d\d):(\d\d)\b(?! ?[ap]m)", re.ASCII)
_NAMED = re.compile(r"\b(?:retry[ _-]?(?:after|in|time)|delay|wait)(?: ?[=:] ?| )(\d{1,7})(?![\d.:]| ?[a-z%])", re.ASCII)

# Somebody has put us on a list; before that, nothing that looks like one is believed to be one.
_LISTED = (
    "list",
    "reputation",
    "blocked using",
    "blocked by",
    "blocked at",
    "spamhaus",
    "spamcop",
    "barracuda",
    "rbl",
    "removal",
    "unblock",
)
#: Whose list it is, by the name that stands in the words or in the address for looking it up.
_LISTS = {
    "spamhaus": "spamhaus.org",
    "spamcop": "spamcop.net",
    "sorbs": "sorbs.net",
    "uceprotect": "uceprotect.net",
    "barracudacentral": "barracudacentral.org",
    "cloudmark": "cloudmark.com",
    "abuseat": "abuseat.org",
    "invaluement": "invaluement.com",
    "mailspike": "mailspike.org",
    "senderscore": "senderscore.org",
}
# A blank ends it, and so does a bracket or quote that stood around it.
_URL = re.compile(r"(?:https?://|\bwww\.)[^\s<>\"'(){}\[\]|\\^`\x00-\x20\x7f]{3,300}", re.IGNORECASE)
_MAILBOX = re.compile(r"(?<![\w.+\-])([\w.+\-]{1,64})@[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{1,63}){1,5}", re.IGNORECASE | re.ASCII)
_TAKES_OFF = ("delist", "unblock", "removal", "blocklist", "blacklist")
# The zone of a list in DNS (RFC 5782 §2): one of its labels says what it is.
_HOST = re.compile(r"(?<![\w.@\-])[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{1,63}){1,6}(?![\w@\-])", re.ASCII)
_ZONE_LABEL = re.compile(r"[a-z0-9\-]{0,60}bl[\d\-]{0,3}|zen|css|dul|prs|b", re.ASCII)

_LIMITED = ("limit", "max", "exceed", "quota", "allow", "threshold", "more than", "at most")
_COUNT = r"(?:\d{1,3}(?:[,.']\d{3}){1,3}|\d{1,12})"
_OF = r"(?:[kmg]i?b|k?bytes?|(?:kilo|mega|giga)bytes?|octets?|messages?|e?-?mails?|recipients?|connections?|sessions?|deliveries|hops)\b"
_PER = r"(?: ?(?:per|/|an?|in|within|every) ?(?:\d{1,6} )?(?:second|sec|minute|min|hour|day|week|session|connection|message)s?\b)?"
_LIMIT = re.compile(
    r"\b(?:limit|limited|maximum|max|quota|allowed|allows|threshold|size|exceeds?|exceeded|exceeding|more than|at most|up to)\b"
    rf"[ :=(\[]{{1,3}}(?:[a-z]{{1,16}} ){{0,3}}[(\[]?({_COUNT} ?{_OF}{_PER}|(?:(?<=limit )|(?<=is ))\d{{1,12}}(?![\w.:%]))",
    re.ASCII,
)


# All words that lead to a hint, and to which: found in one pass, and most texts have none.
_LEADS = [*((word, "again") for word in _AGAIN), *((word, "listed") for word in _LISTED), *((word, "limited") for word in _LIMITED)]
_AUTOMATON = AhoCorasick([word for word, _ in _LEADS])
#: What most texts tell.
NONE = Hints()


def read(diagnostic: str, words: str) -> Hints:
    """Read the hints in *diagnostic*, whose *words* are those of `text.read_words`; what it does not tell is None."""
    words = words[:MAX_TEXT]
    led = {_LEADS[index][1] for index, _, _ in _AUTOMATON.find_matches_as_indexes(words, overlapping=True)}
    if not led:
        return NONE
    is_listed = "listed" in led
    lookup = _lookup(" ".join(diagnostic[:MAX_TEXT].split())) if is_listed else None
    return Hints(
        wait_seconds=_wait(words) if "again" in led and not _has(_OVER, words) else None,
        blocklist=_blocklist(words, lookup) if is_listed else None,
        lookup=lookup,
        limit=_limit(words) if "limited" in led else None,
    )


def _has(phrases: tuple[str, ...], words: str) -> bool:
    return any(phrase in words for phrase in phrases)


def _wait(words: str) -> int | None:
    """Return the seconds that *words* ask to wait."""
    if found := _WAIT.search(words):
        seconds = int(found[1]) * _SECONDS[found[2][0]]
    elif found := _CLOCK.search(words):
        seconds = int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
    elif found := _NAMED.search(words):
        seconds = int(found[1])
    else:
        return None
    return seconds if 0 < seconds <= MAX_WAIT else None


def _lookup(text: str) -> str | None:
    """Return the address in *text* at which a listing is looked up or taken off: one that names a list, else the first."""
    addresses = [found[0].rstrip(".,;:!?-") for found in _URL.finditer(text)]
    telling = (each for each in addresses if _has(_LISTED, each.lower()))
    mailboxes = (found[0] for found in _MAILBOX.finditer(text) if _has(_TAKES_OFF, found[1].lower()))
    return next(telling, None) or next(iter(addresses), None) or next(mailboxes, None)


def _blocklist(words: str, lookup: str | None) -> str | None:
    """Return the list that names us: its zone in DNS, else the domain of whoever runs it."""
    for found in _HOST.finditer(_URL.sub(" ", words)):
        if any(_ZONE_LABEL.fullmatch(label) for label in found[0].split(".")[:-2]):
            return found[0]
    where = f"{lookup or ''} {words}".lower()
    return next((domain for name, domain in _LISTS.items() if name in where), None)


def _limit(words: str) -> str | None:
    """Return the limit that *words* say was passed, with its unit where it has one."""
    found = _LIMIT.search(words)
    return found[1] if found else None
