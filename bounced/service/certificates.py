"""Certificates are renewed by others, at night: their files are looked at again and again, and taken when they have changed."""

import asyncio

import structlog

from bounced.errors import ListenFailed
from bounced.receive import Listener

log = structlog.get_logger()

#: Seconds between two looks.
LOOK_SECONDS = 10.0


async def keep_certificate(listener: Listener) -> None:
    """Look until cancelled. What can't be used is said once, and the old one stays in force."""
    said = ""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            if await asyncio.to_thread(listener.refresh_certificate):
                until = listener.certificate_until
                log.info("certificate.loaded", until=None if until is None else until.isoformat())
            said = ""
        except ListenFailed as error:
            if str(error) != said:
                said = str(error)
                log.error("certificate.refused", reason=said)  # noqa: TRY400 the reason is all there is to tell
