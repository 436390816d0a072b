"""What a release is: a wheel with all that it needs, requirements whose hashes are asked for, a bill of what it is made of."""

import asyncio
import hashlib
import json
import re
import subprocess
import urllib.request
from pathlib import Path

from tests.integration.test_daemon import bounce
from tests.servers.daemon import serve

ROOT = Path(__file__).parents[2]
CLEAN = ROOT / ".venv" / "clean" / "bin"


def build(folder):
    """Build one into *folder*; `CLEAN` is an environment into which nothing else was installed, by its hashes."""
    done = subprocess.run(["make", "--silent", "dist", f"DIST={folder}"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def pinned(folder):
    """The versions in the requirements, by name."""
    found = re.findall(r"^([\w.-]+)==(\S+)", (folder / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


async def test_release(tmp_path):
    """One test, because two processes that build would be in each other's way."""
    folder = tmp_path / "dist"
    await asyncio.to_thread(build, folder)

    look_at_bill_of_materials(folder)
    look_at_sums(folder)
    await run_it(tmp_path / "journal")


def look_at_bill_of_materials(release):
    """It names what was installed, each with the version that is pinned, and us; the pins have hashes, and no address."""
    bill = json.loads((release / "sbom.cdx.json").read_text(encoding="utf-8"))
    made_of = {each["name"].lower().replace("_", "-"): each["version"] for each in bill["components"]}
    requirements = (release / "requirements.txt").read_text(encoding="utf-8")

    assert "CycloneDX" == bill["bomFormat"]
    assert pinned(release) == {name: version for name, version in made_of.items() if name != "bounced-daemon"}
    assert "bounced-daemon" in made_of
    assert "://" not in requirements
    assert [] == [line for line in requirements.splitlines() if line.startswith("-")]
    assert len(pinned(release)) <= requirements.count("--hash=sha256:")


def look_at_sums(release):
    """Each file has the sum that stands beside its name."""
    for line in (release / "SHA256SUMS").read_text(encoding="ascii").splitlines():
        digest, name = line.split()
        assert hashlib.sha256((release / name).read_bytes()).hexdigest() == digest, name


async def run_it(folder):
    """Installed alone, it takes a bounce, decides it by the shipped rules, and shows its page: nothing was left out of the wheel."""

    def fetch(place):
        with urllib.request.urlopen(f"http://{place}", timeout=10) as answer:
            return answer.read().decode()

    async with serve(folder, program=[str(CLEAN / "bounced"), "serve"]) as daemon:
        await daemon.send(bounce(1))
        done = await daemon.logged("arrival.done")
        pages = [await asyncio.to_thread(fetch, f"{daemon.admin}{path}") for path in ("/", "/page.css")]

    assert done["decisions"] == {"suppress.invalid-recipient": 1}
    assert "Takes mail" in pages[0]
    assert "font" in pages[1]
