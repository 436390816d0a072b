"""The category that a command's argument names, as `bounced rules` takes it."""

from collections.abc import Mapping

import click

from bounced.classify.category import Category


def category_named(name: str | None, categories: Mapping[str, Category]) -> Category:
    """Return the category of this *name*.

    Raises:
        click.UsageError: there is none, or no name; the message lists them all.
    """
    if name is not None and name in categories:
        return categories[name]
    complaint = "name the category of the text with --category" if name is None else f"there is no category {name!r}"
    raise click.UsageError(f"{complaint}; there are {', '.join(sorted(categories))}")
