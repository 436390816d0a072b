"""The shipped units are ones that systemd understands, and give the daemon little to do harm with."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
#: systemd's own measure of exposure, from 0 to 10; "OK" is below 3.
MOST_EXPOSED = 2.0


@pytest.fixture
def units(tmp_path: Path) -> list[str]:
    """Give copies of the units whose program is there."""
    if shutil.which("systemd-analyze") is None:
        pytest.fail("this test needs systemd-analyze: apt-get install systemd")
    copies = [tmp_path / path.name for path in sorted(UNITS.iterdir())]
    for path, copy in zip(sorted(UNITS.iterdir()), copies, strict=True):
        copy.write_text(path.read_text().replace("/opt/bounced/bin/bounced", "/bin/true"))
    return [str(copy) for copy in copies]


def analyze(*arguments: str) -> str:
    """Run systemd-analyze; give all that it says."""
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def test_units_are_understood(units):
    """systemd-analyze finds nothing to say about the units."""
    said = [line for line in analyze("verify", "--man=no", *units).splitlines() if "bounced" in line]

    assert ["bounced.service", "bounced.socket"] == [Path(unit).name for unit in units]
    assert [] == said


def test_service_is_confined(units):
    """systemd-analyze rates the service's exposure low."""
    said = analyze("security", "--offline=true", units[0])
    level = re.search(r"exposure level for bounced.service: (\d+\.\d+)", said)

    assert level, said
    assert float(level[1]) < MOST_EXPOSED
