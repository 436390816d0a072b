"""A receiver as people call it ("Exchange Online", "Yahoo/AOL", a host name), for whoever asks without a report.

A report names hosts, and `provider` knows those; here a name in words becomes the name of a host.
"""

import re
from collections.abc import Sequence

from bounced.classify.provider import Provider
from bounced.classify.text import fold

_BETWEEN = re.compile(r"[/,()&|]| and ")
_HOST = re.compile(r"[a-z0-9\-_]{1,63}(?:\.[a-z0-9\-_]{1,63}){1,20}\.?", re.ASCII)
#: Letters of a first word that tells a receiver by itself: `yahoo`, not the `la` of La Poste.
_TELLING = 3


def host_of(called: str, receivers: Sequence[Provider]) -> str | None:
    """Return a host of the one of *receivers* that is *called* so, or the host that *called* is; None for any other name."""
    folded = fold(called)
    hosts = _by_name(receivers)
    pieces = _pieces(folded)
    wanted = (folded, *pieces, *(piece.partition(" ")[0] for piece in pieces))
    if host := next((hosts[name] for name in wanted if name in hosts), None):
        return host
    return next((piece for piece in pieces if _HOST.fullmatch(piece)), None)


def _by_name(receivers: Sequence[Provider]) -> dict[str, str]:
    """Map what a receiver is called, whole or by the first word, to one of its hosts."""
    first_words: dict[str, str] = {}
    names: dict[str, str] = {}
    for receiver in receivers:
        host = next(iter(receiver.hosts), "")
        called = [receiver.name, *receiver.aliases, *_pieces(fold(receiver.title))]
        names.update(dict.fromkeys((*called, *receiver.domains), host))
        first_words.update({word: host for name in called if len(word := name.partition(" ")[0]) >= _TELLING})
    return {name: host for name, host in (first_words | names).items() if host}


def _pieces(folded: str) -> list[str]:
    return [piece.strip() for piece in _BETWEEN.split(folded) if piece.strip()]
