"""`bounced rules list`: the rules in the order in which they are tried. A table on a terminal, tabs to a pipe."""

from pathlib import Path

import click

from bounced.classify import Classifier
from bounced.classify.pack import Rule
from bounced.cli import config_option
from bounced.cli.rules.named import category_named
from bounced.cli.screen import show_rows
from bounced.cli.site_rules import rules_option, site_rules

_COLUMNS = ("id", "category", "disposition", "fault", "receiver", "words")


@click.command("list")
@click.option("--category", help="Only the rules of this category.")
@click.option("--receiver", help="Only the rules for this receiver: those that ask for it, and its own pack.")
@rules_option
@config_option
def command(category: str | None, receiver: str | None, folder: Path | None, config_path: Path | None) -> None:
    """List the rules in the order in which they are tried."""
    classifier = Classifier.load(site_rules(folder, config_path))
    if category is not None:
        category_named(category, classifier.categories)
    rows = [
        _row(classifier, rule)
        for rule in classifier.rules
        if category in {None, rule.category} and (receiver is None or receiver in _receivers(rule))
    ]
    if not rows:
        click.echo(
            f"No rule is{f' of the category {category}' if category else ''}{f' for the receiver {receiver!r}' if receiver else ''}",
            err=True,
        )
        return
    show_rows(_COLUMNS, rows)


def _row(classifier: Classifier, rule: Rule) -> tuple[str, ...]:
    row = classifier.categories[rule.category]
    return rule.id, row.name, row.disposition, row.fault, ", ".join(rule.when.receiver), " | ".join(rule.phrases) or rule.pattern


def _receivers(rule: Rule) -> tuple[str, ...]:
    return (*rule.when.receiver, rule.id.partition(".")[0])
