"""Sinks of HTTP: each event is POSTed, signed as Standard Webhooks asks (https://www.standardwebhooks.com, 1.0), and lasts with a 2xx.

At least once: an answer that was lost has the event sent again, under the same `webhook-id`. What is tried again, and how long is waited,
is the publisher's; here it is told apart whether the receiver refuses one event for good (4xx), one for now (5xx), or takes nothing at all.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

from bounced import config
from bounced.errors import BouncedError, ConfigInvalid, EventRejected, EventUnconfirmed, SinkRefused, SinkUnavailable
from bounced.model import Event
from bounced.publish.event import CONTENT_TYPE
from bounced.publish.template import Template

_SECRET_PREFIX = "whsec_"  # noqa: S105 it begins every secret
#: Answers that say nothing of the event: the receiver, or what stands before it, takes nothing just now.
_BUSY = frozenset((408, 425, 429, 502, 503, 504))
#: Answers that are about who we are, or where the receiver is, and so about all events.
_STRANGER = frozenset((401, 403, 404, 405))
_MOST_SHOWN = 200


class WebhookSink:
    """POSTs events to the URL of *settings*, some at a time over kept connections. *clock* gives the Unix time in seconds."""

    def __init__(self, settings: config.Sink, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._url = settings.urls[0]
        self._clock = clock
        self._key = _key(settings.webhook_secret)
        self._template = Template.read(folder / settings.webhook_template) if settings.webhook_template else None
        self._dispositions = frozenset(settings.webhook_dispositions)
        self._httpx = _library()
        self._client: Any = None
        self._turns = asyncio.Semaphore(settings.webhook_connections)

    async def open(self) -> None:
        """Get ready; nothing is sent."""
        if self._client is None:
            limits = self._httpx.Limits(max_connections=self._settings.webhook_connections)
            headers = {"content-type": CONTENT_TYPE if self._template is None else "application/json", "user-agent": "bounced"}
            self._client = self._httpx.AsyncClient(
                headers=headers | self._settings.webhook_headers,
                limits=limits,
                timeout=self._httpx.Timeout(self._settings.publish_seconds, connect=self._settings.connect_seconds),
                follow_redirects=False,
            )

    async def publish(self, events: Sequence[Event]) -> list[BouncedError | None]:
        """Send *events*; give what came of each."""
        await self.open()
        return list(await asyncio.gather(*map(self._send, events)))

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _send(self, event: Event) -> BouncedError | None:
        if event.key.split(".")[1] not in self._dispositions:
            return None  # nobody wants it
        body = event.body if self._template is None else self._template.fill(event.body)
        headers = {} if self._key is None else signature(self._key, event.id, int(self._clock()), body)
        async with self._turns:
            try:
                answer = await self._client.post(self._url, content=body, headers=headers)
            except self._httpx.ReadTimeout:
                return EventUnconfirmed(f"no answer in {self._settings.publish_seconds:g} s")
            except self._httpx.HTTPError as error:
                return SinkUnavailable(f"{place(self._url)}: {error or type(error).__name__}")
        return _outcome(answer.status_code, answer.text)


def _library() -> ModuleType:
    """Give httpx, an extra for those who want it.

    Raises:
        ConfigInvalid: it is not installed.
    """
    try:
        import httpx  # noqa: PLC0415 only where it is wanted
    except ImportError as error:
        raise ConfigInvalid("sink.urls: a webhook needs the extra bounced-daemon[webhook]") from error
    return httpx


def signature(key: bytes, event_id: str, at: int, body: bytes) -> dict[str, str]:
    """Give the headers that sign *body* as sent *at* a Unix time: HMAC-SHA-256 over id, time and body."""
    digest = hmac.new(key, f"{event_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": event_id, "webhook-timestamp": str(at), "webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}


def place(url: str) -> str:
    """Name the receiver at *url*, without user, password and query."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


def _key(secret: str) -> bytes | None:
    """Read a secret of Standard Webhooks: base64 behind `whsec_`; None where there is none.

    Raises:
        ConfigInvalid: it is malformed, or too short.
    """
    if not secret:
        return None
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ConfigInvalid(f"sink.webhook_secret: want base64 behind {_SECRET_PREFIX}: {error}") from error
    if len(key) < 24:  # noqa: PLR2004 the specification's least
        raise ConfigInvalid("sink.webhook_secret: want 24 octets of chance at least: openssl rand -base64 32")
    return key


def _outcome(status: int, text: str) -> BouncedError | None:
    said = f"HTTP {status} {' '.join(text[:_MOST_SHOWN].split())}".rstrip()
    if status in _BUSY or status in _STRANGER or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return SinkUnavailable(said)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return EventRejected(said)
    return SinkRefused(said) if status >= HTTPStatus.BAD_REQUEST else None
