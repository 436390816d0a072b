"""From a received message to the reply that answers it: 250 once it is kept, 4xx for every trouble of ours.

Does not know how a message is kept: that is `keep`, which returns when the arrival is committed or raises. Its time
limit is the journal's.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple

import structlog

from bounced.errors import BouncedError
from bounced.model import Arrival, Envelope
from bounced.receive import replies, ulid
from bounced.receive.body import Body
from bounced.receive.guard import Admission

log = structlog.get_logger()

#: Commits an arrival; raises `BouncedError` whose `smtp_reply` the client gets.
Keep = Callable[[Arrival], Awaitable[None]]


#: Why no message can be kept just now; None when one can.
Refusal = Callable[[], BouncedError | None]


class Client(NamedTuple):
    """Who sends: IP address as text, the name it gave itself, and the version of TLS, if any."""

    peer: str
    helo: str
    tls: str | None


class Handler:
    """Makes arrivals and has them kept. *clock* tells the time (aware), *random* gives so many octets of chance."""

    def __init__(self, keep: Keep, clock: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        self._keep = keep
        self._clock = clock
        self._random = random

    async def take(self, body: Body, client: Client, envelope: Envelope, admission: Admission) -> str:
        """Have the message in *body* kept and return the reply. Raises nothing for the message's or the journal's sake."""
        at = self._clock()
        arrival_id = ulid.make(at, self._random)
        try:
            message = await body.finish()
            await self._keep(
                Arrival(
                    id=arrival_id,
                    at=at,
                    peer=client.peer,
                    helo=client.helo,
                    envelope=envelope,
                    raw=message.raw,
                    size=message.size,
                    sha256=message.sha256,
                    stream=admission.stream,
                    tls=client.tls,
                    for_postmaster=admission.for_postmaster,
                )
            )
        except BouncedError as error:
            log.warning("arrival.refused", arrival_id=arrival_id, peer=client.peer, reason=str(error))
            return temporary_reply(error)
        except Exception:  # a fault of ours: the client is to hear 4xx and come back, whatever it was
            log.exception("arrival.refused", arrival_id=arrival_id, peer=client.peer)
            return replies.LOCAL_ERROR
        log.info("arrival.kept", arrival_id=arrival_id, peer=client.peer, size_bytes=message.size)
        return replies.KEPT.format(arrival_id=arrival_id)


def temporary_reply(error: BouncedError) -> str:
    """What a client is told of a trouble of ours: never 5xx, for a refused bounce is lost for good."""
    return error.smtp_reply if error.smtp_reply.startswith("4") else replies.LOCAL_ERROR
