"""Writes docs/reference.md from the code, so that it can't say anything else: `python -m tests.reference` (`make reference`)."""

from collections.abc import Iterator
from pathlib import Path

from bounced.health import Cause
from bounced.log import EVENTS
from bounced.metrics import METRICS

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"

_HEAD = """# What the daemon says

Made from the code by `make reference`; a test says when it is out of date.

## Metrics

`GET /metrics` on `admin.listen`, in Prometheus's text format. Those of several workers are added up. A number that can't be told just
now is left out. Which ones to watch stands in [guarantees.md](guarantees.md#the-metrics-to-watch).

| metric | kind | meaning | labels |
|---|---|---|---|
"""
_LOG = """
## Log events

Every line of the log has one of these as `event`. *info*: done. *warning*: will be tried again. *error*: a person should look.

| event | meaning |
|---|---|
"""


def page() -> str:
    """Write the page."""
    return "".join((_HEAD, *_metrics(), _LOG, *(f"| `{name}` | {meaning} |\n" for name, meaning in EVENTS.items())))


def _metrics() -> Iterator[str]:
    for metric in METRICS:
        values = (
            "the causes of [guarantees.md](guarantees.md#what-the-node-says)" if metric.values == tuple(Cause) else ", ".join(metric.values)
        )
        yield f"| `{metric.name}` | {metric.kind} | {metric.meaning} | {f'`{metric.label}`: {values}' if metric.label else ''} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
