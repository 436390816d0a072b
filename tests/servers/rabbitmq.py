"""A real RabbitMQ for tests: the one of `BOUNCED_TEST_AMQP_URL`, or a private node of an installed rabbitmq-server.

The private node listens on loopback alone, with ports, cookie, epmd and folder of its own, and is gone at the end. Its
wrapper in /usr/sbin refuses ordinary users, so the scripts below it are called.
"""

import asyncio
import contextlib
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aio_pika
import pytest
from yarl import URL

_PROGRAMS = Path("/usr/lib/rabbitmq/bin")
_START_SECONDS = 90
_STOP_SECONDS = 60
_GREETING = b"AMQP\x00\x00\x09\x01"
_CONFIGURATION = """
listeners.tcp.default = 127.0.0.1:{port}
listeners.ssl.default = 127.0.0.1:{tls_port}
ssl_options.certfile = {certificate}
ssl_options.keyfile = {key}
max_message_size = 1048576
vm_memory_high_watermark.absolute = 4GB
disk_free_limit.absolute = 1MB
"""


class Broker:
    """A broker under test. `url` names a virtual host of the test's own, which `clean` empties."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def is_ours(self) -> bool:
        """Whether it can be stopped and killed."""
        return False

    def url_with(self, **parts: str) -> str:
        """Give `url` with another user, password, host or path."""
        url = URL(self.url)
        for name, value in parts.items():
            url = getattr(url, f"with_{name}")(value)
        return str(url)

    async def connect(self) -> aio_pika.abc.AbstractConnection:
        """Connect as a plain client that knows nothing of bounced."""
        return await aio_pika.connect(self.url)


#: How long the broker waits before it tries again to move a dead letter that nobody took: three minutes, were it not said here.
_ADVANCED = "[{rabbit, [{dead_letter_worker_publisher_confirm_timeout, 1000}]}].\n"


class PrivateNode(Broker):
    """A node of our own in *folder*; `tls_url` is its other address, with `certificate`."""

    def __init__(self, folder: Path) -> None:
        self.port, tls_port, self._dist_port, self._epmd_port = _free_ports(4)
        super().__init__(f"amqp://guest:guest@127.0.0.1:{self.port}/")
        self._folder = folder
        self._script: subprocess.Popen[bytes] | None = None
        for name in ("home", "mnesia", "log"):
            (folder / name).mkdir()
        cookie = folder / "home" / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        (folder / "env.conf").touch()
        (folder / "enabled_plugins").write_text("[].\n")
        (folder / "advanced.config").write_text(_ADVANCED)
        self.certificate = folder / "certificate.pem"
        self.tls_url = f"amqps://guest:guest@127.0.0.1:{tls_port}/"
        key = _make_certificate(self.certificate)
        (folder / "rabbitmq.conf").write_text(
            _CONFIGURATION.format(port=self.port, tls_port=tls_port, certificate=self.certificate, key=key)
        )

    @property
    def is_ours(self) -> bool:
        """It can be stopped and killed."""
        return True

    @property
    def _environment(self) -> dict[str, str]:
        folder = self._folder
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(folder / "feature_flags"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    @property
    def _pid(self) -> int:
        return int((self._folder / "pid").read_text())

    def start(self) -> None:
        """Start the node, and wait until it greets a client."""
        with (self._folder / "log" / "output").open("ab") as output:
            self._script = subprocess.Popen(
                [_PROGRAMS / "rabbitmq-server"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._greets():
            if self._script.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"rabbitmq-server did not start: {(self._folder / 'log' / 'output').read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the node in good order; connections are closed, queues stay."""
        if self._script is not None:
            self._script.terminate()
            self._script.wait(_STOP_SECONDS)
            self._script = None

    def kill(self) -> None:
        """End the node with SIGKILL, in the midst of whatever it does."""
        if self._script is not None:
            os.kill(self._pid, signal.SIGKILL)  # the script is not the broker
            self._script.wait(_STOP_SECONDS)
            self._script = None

    def restart(self) -> None:
        """Stop it if it runs, and start it."""
        self.stop()
        self.start()

    def renew(self) -> None:
        """Begin anew, with nothing of what was."""
        self.stop()
        shutil.rmtree(self._folder / "mnesia")
        (self._folder / "mnesia").mkdir()
        self.start()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Hold the node in SIGSTOP: connections stand, and nothing answers."""
        os.kill(self._pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._pid, signal.SIGCONT)

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl with *arguments*; give what it prints."""
        done = subprocess.run(
            [_PROGRAMS / "rabbitmqctl", "--quiet", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            pytest.fail(f"rabbitmqctl {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout

    def end(self) -> None:
        """Stop the node and its epmd, which outlives it and ignores SIGTERM."""
        try:
            self.stop()
        finally:
            for pid in _processes_with(f"ERL_EPMD_PORT={self._epmd_port}", "epmd"):
                os.kill(pid, signal.SIGKILL)

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as client:
                client.sendall(_GREETING)
                return client.recv(1) != b""
        except OSError:
            return False


@pytest.fixture(scope="session")
def _node() -> Iterator[Broker]:
    """The broker of the whole session."""
    if url := os.environ.get("BOUNCED_TEST_AMQP_URL"):
        yield Broker(url)
        return
    if not (_PROGRAMS / "rabbitmq-server").exists():
        pytest.fail(
            "these tests need RabbitMQ: install rabbitmq-server (apt install rabbitmq-server), or set BOUNCED_TEST_AMQP_URL to a broker"
        )
    folder = Path(tempfile.mkdtemp(prefix="bounced-rabbitmq-"))
    node = PrivateNode(folder)
    try:
        node.start()
        yield node
    finally:
        node.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def broker(_node: Broker) -> AsyncIterator[Broker]:
    """A running broker without a queue or exchange of ours, before and after the test."""
    await _clean(_node)
    if isinstance(_node, PrivateNode) and not await _is_usable(_node):
        await asyncio.to_thread(_node.renew)
    yield _node
    if isinstance(_node, PrivateNode) and not _node._greets():
        await asyncio.to_thread(_node.restart)
    await _clean(_node)


@pytest.fixture
def own_broker(broker: Broker) -> PrivateNode:
    """A broker that the test may stop, kill and configure."""
    if not isinstance(broker, PrivateNode):
        pytest.fail("this test stops its broker: unset BOUNCED_TEST_AMQP_URL and install rabbitmq-server")
    return broker


async def _clean(broker: Broker) -> None:
    """Delete what bounced declares; deleting what is not there is no error (AMQP 0-9-1, RabbitMQ)."""
    async with await broker.connect() as connection:
        channel = await connection.channel()
        for name in ("bounced.suppress", "bounced.retry", "bounced.deliveries", "bounced.replies", "bounced.dead", "mirror"):
            await channel.queue_delete(name)
        for name in ("bounced.v1", "bounced.list.test", "bounced.dead"):
            await channel.exchange_delete(name)


async def _is_usable(broker: Broker) -> bool:
    """Whether a quorum queue can be made: after being killed, or on a busy machine, RabbitMQ 3.10 may answer INTERNAL_ERROR for good."""
    async with await broker.connect() as connection:
        channel = await connection.channel()
        try:
            queue = await channel.declare_queue("bounced.suppress", durable=True, arguments={"x-queue-type": "quorum"})
            await queue.delete(if_unused=False, if_empty=False)
        except aio_pika.exceptions.AMQPError:
            return False
    return True


def _make_certificate(certificate: Path) -> Path:
    """Make a self-signed certificate of 127.0.0.1; give the file of its key."""
    key = certificate.with_name("key.pem")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate, *names],
        check=True,
        capture_output=True,
    )
    return key


def _free_ports(number: int) -> list[int]:
    """Find ports that nobody listens on, below those that the kernel hands to clients, so that they stay free over a restart."""
    found: list[int] = []
    while len(found) < number:
        port = random.randrange(20_000, 32_000)  # noqa: S311 no secret
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            found.append(port)
    return found


def _processes_with(variable: str, name: str) -> list[int]:
    """Find our processes called *name* that have *variable* in their environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "comm").read_text().strip() == name and variable.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found
