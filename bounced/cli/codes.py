"""`bounced codes`: what a reply code or an enhanced status code means, whose fault it is, what to do.

Answers from the packaged tables alone; nothing is judged, no configuration is read. A table on a terminal, plain lines
to a pipe.
"""

import sys

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bounced.classify import Classifier, Explanation, Reading, explain
from bounced.classify.explain import rows


@click.command("codes")
@click.argument("codes", nargs=-1)
def command(codes: tuple[str, ...]) -> None:
    """Explain reply codes (452) and enhanced status codes (5.2.2, x.2.2, 5.7.606-649).

    Without arguments every code that a table has is listed.
    """
    classifier = Classifier.load()
    try:
        explanations = [explain(code, classifier.codes, classifier.categories) for code in codes or listed(classifier)]
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if sys.stdout.isatty():
        show = _show_table if not codes else _show_page
        show(Console(), explanations)
    else:
        click.echo("\n".join(_summarise(one) for one in explanations) if not codes else "\n\n".join(_write(one) for one in explanations))


def listed(classifier: Classifier) -> list[str]:
    """List every code that a table has, as it is written there."""
    return [code for code, _ in rows(classifier.codes)]


def _write(explanation: Explanation) -> str:
    """Write *explanation* as plain lines, `name: value`."""
    lines = [explanation.code if explanation.is_listed else f"{explanation.code} (in no table)"]
    for reading in explanation.readings:
        lines += [f"  {reading.when}: {reading.meaning}", *(f"    {name}: {value}" for name, value in _facts(reading))]
    if explanation.alternatives:
        lines.append(f"  also used for this: {', '.join(explanation.alternatives)}")
    return "\n".join(lines)


def _summarise(explanation: Explanation) -> str:
    """Write *explanation* as one line with tabs: code, category, disposition, meaning of its first reading."""
    first = explanation.readings[0]
    return "\t".join([explanation.code, first.category or "delivery", first.disposition, first.meaning])


def _facts(reading: Reading) -> list[tuple[str, str]]:
    facts = [
        ("category", reading.category or "delivery"),
        ("fault", reading.fault or "nobody's"),
        ("disposition", reading.disposition),
        ("remedy", reading.remedy),
        ("caution", reading.caution),
    ]
    return [(name, str(value)) for name, value in facts if value]


def _show_page(console: Console, explanations: list[Explanation]) -> None:
    for explanation in explanations:
        console.print(Text(explanation.code, style="bold") + Text("" if explanation.is_listed else "  in no table", style="dim"))
        for reading in explanation.readings:
            grid = Table.grid(padding=(0, 2))
            grid.add_column(style="dim")
            grid.add_column(overflow="fold")
            grid.add_row(reading.when, Text(reading.meaning, style="bold"))
            for name, value in _facts(reading):
                grid.add_row(name, Text(value, style=_style(name, value)))
            console.print(grid)
        if explanation.alternatives:
            console.print(Text(f"also used for this: {', '.join(explanation.alternatives)}", style="dim"))
        console.print()


def _show_table(console: Console, explanations: list[Explanation]) -> None:
    table = Table("code", "category", "disposition", "meaning")
    for explanation in explanations:
        first = explanation.readings[0]
        disposition = Text(first.disposition, style=_style("disposition", first.disposition))
        table.add_row(explanation.code, first.category, disposition, Text(first.meaning))
    console.print(table)


def _style(name: str, value: str) -> str:
    return {"suppress": "red", "retry": "yellow", "none": "green"}.get(value, "") if name == "disposition" else ""
