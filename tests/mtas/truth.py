"""What is true of a report, from the table and from what is known of its server: written beside it, never read out of it.

The message itself is asked one thing only: which of several recipients of one scenario it names.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from tests.mtas.message import FIRST_LINE
from tests.mtas.scenario import Scenario, To, load
from tests.mtas.server import MailServer

_GRAVEST_FIRST = ("bounce", "delay", "delivery")
_ACTIONS = {"bounce": "failed", "delay": "delayed", "delivery": "delivered"}


def describe(server: MailServer, version: str, scenario: Scenario, message: bytes, made: date) -> str:
    """Return the TOML that goes beside *message*."""
    recipients = named(scenario, message)
    kind = min((server.difference(scenario, to).kind or to.kind for to in recipients), key=_GRAVEST_FIRST.index)
    head = {"scenario": scenario.name, "server": version, "made": made, "kind": kind}
    blocks = [_lines(head)]
    blocks += ["[[recipient]]\n" + _lines(_recipient(server, scenario, to)) for to in recipients]
    return "\n".join(blocks)


def describe_again(corpus: Path, servers: Mapping[str, type[MailServer]]) -> None:
    """Write what is true of all reports in *corpus* anew, after a correction of the table or of a server's differences."""
    scenarios = {scenario.name: scenario for scenario in load().scenario}
    for file in sorted(corpus.glob("*/*.toml")):
        old = tomllib.loads(file.read_text(encoding="utf-8"))
        scenario = scenarios[old["scenario"]]
        server = servers[file.parent.name](wait=scenario.wait)
        file.write_text(describe(server, old["server"], scenario, file.with_suffix(".eml").read_bytes(), old["made"]), encoding="utf-8")


def named(scenario: Scenario, message: bytes) -> list[To]:
    """Return the recipients of *scenario* whom the report names, ahead of the message that it returns."""
    reported = [to for to in scenario.to if to.kind != "none"]
    if len(reported) == 1:
        return reported
    before = message.partition(FIRST_LINE)[0]
    return [to for to in reported if to.address.encode() in before]


def _recipient(server: MailServer, scenario: Scenario, to: To) -> dict[str, object]:
    differs = server.difference(scenario, to)
    kind = differs.kind or to.kind
    said = scenario.reply_of(to)
    reply = differs.reply or (None if differs.drops_reply else to.reply or (int(said[:3]) if said else None))
    truth: dict[str, object] = {"address": to.mailed}
    if to.final or to.original:
        truth["final"] = to.final or to.address
    truth["action"] = differs.action or to.action or _ACTIONS[kind]
    truth["status"] = list(server.status(scenario, to) if differs.status is None else differs.status)
    if reply and to.kind != "delivery":
        truth["reply"] = reply
    if to.kind != "delivery":
        truth["category"] = differs.category or to.category
    truth["disposition"] = differs.disposition or to.disposition
    if differs.why:
        truth["note"] = differs.why
    return truth


def _lines(table: dict[str, object]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: object) -> str:
    match value:
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case _:
            return str(value)
