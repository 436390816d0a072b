"""Who looks at the page: a cookie that holds a token of the API's; and that what is sent was meant to be.

A page of somebody else's that has a browser send something here is told by the headers that the browser sends, and names that lead here
by somebody else's DNS by the Host.
"""

from starlette.requests import Request
from starlette.responses import Response

from bounced.admin.api.access import Access
from bounced.config import is_loopback
from bounced.tokens import Token

COOKIE = "bounced"
_SECONDS = 12 * 3600


def who(request: Request, access: Access | None) -> Token | None:
    """Say who asks; None: nobody whom we know."""
    if access is None:
        return None
    return access.who(f"Bearer {request.cookies.get(COOKIE, '')}")


def is_meant(request: Request, access: Access | None) -> bool:
    """Whether a change was asked for by our own page, in a browser that was led to us by our own name."""
    host = request.headers.get("host", "")
    origin = request.headers.get("origin", "")
    if origin not in {f"http://{host}", f"https://{host}"}:
        return False
    return access is None or not access.is_open or is_named_here(host)


def is_named_here(host: str) -> bool:
    """Whether *host*, with or without a port, is this machine's own name for itself: where no token is asked for, no other will do."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    return is_loopback(name.strip("[]"))


def remember(response: Response, request: Request, token: str) -> Response:
    """Have the browser show *token* from now on, to us alone and to no script."""
    is_safe = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    response.set_cookie(COOKIE, token, max_age=_SECONDS, httponly=True, samesite="strict", secure=is_safe)
    return response


def forget(response: Response) -> Response:
    """Have the browser forget it."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response
