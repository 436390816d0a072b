"""The dead letters of whatever sink has queues, for an operator: what is there, and what is done about it."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from bounced.errors import ConfigInvalid
from bounced.publish import embedded, embedded_dead
from bounced.publish.amqp import dead
from bounced.publish.amqp.connection import parse_url
from bounced.publish.dead_letter import Deed, Letter, Standing

__all__ = ["Deed", "Letter", "Standing", "dead_letters", "standings"]


async def standings(urls: Sequence[str], folder: Path) -> list[Standing]:
    """Say how the queues of the sink *urls* and its dead letters stand; *folder* is the journal's.

    Raises:
        ConfigInvalid: the sink has no queues.
        SinkUnavailable, JournalUnavailable: they can't be read.
    """
    if _is_embedded(urls):
        return await embedded_dead.standings(embedded.path_of(urls[0], folder))
    return await dead.standings([parse_url(url) for url in urls])


def dead_letters(urls: Sequence[str], folder: Path) -> AsyncGenerator[Letter, None]:
    """Go through the dead letters of the sink *urls*; errors as those of `standings`."""
    if _is_embedded(urls):
        return embedded_dead.letters(embedded.path_of(urls[0], folder))
    return dead.letters([parse_url(url) for url in urls])


def _is_embedded(urls: Sequence[str]) -> bool:
    scheme = urls[0].partition(":")[0]
    if scheme not in {"amqp", "amqps", "embedded"}:
        raise ConfigInvalid(f"there are no queues in a sink {scheme}:, only in amqp:, amqps: and embedded:")
    return scheme == "embedded"
