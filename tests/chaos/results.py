"""What came of the parts, added up."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_NUMBERS = ("acknowledged", "lost", "doubled_by_id", "doubled_by_reader", "seconds")
#: In good order; by SIGKILL; by a SIGTERM that came before it was listening.
_ENDS = {"0", "-9", "-15"}
#: Started while the disk was full to its last octet, it could not open its journal; systemd starts it again (docs/exit-codes.md).
_ENDS_ON_A_FULL_DISK = _ENDS | {"74"}


def is_good(part: dict[str, Any]) -> bool:
    """Whether *part* kept every promise: also that no client is refused for good or left waiting, and no daemon dies of itself."""
    is_refused = any(code.startswith("5") for code in part["load"])
    ends = _ENDS_ON_A_FULL_DISK if part["faults"].get("disk-full") else _ENDS
    has_died = any(status not in ends for status in (*part["daemon_ends"], *part["worker_ends"]))
    wrong = part["lost"] + part["doubled_by_id"] + part["doubled_by_reader"] + part["load"].get("silence", 0)
    return part["balanced"] and not wrong and not is_refused and not has_died


def total(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Add up *parts*."""
    parts = list(parts)
    sums: dict[str, Any] = {name: sum(part[name] for part in parts) for name in _NUMBERS}
    for name in ("faults", "not_made", "load", "wire", "daemon_ends", "worker_ends"):
        counter: Counter[str] = Counter()
        for part in parts:
            counter.update(part[name])
        sums[name] = dict(sorted(counter.items()))
    sums["parts"] = len(parts)
    sums["faults_made"] = sum(sums["faults"].values())
    sums["cut_at"] = sorted({method for part in parts for method in part["cut_at"]})
    sums["balanced"] = all(part["balanced"] for part in parts)
    sums["good"] = all(is_good(part) for part in parts)
    return sums


def read(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Read files of results, a JSON object a line."""
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
