"""The man page, written from the commands' own help (man(7))."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from bounced import cli

PAGE = Path(__file__).parents[1] / "deploy" / "man" / "bounced.1"
_EXIT_CODES = Path(__file__).parents[1] / "docs" / "exit-codes.md"

_HEAD = """.\\" Made from the commands' help by `make reference`.
.TH BOUNCED 1 "" "bounced" "User Commands"
.SH NAME
bounced \\- receive bounces by SMTP, judge each recipient retry or suppress, say why, publish the decision
.SH SYNOPSIS
.B bounced
.I COMMAND
.RI [ OPTION ]...
.RI [ ARGUMENT ]...
.SH DESCRIPTION
.B bounced serve
is the daemon; the other commands look at what it keeps, change it, or do its work on files. It is configured by
.I /etc/bounced/bounced.toml
and by variables of the environment, BOUNCED_<TABLE>__<KEY>.
.SH COMMANDS
"""
_TAIL = """.SH ENVIRONMENT
.TP
.B BOUNCED_CONFIG
The configuration file, where none is named by \\-\\-config.
.TP
.BI BOUNCED_ TABLE __ KEY
A setting; it goes before that of the file.
.SH FILES
.TP
.I /etc/bounced/bounced.toml
The settings. config/bounced.toml in the sources explains each.
.TP
.I /var/lib/bounced
The journal, the history and the embedded queue, unless journal.folder says otherwise.
.SH EXIT STATUS
"""


def page() -> str:
    """Write the page."""
    return "".join((_HEAD, *_commands(), _TAIL, *_exit_codes()))


def _commands() -> Iterator[str]:
    group = cli._bounced
    with group.make_context("bounced", [], resilient_parsing=True) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield from _command(command, f"bounced {name}")


def _command(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for sub, each in sorted(command.commands.items()):
            yield from _command(each, f"{name} {sub}")
        return
    arguments = " ".join(each.make_metavar(click.Context(command)) for each in command.params if isinstance(each, click.Argument))
    yield f".SS {_roff(name)} {_roff(arguments)}".rstrip() + f"\n{_roff(' '.join((command.help or '').split()))}\n"
    for each in command.params:
        if isinstance(each, click.Option):
            names, said = each.get_help_record(click.Context(command)) or ("", "")
            yield f".TP\n.B {_roff(names)}\n{_roff(' '.join(said.split()))}\n"


def _exit_codes() -> Iterator[str]:
    for code, meaning in re.findall(r"^\| (\d+) \| ([^|]*?) \|", _EXIT_CODES.read_text(encoding="utf-8"), re.MULTILINE):
        yield f".TP\n.B {code}\n{_roff(meaning)}\n"


def _roff(text: str) -> str:
    """Write *text* so that nothing in it is a request of roff's."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    return f"\\&{escaped}" if escaped[:1] in {".", "'"} else escaped
