"""The page of a node: its reading of the journals and the history, its tokens, and what judges what is tried."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.routing import Route

from bounced.admin import Status
from bounced.admin.api import Access, Backend
from bounced.admin.page import Behind, Facts, page_routes
from bounced.config import Config
from bounced.database.file import File
from bounced.judging import Judge
from bounced.service.api import access
from bounced.store.history import engine_of


def routes(config: Config, status: Callable[[], Awaitable[Status]], judge: Callable[[], Judge], backend: Backend | None) -> list[Route]:
    """Make the routes of the page; *backend* is what changes are made by, None where none can be.

    Raises:
        ConfigInvalid: the file of tokens can't be read.
    """
    engine = engine_of(config)
    facts = Facts(Path(config.journal.folder), None if isinstance(engine, File) and backend is None else engine)
    return page_routes(Behind(facts, status, judge, _access(config), backend))


def _access(config: Config) -> Access | None:
    """Say who may see what names people; None: nobody, for nobody was named."""
    api = config.api
    return access(api) if api.tokens or api.token or api.without_token else None
