"""A real Exim, private to a test: own configuration, spool, log and port. What deploy/exim/README.md says is read out of that page.

Debian's cannot be installed beside Postfix; `make servers` unpacks it. It looks for its user, whom the package would have made: it
runs with files of its own laid over the machine's /etc, for it alone.
"""

import contextlib
import os
import pwd
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.ports import free_port
from tests.servers.privilege import as_root, run_as_root

PAGE = Path(__file__).parents[2] / "deploy" / "exim" / "README.md"
#: A user for Exim and for pipes: whoever runs the tests, and if that is root, one who is not.
USER = pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else "nobody"
_UNPACKED = Path(__file__).parents[2] / ".venv" / "exim"

_CONF = """\
exim_path = {folder}/exim
primary_hostname = mail.example.net
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
disable_ipv6
queue_only
tls_advertise_hosts =
acl_smtp_rcpt = accept
trusted_users = root
begin acl
begin routers
{routers}
outside:
  driver = manualroute
  domains = example.org
  transport = outside
  route_list = * 127.0.0.1
  self = send
begin transports
{transports}
outside:
  driver = smtp
  port = {outside}
  allow_localhost
  hosts_avoid_tls = *
begin retry
* * F,1h,1s
"""


@dataclass(frozen=True)
class Exim:
    """A running Exim."""

    folder: Path
    port: int

    def log(self) -> str:
        """Give its log so far."""
        return "".join(path.read_text(errors="replace") for path in sorted((self.folder / "log").glob("*")))


@contextlib.contextmanager
def exim(*, routers: str, transports: str, outside: int) -> Iterator[Exim]:
    """Run an Exim with these routers and transports; mail for example.org goes to the port *outside* of loopback."""
    program = next(_UNPACKED.glob("usr/sbin/exim4"), None)
    if program is None:
        pytest.fail("Exim is missing: run `make servers`")
    folder = Path(tempfile.mkdtemp(prefix="bounced-exim-"))
    folder.chmod(0o755)
    found = Exim(folder, free_port())
    text = _CONF.format(folder=folder, port=found.port, outside=outside, routers=routers, transports=transports)
    try:
        _lay_out(folder, program, text)
        layer = f"mount -t overlay -o lowerdir={folder}/etc:/etc overlay /etc"
        command = as_root("unshare", "--mount", "sh", "-c", f"{layer} && exec {folder}/exim -bdf -q1s")
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
            try:
                _wait(folder / "exim.pid", process)
                yield found
            finally:
                if process.poll() is None:
                    run_as_root("kill", (folder / "exim.pid").read_text().strip())
    finally:
        print(found.log())  # noqa: T201 pytest keeps it and shows it with a failure
        run_as_root("rm", "-rf", str(folder))


def _lay_out(folder: Path, program: Path, configuration: str) -> None:
    """Make what lies over /etc for Exim alone: its configuration, its user, where its libraries are; and its own folders."""
    etc = folder / "etc"
    (etc / "exim4").mkdir(parents=True)
    (etc / "exim4" / "exim4.conf").write_text(configuration)
    user = pwd.getpwnam(USER)
    (etc / "passwd").write_text(Path("/etc/passwd").read_text() + f"Debian-exim:x:{user.pw_uid}:{user.pw_gid}::{folder}:/bin/false\n")
    (etc / "group").write_text(Path("/etc/group").read_text() + f"Debian-exim:x:{user.pw_gid}:\n")
    libraries = "\n".join(str(path) for path in _UNPACKED.glob("usr/lib/*-linux-gnu"))
    (folder / "ld.so.conf").write_text(f"include /etc/ld.so.conf\n{libraries}\n")
    run_as_root("/sbin/ldconfig", "-X", "-f", str(folder / "ld.so.conf"), "-C", str(etc / "ld.so.cache"))
    run_as_root("chown", "-R", "root:root", str(etc))
    run_as_root("install", "-o", "root", "-m", "4755", str(program), str(folder / "exim"))
    for name in ("spool", "log"):
        run_as_root("install", "-d", "-o", USER, "-m", "755", str(folder / name))


def _wait(pid_file: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not (pid_file.exists() and pid_file.read_text().strip()):
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail("Exim does not start")
        time.sleep(0.05)
