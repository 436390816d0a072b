"""Real Postfix instances, private to a test: own configuration, queue, log and port; the machine's own is not touched.

What deploy/postfix/README.md tells an operator to set is read out of that page, so that the page is what is tested.
A pytest plugin: it offers the fixture `start_postfix`.
"""

import contextlib
import re
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from tests.servers.namespace import Host
from tests.servers.privilege import run_as_root

PAGE = Path(__file__).parents[2] / "deploy" / "postfix" / "README.md"
_BLOCK = re.compile(r"^```\w+\n# (\S+)(?: \(([^)\n]+)\))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# Without local(8): no mail of a test may ever end in a mailbox of this machine.
_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
disable_dns_lookups = yes
alias_maps =
alias_database =
mydestination = $myhostname
local_transport = error:5.1.1 unknown user
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
"""

_MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def block(name: str, variant: str = "", page: Path = PAGE) -> str:
    """Return what *page* says to put into the file *name* (its whole path), all blocks of it one after the other.

    A *variant* is said behind the name: `# /etc/postfix/master.cf (by LMTP)`.
    """
    found = [text for path, of, text in _BLOCK.findall(page.read_text(encoding="utf-8")) if (path, of) == (name, variant)]
    if not found:
        pytest.fail(f"{page} has no block for {name} ({variant})")
    return "".join(found)


@dataclass(frozen=True)
class Postfix:
    """A running Postfix: mail is handed to it by command or at *port* of its loopback."""

    folder: Path
    port: int
    on: Host | None

    def submit(self, sender: str, recipients: list[str], message: str) -> None:
        """Hand in *message* as an application on this host does, with *sender* as its return path."""
        self._run("sendmail", "-C", str(self.folder), "-i", "-f", sender, "--", *recipients, stdin=message.encode())

    def log(self) -> str:
        """Return the mail log so far."""
        log = self.folder / "mail.log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    def _run(self, *command: str, stdin: bytes = b"") -> None:
        run_as_root(*(self.on.inside(*command) if self.on else command), stdin=stdin)


class StartPostfix(Protocol):
    """Start a Postfix with these additions to its main.cf, master.cf and transport table, on another host if one is given."""

    def __call__(self, *, main_cf: str, transport: str, master_cf: str = "", on: Host | None = None) -> Postfix: ...


@pytest.fixture
def start_postfix(start_host: object) -> Iterator[StartPostfix]:
    """Start Postfix instances that end with the test; the mail log is printed, for pytest to show when the test fails."""
    del start_host  # asked for so that a Postfix ends before the host that it runs on
    with contextlib.ExitStack() as stack:

        def start(*, main_cf: str, transport: str, master_cf: str = "", on: Host | None = None) -> Postfix:
            return stack.enter_context(_postfix(main_cf, transport, master_cf, on))

        yield start


@contextlib.contextmanager
def _postfix(main_cf: str, transport: str, master_cf: str, on: Host | None) -> Iterator[Postfix]:
    # Not pytest's tmp_path: its parent is closed to Postfix's own user.
    folder = Path(tempfile.mkdtemp(prefix="bounced-postfix-"))
    folder.chmod(0o755)
    (folder / "queue").mkdir()
    postfix = Postfix(folder, _free_port(), on)
    try:
        main = _MAIN_CF.format(folder=folder) + main_cf.replace("/etc/postfix", str(folder))
        (folder / "main.cf").write_text(main)
        (folder / "master.cf").write_text(_MASTER_CF.format(port=postfix.port) + master_cf)
        (folder / "transport").write_text(transport)
        run_as_root("install", "-d", "-o", "postfix", "-m", "700", str(folder / "data"))
        postfix._run("postfix", "-c", str(folder), "start")
        try:
            yield postfix
        finally:
            run_as_root("postfix", "-c", str(folder), "stop")  # by its process id: no need to go where it runs
            print(postfix.log())  # noqa: T201 pytest keeps it and shows it with a failure
    finally:
        run_as_root("rm", "-rf", str(folder))  # Postfix's user owns parts of it


def _free_port() -> int:
    """Find a port that was free just now: Postfix takes it from its configuration and can't be asked to choose."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
