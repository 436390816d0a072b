"""What all commands share: a help that is not cut, and a reader who may go away."""

import subprocess
import sys
from importlib.resources import files

import click
import pytest
from click.testing import CliRunner

from bounced import cli

SAMPLES = str(files("bounced").joinpath("samples"))


@pytest.mark.parametrize("group", [(), ("rules",), ("queue",)])
def test_help_is_whole(group):
    """The table of commands cuts no sentence."""
    output = CliRunner().invoke(cli._bounced, [*group, "--help"], env={"COLUMNS": "80"}).output
    table = output.partition("Commands:\n")[2]

    assert table
    assert "..." not in table


@pytest.mark.parametrize(
    "arguments",
    [("parse", SAMPLES), ("parse", "--jsonl", *[SAMPLES] * 9), ("rules", "list"), ("explain", f"{SAMPLES}/01-unknown-user.eml")],
)
def test_reader_gone(arguments):
    """A reader who has had enough (`| head`) is no failure, and nothing is said about it."""
    with subprocess.Popen([sys.executable, "-m", "bounced", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        complaints = process.stderr.read().decode()

    assert (0, "") == (
        process.returncode,
        complaints.replace("Judged as if believed; the daemon withholds a suppression when a stranger reports.\n", ""),
    )


def test_parse_to_a_pipe():
    """A reason stands on one line, however long; that it was judged as if believed is said beside."""
    result = CliRunner().invoke(cli._bounced, ["parse", f"{SAMPLES}/13-stranger.eml"], env={"BOUNCED_CONFIG": None})

    assert 3 == result.stdout.count("\n")
    assert result.stderr.startswith("Judged as if believed")


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_config_for_all(name):
    """Whatever command takes a configuration takes it from BOUNCED_CONFIG too."""
    with click.Context(cli._bounced) as context:
        command = cli._bounced.get_command(context, name)
    leaves = command.commands.values() if isinstance(command, click.Group) else [command]
    variables = [option.envvar for leaf in leaves for option in leaf.params if "--config" in option.opts]

    assert [] == [variable for variable in variables if variable != "BOUNCED_CONFIG"]
