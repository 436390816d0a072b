"""The command line: one file a command; an error of ours ends with its message and its exit code.

Exit codes are those of sysexits.h: 0 done, 1 not found or not as asked, 64 wrong usage, 65 bad data, 66 no input,
69 a service is away, 70 an error of ours, 71 an operating system error, 74 input or output, 75 try later, 78 configuration.
"""

import importlib
import os
import select
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
    "forget": "bounced.cli.forget",
    "ingest": "bounced.cli.ingest",
    "keys": "bounced.cli.keys",
    "list": "bounced.cli.suppressions",
    "parse": "bounced.cli.parse",
    "queue": "bounced.cli.queue",
    "replay": "bounced.cli.replay",
    "restore": "bounced.cli.restore",
    "return-path": "bounced.cli.return_path",
    "rules": "bounced.cli.rules",
    "schema": "bounced.cli.schema",
    "serve": "bounced.cli.serve",
    "sign": "bounced.cli.sign",
    "simulate": "bounced.cli.simulate",
    "status": "bounced.cli.status",
    "storm": "bounced.cli.storm",
    "tokens": "bounced.cli.tokens",
    "unread": "bounced.cli.unread",
}
_USAGE = 64
#: Characters of a sentence; none is as long.
_WHOLE = 1000


class Commands(click.Group):
    """A group whose help says of each command the whole first sentence, folded, where click would cut it at the line's end."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands, in the group's order."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(_WHOLE)) for name, command in commands if command])


class _Lazy(Commands):
    """A group that imports a command only when it is called, so that `bounced codes` needs no broker library."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 click's signature
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = importlib.import_module(module).command
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; when its reader goes away (`bounced parse … | head`) it has had enough, and that is no failure."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            if not _is_reader_gone():
                raise
            leave_reader()
            return 0
        return result


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
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


def _is_reader_gone() -> bool:
    """Tell whether it is standard output that nobody reads, and not the log, say (poll(2): POLLERR where a pipe's reader is gone)."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def leave_reader() -> None:
    """Give up standard output, whose reader is gone: Python would flush what is left to him, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


#: The `--config` option that commands share.
config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="BOUNCED_CONFIG",
    help="The configuration file (default: /etc/bounced/bounced.toml, if it is there).",
)
