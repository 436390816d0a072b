"""A connection to one of several brokers, made within a time limit, and its troubles said in plain words.

aio-pika's robust connection is not used: its `publish` waits without end while the broker is away, and here the
journal decides what waits. Passwords stand in URLs; nothing here puts them into an error or a log line.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import aio_pika
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPException, ProbableAuthenticationError
from aiormq.exceptions import ConnectionNotAllowed
from yarl import URL

from bounced.errors import ConfigInvalid, SinkUnavailable

#: What aio-pika raises when a broker or the way to it fails; RuntimeError is its word for "closed meanwhile", the last two are
#: aiormq's (7.2) for a connection that ends in the midst of its handshake.
TROUBLES = (AMQPException, OSError, RuntimeError, EOFError, StopAsyncIteration)

_PORTS = {"amqp": 5672, "amqps": 5671}
#: A peer that is silent for three of these is taken for dead, unless the URL says `?heartbeat=`.
_HEARTBEAT_SECONDS = 15
#: A broker that hangs does not answer a farewell either.
_CLOSE_SECONDS = 3

Made = TypeVar("Made")


def parse_url(text: str) -> URL:
    """Read the address of a broker: `amqp://USER:PASSWORD@HOST:PORT/VHOST`, TLS with `amqps://`.

    The queries `cafile`, `certfile`, `keyfile` and `heartbeat` are aiormq's.

    Raises:
        ConfigInvalid: it is none.
    """
    try:
        url = URL(text)
        url = url if url.port else url.with_port(_PORTS[url.scheme])
    except (ValueError, KeyError):  # its text may quote the whole, password and all: it is no cause to show
        raise ConfigInvalid("a broker's address has the form amqp://USER:PASSWORD@HOST:PORT/VHOST") from None
    return url if "heartbeat" in url.query else url.update_query(heartbeat=_HEARTBEAT_SECONDS)


def place(url: URL) -> str:
    """Name the broker without its user and password."""
    return f"{url.scheme}://{url.host}:{url.port}{url.raw_path if url.path != '/' else ''}"


async def connect(urls: Sequence[URL], seconds: float, prepare: Callable[[AbstractConnection, URL], Awaitable[Made]]) -> Made:
    """Connect to the first of *urls* that answers, and return what *prepare* makes of the connection, each within *seconds*.

    Raises:
        SinkUnavailable: none of them; with the reason of each.
    """
    reasons = []
    for url in urls:
        connection: AbstractConnection | None = None
        try:
            async with asyncio.timeout(seconds):
                connection = await aio_pika.connect(url, client_properties={"connection_name": "bounced"})
                return await prepare(connection, url)
        except TimeoutError:
            reasons.append(f"{place(url)}: no answer within {seconds:g} s")
        except SinkUnavailable as error:
            reasons.append(f"{place(url)}: {error.detail}")
        except BaseException as error:
            if not is_trouble(error):
                raise
            reasons.append(f"{place(url)}: {words(error)}")
        await close(connection)
    raise SinkUnavailable("; ".join(reasons))


async def close(connection: AbstractConnection | None) -> None:
    """Close *connection*, within a time limit, whatever state it is in."""
    if connection is None:
        return
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await connection.close()
    except BaseException as error:
        if not is_trouble(error):
            raise
        # it is gone one way or the other, and nothing rests on the farewell


def is_trouble(error: BaseException) -> bool:
    """Whether *error* is the broker's or the line's, not a fault of ours, nor a word to end.

    Whoever waits on a connection that is lost may get of aiormq (7.2) a bare Exception, or a cancellation that nobody asked of the task.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and not task.cancelling()
    return isinstance(error, TROUBLES) or type(error) is Exception


async def is_blocked(connection: AbstractConnection) -> bool:
    """Whether the broker takes no messages on *connection* because it is short of memory or disk."""
    if connection.transport is None:
        return False
    try:
        async with asyncio.timeout(0):  # `ready` returns without waiting, or waits for the alarm's end
            await connection.transport.ready()
    except TimeoutError:
        return True
    return False


def words(error: BaseException) -> str:
    """Say in plain words why a broker could not be used."""
    if isinstance(error, ProbableAuthenticationError):
        return "it refuses this user name or password"
    if isinstance(error, ConnectionNotAllowed) or "Connection.OpenOk" in _text(error):
        # aiormq 7.2 (2026-11) reports the broker's refusal here as an unexpected frame, without the broker's text.
        return "it refuses the virtual host: there is none of this name, or the user may not use it"
    if isinstance(error, (asyncio.CancelledError, EOFError, StopAsyncIteration)) or type(error) is Exception:
        return "the connection was lost"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return _text(error)


def _text(error: BaseException) -> str:
    return " ".join(str(argument) for argument in error.args if argument) or type(error).__name__
