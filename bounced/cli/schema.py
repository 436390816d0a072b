"""`bounced schema`: print the JSON Schema of the event, as the package ships it."""

import json

import click

from bounced.publish import event


@click.command("schema")
def command() -> None:
    """Print the JSON Schema (2020-12) of the events that are published."""
    click.echo(json.dumps(event.schema(), indent=2))
