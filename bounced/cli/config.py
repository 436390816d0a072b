"""`bounced config`: check the settings, or show them all as they are in force."""

import re
from pathlib import Path

import click
import msgspec

from bounced import config, service
from bounced.cli import config_option

#: Settings that are a secret as a whole.
_SECRETS = {("api", "token")}
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^@/]*@")


@click.group
def command() -> None:
    """Check or show the configuration."""


@command.command
@config_option
def check(config_path: Path | None) -> None:
    """Say whether the daemon could start with these settings, as this user; exit code 78 and the reason if not."""
    settings = config.load(config_path)
    service.check(settings)
    for caution in service.cautions(settings):
        click.echo(f"Take care: {caution}", err=True)
    click.echo(f"The configuration is good: {', '.join(settings.smtp.listen)} to {_hide(settings.sink.urls[0])}")


@command.command
@config_option
def show(config_path: Path | None) -> None:
    """Print every setting as it is in force, as TOML; passwords are left out."""
    for table, settings in msgspec.to_builtins(config.load(config_path)).items():
        click.echo(f"[{table}]")
        for key, value in settings.items():
            click.echo(f"{key} = {_toml('***' if value and (table, key) in _SECRETS else value)}")
        click.echo()


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    text = msgspec.json.encode(value).decode()  # JSON's strings, numbers and booleans are TOML's too
    return _hide(text)


def _hide(text: str) -> str:
    return _PASSWORD.sub(r"\1:***@", text)
