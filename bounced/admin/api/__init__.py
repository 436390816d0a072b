"""The HTTP API: the suppression list, deliveries, live replies and storms, for programs. JSON in and out, described by OpenAPI.

Every endpoint stands in the table of `endpoints.py`, of which both the routes and the description are made.
"""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bounced.admin.api.access import Access
from bounced.admin.api.backend import Backend
from bounced.admin.api.document import document
from bounced.admin.api.endpoints import ENDPOINTS
from bounced.admin.api.serving import no_such, problem, serve
from bounced.admin.api.shapes import Problem

__all__ = ["Access", "Backend", "make_api"]


Serve = Callable[[Request], Awaitable[Response]]

#: What a request may be; that an endpoint can't be asked so is for it to say, or another one's path would match.
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")


def make_api(backend: Backend, access: Access) -> Starlette:
    """Make the application, which asks *backend* and lets in whom *access* knows."""
    described = document()

    async def describe(_request: Request) -> Response:
        return Response(described, media_type="application/json")

    served: dict[str, dict[str, Serve]] = {}
    for each in ENDPOINTS:
        served.setdefault(each.path, {})[each.method] = serve(each, backend, access)
    # Parameters match anything: paths without come first.
    routes = [Route(path, _by_method(served[path]), methods=_METHODS) for path in sorted(served, key=lambda path: "{" in path)]
    return Starlette(
        routes=[Route("/v1/openapi.json", describe), *routes],
        exception_handlers={404: no_such, 405: no_such},
    )


def _by_method(served: dict[str, Serve]) -> Serve:
    async def answer(request: Request) -> Response:
        asked = served.get("GET" if request.method == "HEAD" else request.method)
        if asked is None:
            allowed = {*served, "HEAD"} if "GET" in served else set(served)
            return problem(405, Problem("not with this method"), {"Allow": ", ".join(sorted(allowed))})
        return await asked(request)

    return answer
