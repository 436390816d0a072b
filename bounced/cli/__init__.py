"""The command line: one file a command; an error of ours ends with its message and its exit code.

Exit codes are those of sysexits.h: 0 done, 1 not found or not as asked, 64 wrong usage, 65 bad data, 66 no input,
69 a service is away, 70 an error of ours, 71 an operating system error, 74 input or output, 75 try later, 78 configuration.
"""

import importlib
import signal
import sys
from pathlib import Path

import click

from bounced.errors import BouncedError

#: Each command's module; its `command` is loaded when it is called for.
COMMANDS = {
    "backup": "bounced.cli.backup",
    "codes": "bounced.cli.codes",
    "config": "bounced.cli.config",
    "consume": "bounced.cli.consume",
    "demo": "bounced.cli.demo",
    "drain": "bounced.cli.drain",
    "explain": "bounced.cli.explain",
    "parse": "bounced.cli.parse",
    "queue": "bounced.cli.queue",
    "replay": "bounced.cli.replay",
    "restore": "bounced.cli.restore",
    "rules": "bounced.cli.rules",
    "schema": "bounced.cli.schema",
    "serve": "bounced.cli.serve",
    "status": "bounced.cli.status",
    "unread": "bounced.cli.unread",
}
_USAGE = 64


class _Commands(click.Group):
    """A group that imports a command only when it is called, so that `bounced codes` needs no broker library."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 click's signature
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = importlib.import_module(module).command
        return command if isinstance(command, click.Command) else None


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bounced-daemon", prog_name="bounced")
def _bounced() -> None:
    """Receive bounces, judge each recipient retry or suppress, say why, and publish the decision."""


def main() -> None:
    """Run the command that the arguments name; ends the process."""
    try:
        code = _bounced.main(standalone_mode=False)
    except click.UsageError as error:
        error.show()
        sys.exit(_USAGE)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(128 + signal.SIGINT)
    except BouncedError as error:
        click.echo(f"bounced: {error}", err=True)
        sys.exit(error.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


#: The `--config` option that commands share.
config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="BOUNCED_CONFIG",
    help="The configuration file (default: /etc/bounced/bounced.toml, if it is there).",
)
