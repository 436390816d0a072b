"""`bounced schema`: print the JSON Schema of the event, as the package ships it."""

import json

import click

from bounced.publish import event, notice

_SCHEMAS = {"bounce": event.schema, "storm": notice.storm_schema, "list": notice.list_schema}


@click.command("schema")
@click.argument("kind", type=click.Choice(list(_SCHEMAS)), default="bounce")
def command(kind: str) -> None:
    """Print the JSON Schema (2020-12) of the events that are published: decisions, or those of KIND "storm" or "list"."""
    click.echo(json.dumps(_SCHEMAS[kind](), indent=2))
