"""What the API asks and has done: the history directly, the rest by functions that the service gives it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from bounced.decide import Policies
from bounced.live import LiveReply
from bounced.store.history import Histories


class Backend(NamedTuple):
    """What is behind the API.

    `hear` keeps live replies of a stream, told by somebody at an address, and gives the ids of their arrivals; `release` orders
    reports that are held to be released, on behalf of somebody.
    """

    histories: Histories
    policies: Callable[[], Policies]
    hear: Callable[[Sequence[LiveReply], str, str, str], Awaitable[list[str]]]
    release: Callable[[Sequence[str], str], Awaitable[None]]
    now: Callable[[], datetime]
