"""Publishing: a sink takes events and says of each whether it lasts.

A sink repeats nothing: what it didn't confirm is still the caller's. A newcomer is one class with these three methods,
one line in the table of schemes, one parameter in the shared contract test.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from bounced import config
from bounced.errors import BouncedError, ConfigInvalid
from bounced.model import Event
from bounced.publish.amqp import AmqpSink
from bounced.publish.amqp.connection import parse_url, place
from bounced.publish.embedded import EmbeddedSink
from bounced.publish.file import LinesSink
from bounced.publish.memory import MemorySink
from bounced.publish.webhook import WebhookSink
from bounced.publish.webhook import place as webhook_place


class Sink(Protocol):
    """Where events go. At least once: consumers drop by id what comes twice."""

    async def open(self) -> None:
        """Get ready; need not be called, the first publish does it too.

        Raises:
            SinkUnavailable: it takes nothing now; try again later.
        """

    async def publish(self, events: Sequence[Event]) -> list[BouncedError | None]:
        """Publish *events*; give one outcome for each, in order.

        None: it lasts. SinkUnavailable: not now, try again later; its kinds that concern one event alone
        (`concerns_event_alone`) say nothing of the others. SinkRefused: another try would end the same.

        Raises:
            SinkUnavailable: none of them could be tried.
        """

    async def close(self) -> None:
        """Let go; what was confirmed stays."""


def _file(settings: config.Sink, folder: Path) -> Sink:
    path = settings.urls[0].partition(":")[2]
    if not path.strip("/"):
        raise ConfigInvalid("sink.urls: file: wants a path, as in file:/var/lib/bounced/decisions.jsonl")
    return LinesSink(folder / path.removeprefix("//"))


#: What each kind of URL makes, of the settings and the journal's folder.
SCHEMES: dict[str, Callable[[config.Sink, Path], Sink]] = {
    "amqp": lambda settings, _: AmqpSink(settings),
    "amqps": lambda settings, _: AmqpSink(settings),
    "embedded": EmbeddedSink,
    "file": _file,
    "http": WebhookSink,
    "https": WebhookSink,
    "memory": lambda _settings, _folder: MemorySink(),
    "stdout": lambda _settings, _folder: LinesSink(None),
}


def sink_for(settings: config.Sink, folder: Path) -> Sink:
    """Make the sink that `settings.urls` names; *folder* is the journal's, where the embedded queue lies.

    Raises:
        ConfigInvalid: there is no such kind of sink, or its address is malformed.
    """
    scheme = settings.urls[0].partition(":")[0]
    if scheme not in SCHEMES:
        raise ConfigInvalid(f"sink.urls: there is no sink {scheme}:, only {', '.join(f'{known}:' for known in SCHEMES)}")
    return SCHEMES[scheme](settings, folder)


def place_of(url: str) -> str:
    """Name the sink of *url* without user and password."""
    if url.startswith("http"):
        return webhook_place(url)
    return place(parse_url(url)) if url.startswith("amqp") else url
