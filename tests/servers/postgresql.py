"""A private PostgreSQL server for tests: on loopback alone, with a port and a folder of its own, and gone at the end.

It refuses to run as root, so that root runs it as the user `postgres`, which Debian's package makes.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

_VERSIONS = Path("/usr/lib/postgresql")
_START_SECONDS = 60
_STOP_SECONDS = 60
#: The machine is not switched off in a test, so that nothing has to be on its disk.
_SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "max_connections": "30"}


class PrivateServer:
    """A server in *folder*."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        self._run("initdb", "--pgdata", str(folder / "data"), "--username", "bounced", "--auth", "trust", "--encoding", "UTF8")

    def url(self, database: str = "postgres") -> str:
        """Give the address of one of its databases."""
        return f"postgresql://bounced@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database; give its address."""
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def start(self) -> None:
        """Start it, and wait until it takes a client."""
        settings = [f"-c{name}={value}" for name, value in (_SETTINGS | {"port": str(self.port)}).items()]
        with (self._folder / "log").open("ab") as output:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", *settings],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=self._folder,
                **_user(),
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"postgres did not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: connections are cut; with SIGQUIT in the midst of whatever it does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_STOP_SECONDS)
            self._process = None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=self._folder, **_user()
        )
        if done.returncode:
            pytest.fail(f"{program}: {done.stderr or done.stdout}")


def _user() -> dict[str, object]:
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def programs() -> Path:
    found = sorted(_VERSIONS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.fail("these tests need PostgreSQL: install postgresql (apt install postgresql)")
    return found[-1].parent


@pytest.fixture(scope="session")
def _server() -> Iterator[PrivateServer]:
    """The server of the whole session."""
    folder = Path(tempfile.mkdtemp(prefix="bounced-postgresql-"))
    server = PrivateServer(folder, programs())
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql(_server: PrivateServer) -> Iterator[PrivateServer]:
    """A running PostgreSQL server, which the test may stop."""
    yield _server
    if not _server._answers():
        _server.stop()
        _server.start()
