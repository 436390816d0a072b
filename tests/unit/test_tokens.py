"""The file of tokens: made and read; none is found by anything but itself, and none stands in the file."""

import pytest
from click.testing import CliRunner

from bounced.admin.api.access import ANYBODY, Access
from bounced.cli.tokens import command
from bounced.errors import ConfigInvalid
from bounced.tokens import Role, add, digest, find, read_tokens

LINE = f"crm read - {'ab' * 32}\n"


def test_add(tmp_path):
    """A file has a line for each token, for its user alone, without the tokens; each is found with its role and stream."""
    path = tmp_path / "tokens"
    made = [add(path, "crm", Role.READ, None), add(path, "mta", Role.WRITE, "news")]
    tokens = read_tokens(path)

    assert 0o600 == path.stat().st_mode & 0o777
    assert [("crm", Role.READ, None), ("mta", Role.WRITE, "news")] == [(each.name, each.role, each.stream) for each in tokens]
    assert ["crm", "mta"] == [find(tokens, token).name for token in made]
    assert not any(token in path.read_text() for token in made)
    with pytest.raises(ConfigInvalid, match="a token called crm already"):
        add(path, "crm", Role.ADMIN, None)


@pytest.mark.parametrize("given", ["", "x", "crm", "ab" * 32, "\udcff"])
def test_nobodys(tmp_path, given):
    """What is no token is nobody's: not its name, not its digest, not a part of it."""
    path = tmp_path / "tokens"
    made = add(path, "crm", Role.READ, None)
    tokens = read_tokens(path)

    assert find(tokens, given) is None
    assert find(tokens, made[:-1]) is None
    assert find(tokens, digest(made).hex()) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("crm read -\n", "token 1: want NAME ROLE STREAM SHA256"),
        (f"crm root - {'ab' * 32}\n", "token 1: want NAME ROLE STREAM SHA256"),
        (f"crm read - {'xy' * 32}\n", "token 1: want NAME ROLE STREAM SHA256"),
        (f"crm read - {'ab' * 31}\n", "token 1: want a name of its own"),
        (f"crm read News {'ab' * 32}\n", "token 1: want a name of its own"),
        (LINE + LINE, "token 2: want a name of its own"),
        ("ü" + LINE, "it is no file of tokens"),
    ],
)
def test_malformed(tmp_path, text, reason):
    """What is wrong in a file is said with its place."""
    path = tmp_path / "tokens"
    path.write_text(text)

    with pytest.raises(ConfigInvalid, match=reason):
        read_tokens(path)


@pytest.mark.parametrize(("name", "stream"), [("", None), ("a b", None), ("crm", "No Stream"), ("crm", "-a")])
def test_bad_names(tmp_path, name, stream):
    """A name or stream that would not be read back is not written."""
    with pytest.raises(ConfigInvalid):
        add(tmp_path / "tokens", name, Role.READ, stream)

    assert not (tmp_path / "tokens").exists()


def test_roles():
    """Each role may do what those before it may."""
    assert [(True, True, True), (False, True, True), (False, False, True)] == [tuple(role.may(wanted) for role in Role) for wanted in Role]


def test_access(tmp_path):
    """The token of the environment is an admin's; the scheme's name is in any case; open, anybody may do anything."""
    path = tmp_path / "tokens"
    made = add(path, "crm", Role.READ, None)
    access = Access(read_tokens(path), single="s" * 20)

    assert ["crm", "crm", "environment"] == [access.who(each).name for each in (f"Bearer {made}", f"bearer  {made} ", f"BEARER {'s' * 20}")]
    assert [None] * 4 == [access.who(each) for each in ("", made, f"Basic {made}", "Bearer ")]
    assert [None, ANYBODY] == [Access([]).who("Bearer "), Access([], is_open=True).who("")]


def test_command(tmp_path):
    """`bounced tokens new` prints the token alone on standard output."""
    path = tmp_path / "tokens"
    done = CliRunner().invoke(command, ["new", str(path), "crm", "--role", "write", "--stream", "news"])
    (token,) = read_tokens(path)

    assert token == find([token], done.stdout.strip())
    assert (Role.WRITE, "news") == (token.role, token.stream)
