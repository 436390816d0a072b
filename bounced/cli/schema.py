"""`bounced schema`: print the JSON Schema of the events, or the AsyncAPI document of all that goes over the broker."""

import json
from collections.abc import Callable
from typing import Any

import click

from bounced.publish import event, notice


def _asyncapi() -> dict[str, Any]:
    from bounced.service.asyncapi import document  # noqa: PLC0415 the others need no library of the API's

    return document()


_SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "bounce": event.schema,
    "storm": notice.storm_schema,
    "list": notice.list_schema,
    "asyncapi": _asyncapi,
}


@click.command("schema")
@click.argument("kind", type=click.Choice(list(_SCHEMAS)), default="bounce")
def command(kind: str) -> None:
    """Print the JSON Schema (2020-12) of the events that are published: decisions, or those of KIND "storm" or "list".

    "asyncapi": the AsyncAPI 3.0 document of the exchanges and queues.
    """
    click.echo(json.dumps(_SCHEMAS[kind](), indent=2))
