"""`bounced serve`: run the daemon."""

from pathlib import Path

import click

from bounced import config, service
from bounced.cli import config_option


@click.command
@config_option
def command(config_path: Path | None) -> int:
    """Receive bounces until a signal ends it (SIGTERM or SIGINT: what was accepted stays in the journal)."""
    return service.run(config.load(config_path), load=lambda: config.load(config_path))
