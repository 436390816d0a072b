"""`bounced sign`: a signed return path for one recipient, for scripts and for trying it out. Senders in bulk sign by themselves."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bounced import config, return_path
from bounced.cli import config_option
from bounced.cli.signing import needed_paths


@click.command
@click.argument("recipient")
@click.option("--reference", default="", help="Your own reference: a UUID, or up to 16 ASCII characters; events bear it.")
@click.option("--domain", help="The domain of the return path (default: the first domain of smtp.accept).")
@config_option
def command(recipient: str, reference: str, domain: str | None, config_path: Path | None) -> None:
    """Print the return path (MAIL FROM) for a message to RECIPIENT."""
    settings = config.load(config_path)
    paths = needed_paths(settings)
    domain = domain or next((entry.rpartition("@")[2] for entry in settings.smtp.accept), None)
    if domain is None:
        raise click.UsageError("name the --domain of the return path, or set smtp.accept")
    try:
        click.echo(return_path.sign(recipient, domain, paths.keys, datetime.now(UTC), reference=reference, prefix=paths.prefix))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
