"""The pages. `/ready` is red only when arrivals can't be committed: red takes a node out of service, and a broker that
is away takes them all at once. That is `degraded`, on `/status` and in the metrics.
"""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bounced.admin.facts import facts
from bounced.admin.status import Status
from bounced.metrics import exposition

_METRICS_TYPE = "text/plain; version=1.0.0; charset=utf-8"


def make_app(
    status: Callable[[], Awaitable[Status]], refusal: Callable[[], Awaitable[str | None]], page: Sequence[Route] = ()
) -> Starlette:
    """Make the application; *status* tells how the node stands, *refusal* why it takes no mail (None: it does); *page* is for people."""

    async def live(_request: Request) -> Response:
        return PlainTextResponse("live\n")

    async def ready(_request: Request) -> Response:
        reason = await refusal()
        return PlainTextResponse("ready\n") if reason is None else PlainTextResponse(f"{reason}\n", 503)

    async def show_status(_request: Request) -> Response:
        return Response(msgspec.json.format(msgspec.json.encode(await status())) + b"\n", media_type="application/json")

    async def metrics(_request: Request) -> Response:
        return Response(exposition(facts(await status())), media_type=_METRICS_TYPE)

    pages = {"/live": live, "/ready": ready, "/status": show_status, "/metrics": metrics}
    return Starlette(routes=[*(Route(path, view) for path, view in pages.items()), *page])
