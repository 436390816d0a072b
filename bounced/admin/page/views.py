"""The views of the page: from a request to HTML. All that is slow is done in a thread; who may see what is asked first."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote

import jinja2
import structlog
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from bounced.address import is_address
from bounced.admin.api import Access, Backend
from bounced.admin.page.access import forget, is_meant, is_named_here, remember, who
from bounced.admin.page.facts import PER_PAGE, Facts
from bounced.admin.status import Status
from bounced.classify.question import Question, report_of
from bounced.decide import policy
from bounced.decide.trust import ASSUMED
from bounced.errors import BouncedError
from bounced.explain.finding import describe
from bounced.explain.message import explain
from bounced.explain.plain import as_text
from bounced.explain.printable import printable
from bounced.judging import DEFAULT_STREAM, Judge
from bounced.model import History, Suppression
from bounced.tokens import Role, Token

log = structlog.get_logger()

_HERE = Path(__file__).parent
#: Columns of what is explained; octets that may be pasted, and that are shown of a message.
_WIDTH = 110
_MOST_PASTED = 1024 * 1024
_MOST_SHOWN = 64 * 1024
_LIKE_A_MESSAGE = re.compile(r"\s*(?:From .+\n)?[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n|[A-Za-z][A-Za-z0-9-]*:[^\n]*\n)+\s*\n")
#: Where to go back to after logging in: a page of ours.
_OURS = re.compile(r"/(?!/)[\w/?=&%.@+,-]*")
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}

#: Answers a request.
View = Callable[[Request], Awaitable[Response]]


class Behind(NamedTuple):
    """What the page shows and does: `backend` is None where nothing can be changed here, `access` where nobody may see more than sums.

    `judge` may take a second, and is called in a thread.
    """

    facts: Facts
    status: Callable[[], Awaitable[Status]]
    judge: Callable[[], Judge]
    access: Access | None
    backend: Backend | None


def page_routes(behind: Behind) -> list[Route]:
    """Make the routes of the page."""
    views = _Views(behind)
    pages = {
        "/": views.overview,
        "/mend": views.mend,
        "/decisions": views.decisions,
        "/decisions/{event_id}": views.decision,
        "/address": views.address,
        "/unmatched": views.unmatched,
    }
    changes = {"/address/suppress": views.suppress, "/address/lift": views.lift, "/login": views.login, "/logout": views.logout}
    return [
        Route("/page.css", _style),
        *(Route(path, views.in_trouble_said(view)) for path, view in pages.items()),
        Route("/try", views.in_trouble_said(views.try_out), methods=["GET", "POST"]),
        *(Route(path, views.in_trouble_said(view), methods=["POST"]) for path, view in changes.items()),
    ]


async def _style(_request: Request) -> Response:
    return FileResponse(_HERE / "static" / "page.css", media_type="text/css", headers={"cache-control": "max-age=300"})


class _Views:
    def __init__(self, behind: Behind) -> None:
        self._behind = behind
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"shown": _shown, "moment": _moment}

    def in_trouble_said(self, view: View) -> View:
        """Have *view* say why it can't be shown, or done, where the journal or the history can't be read or written just now."""

        async def answer(request: Request) -> Response:
            try:
                return await view(request)
            except BouncedError as error:
                log.warning("request.failed", path=request.url.path, reason=str(error))
                return self._show(request, "trouble.html", 503, reason=str(error))

        return answer

    async def overview(self, request: Request) -> Response:
        """Show how it stands, and what was decided in the last day."""
        status, day = await asyncio.gather(self._behind.status(), asyncio.to_thread(self._behind.facts.day, _now()))
        most = max((sum(numbers) for _, *numbers in day.hours), default=0) or 1
        return self._show(request, "overview.html", status=status, day=day, most=most)

    async def mend(self, request: Request) -> Response:
        """Show what the sender must mend."""
        if (refusal := self._refuse(request)) is not None:
            return refusal
        return self._show(request, "mend.html", troubles=await asyncio.to_thread(self._behind.facts.troubles, _now()))

    async def decisions(self, request: Request) -> Response:
        """Show a page of decisions."""
        if (refusal := self._refuse(request)) is not None:
            return refusal
        before = {int(number): int(seq) for number, seq in re.findall(r"(\d{1,4})-(\d{1,18})", request.query_params.get("before", ""))}
        events, further = await asyncio.to_thread(self._behind.facts.latest, before)
        return self._show(request, "decisions.html", events=events, further=",".join(f"{number}-{seq}" for number, seq in further.items()))

    async def decision(self, request: Request) -> Response:
        """Show one decision, with its message and how that was understood."""
        if (refusal := self._refuse(request)) is not None:
            return refusal
        event = await asyncio.to_thread(self._behind.facts.event, request.path_params["event_id"])
        if event is None:
            return self._show(request, "gone.html", 404)
        arrival = await asyncio.to_thread(self._behind.facts.arrival, event.data.raw.arrival_id)
        explained, raw = "", ""
        if arrival is not None:
            explained = await asyncio.to_thread(self._explained, arrival.id, arrival.raw)
            raw = arrival.raw[:_MOST_SHOWN].decode("utf-8", "replace").replace("\r\n", "\n")
        return self._show(request, "decision.html", event=event, explained=explained, raw=raw)

    async def address(self, request: Request) -> Response:
        """Show what is remembered of an address, or which suppressed ones have some words in them."""
        if (refusal := self._refuse(request)) is not None:
            return refusal
        asked = request.query_params.get("q", "").strip()[:320]
        facts, now = self._behind.facts, _now()
        known, matching = [], []
        if is_address(asked):
            known = await asyncio.to_thread(lambda: facts.about(asked, self._behind.judge().policies, now))
        elif asked:
            matching = await asyncio.to_thread(facts.matching, asked, now)
        seen = who(request, self._behind.access)
        may_change = self._behind.backend is not None and seen is not None and seen.role.may(Role.WRITE)
        return self._show(
            request,
            "address.html",
            asked=asked,
            is_address=is_address(asked),
            known=known,
            matching=matching,
            may_change=may_change,
            limit=PER_PAGE,
        )

    async def unmatched(self, request: Request) -> Response:
        """Show words that no rule knew."""
        if (refusal := self._refuse(request)) is not None:
            return refusal
        texts, number = await asyncio.to_thread(lambda: self._behind.facts.unmatched(self._behind.judge()))
        return self._show(request, "unmatched.html", texts=texts, number=number)

    async def try_out(self, request: Request) -> Response:
        """Say what would be made of a message, or of a reply."""
        pasted, result = "", ""
        if request.method == "POST":
            if not is_meant(request, self._behind.access):
                return self._show(request, "stranger.html", 403)
            pasted = (await _form(request)).get("text", "")
            if pasted.strip():
                result = await asyncio.to_thread(self._tried, pasted)
        return self._show(request, "try.html", pasted=pasted, result=result)

    async def suppress(self, request: Request) -> Response:
        """Suppress an address."""
        return await self._change(request, "suppressed")

    async def lift(self, request: Request) -> Response:
        """Lift the suppression of an address."""
        return await self._change(request, "lifted")

    async def login(self, request: Request) -> Response:
        """Take a token."""
        form = await _form(request)
        token = form.get("token", "").strip()
        access = self._behind.access
        if access is None or not is_meant(request, access) or access.who(f"Bearer {token}") is None:
            return self._show(request, "login.html", 401, is_wrong=True)
        back = form.get("back", "")
        return remember(RedirectResponse(back if _OURS.fullmatch(back) else "/", 303), request, token)

    async def logout(self, request: Request) -> Response:
        """Forget the token."""
        return forget(RedirectResponse("/", 303)) if is_meant(request, self._behind.access) else self._show(request, "stranger.html", 403)

    async def _change(self, request: Request, change: str) -> Response:
        if (refusal := self._refuse(request, Role.WRITE)) is not None:
            return refusal
        form = await _form(request)
        address, because = form.get("address", "").strip(), " ".join(form.get("because", "").split())[:500]
        backend, seen = self._behind.backend, who(request, self._behind.access)
        if backend is None or seen is None or not is_meant(request, self._behind.access) or not is_address(address) or not because:
            return self._show(request, "stranger.html", 403)
        stream = form.get("stream") or DEFAULT_STREAM
        if change == "lifted":
            await backend.histories.forgive(stream, address, _now())
        else:
            suppression = Suppression(since=_now(), until=None, category=policy.BY_HAND, because=because)
            await backend.histories.suppress(stream, address, suppression, _now())
        peer = request.client.host if request.client else ""
        log.info("list.changed", change=change, address=address, stream=stream, by=seen.name, peer=peer, because=because)
        return RedirectResponse(f"/address?q={quote(address, safe='')}", 303)

    def _refuse(self, request: Request, role: Role = Role.READ) -> Response | None:
        """Ask for a token, or say why there is nothing to see."""
        access = self._behind.access
        if access is None:
            return self._show(request, "closed.html", 403)
        if access.is_open and not is_named_here(request.headers.get("host", "")):
            return self._show(request, "stranger.html", 403)
        seen = who(request, access)
        if seen is None:
            return self._show(request, "login.html", 401, is_wrong=False)
        return None if seen.role.may(role) and seen.stream is None else self._show(request, "stranger.html", 403)

    def _explained(self, name: str, raw: bytes) -> str:
        return as_text(explain(name, raw, self._behind.judge()), _WIDTH)

    def _tried(self, text: str) -> str:
        if _LIKE_A_MESSAGE.match(text.replace("\r\n", "\n")):
            return self._explained("what you pasted", text.replace("\r\n", "\n").lstrip().encode("utf-8", "surrogateescape"))
        judge = self._behind.judge()
        report = report_of(Question(" ".join(text.split()), None, None, None, None), judge.classifier.providers.rows)
        verdict = judge.judge(report, ASSUMED, History(), _now())[0]
        return as_text([describe(verdict, judge.classifier.matches(verdict.failure, report))], _WIDTH)

    def _show(self, request: Request, template: str, status_code: int = 200, **values: Any) -> Response:
        seen: Token | None = who(request, self._behind.access)
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        values |= {
            "path": request.url.path,
            "back": back if request.method == "GET" else "/",
            "who": seen,
            "is_open": self._behind.access is not None and self._behind.access.is_open,
        }
        html = self._environment.get_template(template).render(values)
        return Response(html, status_code, _HEADERS, "text/html; charset=utf-8")


async def _form(request: Request) -> dict[str, str]:
    """Read what a form of ours sends; of one that is too long, as much as is taken."""
    octets = bytearray()
    async for chunk in request.stream():
        octets += chunk
        if len(octets) > 3 * _MOST_PASTED:  # an octet may be written as three
            break
    fields = parse_qs(octets.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=20, errors="replace")
    return {name: values[0][:_MOST_PASTED] for name, values in fields.items()}


def _shown(text: object) -> str:
    """Make a stranger's words fit for a page: what does not print, or turns the direction of writing, is replaced."""
    return printable(str(text), but="\n\t")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _now() -> datetime:
    return datetime.now(UTC)
