"""`bounced schema`: print the JSON Schema of the event, as the package ships it."""

import json

import click

from bounced.publish import event


@click.command("schema")
@click.argument("kind", type=click.Choice(["bounce", "storm"]), default="bounce")
def command(kind: str) -> None:
    """Print the JSON Schema (2020-12) of the events that are published: decisions, or KIND "storm"."""
    click.echo(json.dumps(event.schema() if kind == "bounce" else event.storm_schema(), indent=2))
