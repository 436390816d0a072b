"""The outside of the sandbox: fetches packages and starts the runs. Needs root, the network only for what is not in the cache yet."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mtas import SERVERS

_RUN_SECONDS = 400
_UNSHARE = ("unshare", "--mount", "--uts", "--net", "--ipc", "--pid", "--fork", "--kill-child")


def fetch(name: str, cache: Path) -> None:
    """Download the Debian packages of the server *name*, with what they need, into *cache*."""
    folder = cache / "debs" / name
    (folder / "partial").mkdir(parents=True, exist_ok=True)
    command = (
        "apt-get",
        "install",
        "-y",
        "--no-install-recommends",
        "--download-only",
        "-o",
        "DPkg::Lock::Timeout=120",
        "-o",
        f"Dir::Cache::archives={folder}",
    )
    if packages := SERVERS[name].packages:
        subprocess.run([*command, *packages], check=True, stdout=subprocess.DEVNULL)
    for other in SERVERS[name].fetch(cache / "other"):
        subprocess.run(other, check=True, stdout=subprocess.DEVNULL)


def run(name: str, mode: str, cache: Path, out: Path) -> None:
    """Run the server *name* once, in a sandbox of its own; its reports come to *out*."""
    with tempfile.TemporaryDirectory(prefix="mtas-") as root:
        inside = (sys.executable, "-m", "tests.mtas.inside", name, mode, root, str(cache.absolute()), str(out.absolute()))
        subprocess.run([*_UNSHARE, *inside], check=True, timeout=_RUN_SECONDS, cwd=Path(__file__).parents[2])
