"""The API of a daemon: its endpoints put together with the journal that keeps what it takes, and with the policy in force."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path

from bounced.admin.api import Access, Backend, make_api
from bounced.admin.server import AdminServer
from bounced.config import Api
from bounced.decide import Policies
from bounced.live import LiveReply
from bounced.model import Arrival, Envelope, Form
from bounced.receive import ulid
from bounced.service.storms import orders
from bounced.store.history import Histories
from bounced.tokens import read_tokens

#: Takes an arrival in: raises `BouncedError` where it is not kept.
Take = Callable[[Arrival], Awaitable[None]]


def api_server(settings: Api, behind: Backend) -> AdminServer:
    """Make the server of the API, with *behind* it.

    Raises:
        ConfigInvalid: the file of tokens can't be read.
    """
    return AdminServer(settings.listen, make_api(behind, access(settings)), "api.listen")


def backend(
    histories: Histories,
    take: Take,
    policies: Callable[[], Policies],
    *,
    clock: Callable[[], datetime],
    random: Callable[[int], bytes],
) -> Backend:
    """Put together what is behind the API; *clock* tells the time (aware), *random* gives so many octets of chance."""

    async def hear(replies: Sequence[LiveReply], stream: str, peer: str, by: str) -> list[str]:
        arrivals = [_arrival(reply, stream, peer, by, clock(), random) for reply in replies]
        await asyncio.gather(*map(take, arrivals))
        return [arrival.id for arrival in arrivals]

    async def release(report_ids: Sequence[str], by: str) -> None:
        await asyncio.gather(*map(take, orders(report_ids, clock(), random, by=by)))

    return Backend(histories, policies, hear, release, clock)


def access(settings: Api) -> Access:
    """Say who may ask; raises as `api_server`."""
    tokens = read_tokens(Path(settings.tokens)) if settings.tokens else []
    return Access(tokens, single=settings.token, is_open=settings.without_token)


def _arrival(reply: LiveReply, stream: str, peer: str, by: str, now: datetime, random: Callable[[int], bytes]) -> Arrival:
    raw = reply.encode()
    return Arrival(
        id=ulid.make(now, random),
        at=now,
        peer=peer,
        helo=by,
        envelope=Envelope(),
        raw=raw,
        size=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        stream=stream,
        form=Form.REPLY,
    )
