"""Writes docs/reference.md and the man page from the code, so that they can't say anything else (`make reference`)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bounced.health import Cause
from bounced.log import EVENTS
from bounced.metrics import METRICS
from bounced.publish import event
from tests import manual

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


_FIELDS = """
## Fields of an event

What consumers get of a decision (`bounced schema` prints it as JSON Schema); those of storms and of list changes have the same frame and
a `data` of their own (`bounced schema` with `storm` or `list`). A field may be added in a minor release; consumers ignore what they
don't know.

| field | type |
|---|---|
"""


def page() -> str:
    """Write the page."""
    log = (f"| `{name}` | {meaning} |\n" for name, meaning in EVENTS.items())
    schema = event.schema()
    return "".join((_HEAD, *_metrics(), _LOG, *log, _FIELDS, *_fields(schema, schema, "")))


def _fields(schema: dict[str, Any], whole: dict[str, Any], path: str) -> Iterator[str]:
    """Go through the fields of an object, and of the objects in it."""
    for name, of in schema["properties"].items():
        kinds = [_followed(each, whole) for each in of.get("anyOf", [of])]
        within = next((each for each in kinds if "properties" in each), None)
        of_list = [_followed(each["items"], whole) for each in kinds if "items" in each]
        shown = " or ".join(_kind(each) for each in kinds)
        yield f"| `{path}{name}` | {shown} |\n"
        for each in [within, *(item for item in of_list if "properties" in item)]:
            if each is not None:
                yield from _fields(each, whole, f"{path}{name}{'[]' if of_list else ''}.")


def _followed(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = whole["$defs"][name] if name else schema
    return found


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(f"`{each}`" for each in schema["enum"])
    kind = schema.get("format") or schema.get("type", "anything")
    examples = ", ".join(f"`{each}`" for each in schema.get("examples", ()))
    return f"{kind} ({examples})" if examples else str(kind)


def _metrics() -> Iterator[str]:
    for metric in METRICS:
        values = (
            "the causes of [guarantees.md](guarantees.md#what-the-node-says)" if metric.values == tuple(Cause) else ", ".join(metric.values)
        )
        yield f"| `{metric.name}` | {metric.kind} | {metric.meaning} | {f'`{metric.label}`: {values}' if metric.label else ''} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    manual.PAGE.write_text(manual.page(), encoding="utf-8")
