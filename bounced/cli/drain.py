"""`bounced drain`: empty a node that is to go."""

import sys
from pathlib import Path

import click

from bounced import config
from bounced.cli import config_option
from bounced.service.draining import drain

#: sysexits.h: try later.
_NOT_YET = 75


@click.command
@config_option
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), default=300.0, show_default=True, help="How long to try.")
def command(config_path: Path | None, seconds: float) -> int:
    """Judge and publish all that waits, and take no mail; stop the daemon before. Exit code 75: not all of it went."""
    arrivals = drain(config.load(config_path), seconds).arrivals
    if held := arrivals.unread + arrivals.aside:
        click.echo(f"{held} messages wait for a person: see `bounced unread`", err=True)
    if left := arrivals.waiting + arrivals.decided:
        click.echo(f"{left} messages are left: {arrivals.waiting} to be judged, {arrivals.decided} to be published", err=True)
        return _NOT_YET
    click.echo("Nothing is left to publish.", file=sys.stdout)
    return 0
