"""From a request to an endpoint's function and back: who asks, what is given, what went wrong. Nothing of it is the endpoint's business."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bounced.address import PATTERN
from bounced.admin.api.access import Access
from bounced.admin.api.backend import Backend
from bounced.admin.api.endpoint import Call, Endpoint, Refused
from bounced.admin.api.shapes import Problem
from bounced.errors import BouncedError

log = structlog.get_logger()

#: Octets of a body; a hundred thousand addresses of the longest kind.
MOST_OCTETS = 48 * 1024 * 1024
_LONG = 64 * 1024
_RETRY_SECONDS = "5"
_encode = msgspec.json.Encoder().encode
#: How msgspec shows the pattern of an address.
_ADDRESS = repr(PATTERN)[1:-1]
_AT = re.compile(r"(.*) - at `\$\.?(.*)`")


def serve(endpoint: Endpoint, backend: Backend, access: Access) -> Callable[[Request], Awaitable[Response]]:
    """Make what answers requests to *endpoint*."""

    async def answer(request: Request) -> Response:
        who = access.who(request.headers.get("authorization", ""))
        if who is None:
            return problem(401, Problem("a token is wanted"), {"WWW-Authenticate": "Bearer"})
        if not who.role.may(endpoint.role):
            return problem(403, Problem(f"this takes a token with the role {endpoint.role}"))
        try:
            given = await _given(request, endpoint)
            name = _named(request, endpoint)
            peer = request.client.host if request.client else ""
            result = await endpoint.carry_out(Call(backend, who, peer, given, name))
        except Refused as refused:
            return problem(refused.status, refused.problem)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody hears it
        except BouncedError as error:
            log.warning("request.failed", path=endpoint.path, reason=str(error))
            return problem(503, Problem(str(error)), {"Retry-After": _RETRY_SECONDS})
        return Response(_encode(result), endpoint.status, media_type="application/json")

    return answer


def problem(status: int, what: Problem, headers: dict[str, str] | None = None) -> Response:
    """Answer with *what* is wrong."""
    return Response(_encode(what), status, headers, "application/json")


async def no_such(_request: Request, error: Exception) -> Response:
    """Answer that there is nothing of that name, or method."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else None
    return problem(status, Problem("there is nothing here" if status == 404 else "not with this method"), headers)  # noqa: PLR2004 RFC 9110


def _named(request: Request, endpoint: Endpoint) -> str:
    if not endpoint.name:
        return ""
    try:
        name: str = msgspec.convert(request.path_params[endpoint.name], endpoint.schema)
    except msgspec.ValidationError as error:
        raise Refused(422, _words(str(error)), endpoint.name) from error
    return name


def _number(digits: str) -> float:
    """Read a number as JSON Schema does, for which 550.0 is an integer."""
    number = float(digits)
    return int(number) if number.is_integer() else number


_DECODER = msgspec.json.Decoder(float_hook=_number)


async def _given(request: Request, endpoint: Endpoint) -> Any:
    if endpoint.is_query:
        return _read(dict(request.query_params), endpoint.given, is_text=True)
    return await _body(request, endpoint.given)


async def _body(request: Request, wanted: type[Struct]) -> Any:
    octets = bytearray()
    async for chunk in request.stream():
        octets += chunk
        if len(octets) > MOST_OCTETS:
            raise Refused(413, f"more than {MOST_OCTETS} octets")
    if len(octets) < _LONG:
        return read_json(octets, wanted)
    return await asyncio.to_thread(read_json, octets, wanted)  # on the loop, everybody would wait for it


def read_json(octets: bytes | bytearray, wanted: type[Struct]) -> Any:
    """Read *octets* as a *wanted*.

    Raises:
        Refused: they are none.
    """
    try:
        given = _DECODER.decode(octets)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(422, f"the body is no JSON: {error}") from error
    return _read(given, wanted)


def _read(given: object, wanted: type[Struct], *, is_text: bool = False) -> Any:
    """Check *given*; where *is_text*, as in a query, a number is one in digits."""
    try:
        return msgspec.convert(given, wanted, strict=not is_text)
    except msgspec.ValidationError as error:
        found = _AT.fullmatch(str(error))
        raise Refused(422, _words(found[1] if found else str(error)), found[2] or None if found else None) from error


def _words(reason: str) -> str:
    return "is no mail address" if _ADDRESS in reason else reason
