"""The alerts for Prometheus: each fires and clears in Prometheus' own tests, says what to do, and asks for metrics that there are."""

import re
import shutil
import subprocess
from pathlib import Path

from bounced.metrics import METRICS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
RULES = (FOLDER / "bounced.rules.yml").read_text(encoding="utf-8")
ALERTS = re.findall(r"- alert: (\w+)", RULES)


def promtool(*arguments):
    """Run promtool on the rules; give what it said."""
    program = shutil.which("promtool")
    assert program, "promtool is missing: apt-get install prometheus"
    done = subprocess.run([program, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def test_rules():
    """Prometheus takes the rules, and each alert fires and clears as its tests say."""
    assert f"{len(ALERTS)} rules found" in promtool("check", "rules", "bounced.rules.yml")
    assert "SUCCESS" in promtool("test", "rules", "bounced.test.yml")


def test_each():
    """Each alert is seen firing and not firing, and has a section that says what to do, in the rules' order."""
    cases = re.findall(r"alertname: (\w+)(, exp_alerts: \[\])?", (FOLDER / "bounced.test.yml").read_text(encoding="utf-8"))
    sections = re.findall(r"^## (\w+)\n\n\*(\w+)\.\*", (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert {(name, fires) for name in ALERTS for fires in (True, False)} == {(name, not quiet) for name, quiet in cases}
    assert list(zip(ALERTS, re.findall(r"labels: \{severity: (\w+)", RULES), strict=True)) == sections


def test_metrics():
    """They ask for metrics that the daemon has, with labels that these have."""
    known = {metric.name: metric for metric in METRICS}
    asked = re.findall(r"(bounced_\w+)(?:\{(\w+)=\"(\w+)\"\})?", "\n".join(re.findall(r"expr: (.*)", RULES)))

    assert {name for name, _, _ in asked} <= set(known)
    assert [] == [
        (name, value) for name, label, value in asked if label and (label != known[name].label or value not in known[name].values)
    ]
