"""The queues that consumers read, the same in every sink that has queues: a name and the routing keys it takes.

Names only; how a broker keeps them stands in `amqp/topology.py`, how the embedded sink does in `embedded.py`.
"""

from msgspec import Struct

from bounced.model import Disposition, Event


class Queue(Struct, frozen=True):
    """A queue takes the events of one disposition, the second word of the routing key."""

    name: str
    disposition: Disposition

    @property
    def binding(self) -> str:
        """The topic pattern of AMQP that says so."""
        return f"*.{self.disposition}.#"


SUPPRESS = Queue("bounced.suppress", Disposition.SUPPRESS)
RETRY = Queue("bounced.retry", Disposition.RETRY)
QUEUES = (SUPPRESS, RETRY)
#: Queues that we read: addresses that got mail, and replies that the sending MTA got itself.
DELIVERIES, REPLIES = "bounced.deliveries", "bounced.replies"


def is_asked_for(event: Event) -> bool:
    """Whether some queue has to take *event*. Of disposition `none` (delays, deliveries …) it has a reader only if someone binds one."""
    return not event.is_of_list and event.key.split(".")[1] in {queue.disposition for queue in QUEUES}
