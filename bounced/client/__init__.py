"""For consumers: an async iterator over decisions, out of RabbitMQ or the embedded queue.

    async with aclosing(suppressions("amqp://…", memory=Path("handled.db"))) as deliveries:
        async for delivery in deliveries:
            async with delivery:                     # acknowledged at its end, given back if it raises
                suppress(delivery.event.subject)

At least once: the same event may come twice, with the same `event.id`. With a *memory*, a file that remembers the ids of what was
acknowledged, the second is dropped, also after a restart. What is given back comes again, after a while that grows, and goes to the
dead letters after a hundred times. Nothing here decides or declares anything.
"""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from bounced.client.memory import once
from bounced.errors import ConfigInvalid
from bounced.publish import embedded, embedded_reader
from bounced.publish.amqp import consumer
from bounced.publish.amqp.connection import parse_url
from bounced.publish.delivery import Delivery
from bounced.publish.event import CloudEvent
from bounced.publish.queues import QUEUES, SUPPRESS, Queue

__all__ = ["CloudEvent", "Delivery", "decisions", "suppressions"]

#: Deliveries that may be under way unacknowledged.
_PREFETCH = 100


def decisions(
    *urls: str,
    queues: Sequence[str] | None = None,
    folder: Path | None = None,
    memory: Path | None = None,
    prefetch: int = _PREFETCH,
    follow: bool = True,
) -> AsyncGenerator[Delivery, None]:
    """Deliver the decisions in *queues* (all of them by default), waiting for more at the end unless *follow* is off.

    *urls* are the addresses of one broker or several of a cluster, as in `sink.urls`; or `embedded:`, with the journal's *folder*, or
    `embedded:FOLDER`. What was acknowledged before by the file *memory*, which is made, is not delivered again. At most *prefetch*
    deliveries are under way unacknowledged.

    Raises:
        ConfigInvalid: a URL is malformed, or of a sink that has no queues; a queue is not known.
        SinkUnavailable: the queue or the memory can't be used (raised by the iteration).
    """
    deliveries = _deliveries(urls, queues, folder, prefetch=prefetch, follow=follow)
    return once(deliveries, memory) if memory else deliveries


def suppressions(
    *urls: str, folder: Path | None = None, memory: Path | None = None, prefetch: int = _PREFETCH, follow: bool = True
) -> AsyncGenerator[Delivery, None]:
    """Deliver what says that an address must not be mailed any more; otherwise like `decisions`."""
    return decisions(*urls, queues=[SUPPRESS.name], folder=folder, memory=memory, prefetch=prefetch, follow=follow)


def _deliveries(
    urls: Sequence[str], queues: Sequence[str] | None, folder: Path | None, *, prefetch: int, follow: bool
) -> AsyncGenerator[Delivery, None]:
    scheme = urls[0].partition(":")[0] if urls else ""
    if scheme in {"amqp", "amqps"}:
        names = queues or [queue.name for queue in QUEUES]
        return consumer.deliveries([parse_url(url) for url in urls], names, prefetch=prefetch, follow=follow)
    if scheme == "embedded":
        path = embedded.path_of(urls[0], folder)
        return embedded_reader.deliveries(path, _known(queues), prefetch=prefetch, follow=follow)
    raise ConfigInvalid(f"there are no queues in a sink {scheme}:, only in amqp:, amqps: and embedded:")


def _known(names: Sequence[str] | None) -> list[Queue]:
    by_name = {queue.name: queue for queue in QUEUES}
    for name in names or ():
        if name not in by_name:
            raise ConfigInvalid(f"there is no queue {name} in the embedded sink, only {', '.join(by_name)}")
    return [by_name[name] for name in names or by_name]
