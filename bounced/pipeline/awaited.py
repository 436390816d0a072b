"""For a node whose disk does not last (`smtp.reply_after = "publish"`): a client's 250 waits until the broker has what came of its message.

What is then lost with the node was never answered with 250, and is sent again. Elsewhere nobody waits here.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bounced.errors import BouncedError, NotPublished
from bounced.model import Arrival


class Awaited:
    """The arrivals whose clients wait, each *seconds* at most; None: no client does."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._waiting: dict[str, asyncio.Future[None]] = {}

    def waits_for(self, arrival: Arrival) -> bool:
        """Whether the client that sent *arrival* waits."""
        return self._seconds is not None and not arrival.for_postmaster  # his mail is kept for a person, and never judged

    @asynccontextmanager
    async def over(self, arrival: Arrival) -> AsyncIterator[None]:
        """Wait at the block's end until nothing of *arrival*, whose client waits, is left to publish.

        Raises:
            NotPublished: something is.
        """
        self._waiting[arrival.id] = over = asyncio.get_running_loop().create_future()
        try:
            yield
            async with asyncio.timeout(self._seconds):
                await over
        except TimeoutError as error:
            raise NotPublished(f"not within smtp.reply_seconds ({self._seconds:g} s)") from error
        finally:
            del self._waiting[arrival.id]

    def is_over(self, arrival_id: str, trouble: BouncedError | None = None) -> None:
        """Say that nothing of an arrival is left to publish, or why nobody can say so."""
        waiting = self._waiting.get(arrival_id)
        if waiting is None or waiting.done():
            return
        if trouble is None:
            waiting.set_result(None)
        else:
            waiting.set_exception(trouble)
