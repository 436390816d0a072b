"""`bounced config check`: what it finds that loading alone does not."""

import pytest
from click.testing import CliRunner

from bounced.cli.config import command
from bounced.errors import ConfigInvalid

TRUSTED = "[trust]\npeers = ['192.0.2.1']\nreporters = ['mail.example.net']\n"
UNSET = "Take care: no report can suppress anything: set "
OR_SIGN = ", or sign your return paths (trust.return_path_keys)"
SHADOW = 'Take care: policy.mode is "shadow": all is decided and published, and what would suppress is published as retry'


def check(folder, toml):
    """Check *toml* as the file `bounced.toml` in *folder*."""
    (folder / "bounced.toml").write_text(toml)
    return CliRunner().invoke(command, ["check", "--config", str(folder / "bounced.toml")], catch_exceptions=False)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (TRUSTED, []),
        ("[trust]\nbelieve = 'everyone'", []),
        ("", [f"{UNSET}trust.peers and trust.reporters{OR_SIGN}"]),
        ("[trust]\npeers = ['192.0.2.1']", [f"{UNSET}trust.reporters{OR_SIGN}"]),
        (f"{TRUSTED}[policy]\nmode = 'shadow'", [SHADOW]),
        (
            f"{TRUSTED}[admin]\nlisten = '0.0.0.0:8025'",
            ["Take care: admin.listen: other machines can reach 0.0.0.0:8025, and its pages ask for no password"],
        ),
        (f"{TRUSTED}[admin]\nlisten = ''", []),
    ],
)
def test_cautions(tmp_path, toml, said):
    """What is allowed and unwise is said on standard error, and the check still ends well; nothing is made."""
    done = check(tmp_path, f"{toml}\n[journal]\nfolder = 'journal'")

    assert (0, said) == (done.exit_code, done.stderr.splitlines())
    assert not (tmp_path / "journal").exists()


def test_folder_is_a_file(tmp_path):
    """A journal.folder that is a file, or below one, is found."""
    for folder in ("bounced.toml", "bounced.toml/journal"):
        with pytest.raises(ConfigInvalid, match=r"journal\.folder: .*bounced\.toml is no folder$"):
            check(tmp_path, f"[journal]\nfolder = '{folder}'")


def test_show_hides(tmp_path):
    """No secret is shown: neither a password in an address nor the API's token."""
    toml = "[api]\nlisten = '127.0.0.1:8027'\ntoken = 'sesame-sesame-sesame'\n[sink]\nurls = ['amqp://me:sesame@broker']\n"
    (tmp_path / "bounced.toml").write_text(toml)
    shown = CliRunner().invoke(command, ["show", "--config", str(tmp_path / "bounced.toml")], catch_exceptions=False)

    assert 0 == shown.exit_code
    assert "sesame" not in shown.output
