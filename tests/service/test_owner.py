"""The daemon's user can open what root's commands leave in his folder; who may not open a file is told whose it is."""

import os
import pwd
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bounced.store import Journal
from tests.journal_samples import SETTINGS, arrival, subprocess_environ
from tests.servers.privilege import as_root, run_as_root

BOUNCED = (sys.executable, "-c", "from bounced.cli import main; main()")
#: The user of the folder: whoever runs the tests, and if that is root, one who is not.
USER = pwd.getpwuid(os.geteuid()) if os.geteuid() else pwd.getpwnam("nobody")


@pytest.fixture
def site():
    """Give a folder that anybody may look into (pytest's own may not be), with an empty `journal` of USER's and settings."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "bounced.toml").write_text("[journal]\nfolder = 'journal'\n")
        (folder / "journal").mkdir()
        run_as_root("chown", f"{USER.pw_uid}:{USER.pw_gid}", str(folder / "journal"))
        yield folder
        run_as_root("rm", "-rf", str(folder / "journal"))


def of_root(site, *command):
    """Run *command* of ours as root; fail unless it ends with 0."""
    run_as_root(*BOUNCED, *command, "--config", str(site / "bounced.toml"))


def of_user(site, *command):
    """Run *command* of ours as USER; give its exit code and what it complained of."""
    whole = ("setpriv", f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}", "--clear-groups", *BOUNCED)
    done = subprocess.run(
        as_root(*whole, *command, "--config", str(site / "bounced.toml")),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=subprocess_environ(),
    )
    return done.returncode, done.stderr


def owners(folder):
    """Give the owners of all that is in *folder*."""
    return {path.stat().st_uid for path in folder.rglob("*")}


@pytest.mark.parametrize("folder", ["journal", "journal/below/further"])
async def test_restore(site, tmp_path, folder):
    """What root restores, the locks and folders that this takes included, is the user's, and he can go on with it."""
    (site / "bounced.toml").write_text(f"[journal]\nfolder = '{folder}'\n")
    async with Journal(tmp_path, SETTINGS) as journal:
        await journal.keep(arrival(1))
    (site / "saved.toml").write_text(f"[journal]\nfolder = '{tmp_path}'\n")
    run_as_root(*BOUNCED, "backup", str(site / "saved"), "--config", str(site / "saved.toml"))
    of_root(site, "restore", str(site / "saved"))

    assert {USER.pw_uid} == owners(site / "journal")
    assert 0 == of_user(site, "drain")[0]


def test_drain(site):
    """What root's drain makes in an empty folder is the user's."""
    of_root(site, "drain")

    assert {"journal.db", "journal.db.lock", "history.db", "history.db.lock"} == {path.name for path in (site / "journal").iterdir()}
    assert {USER.pw_uid} == owners(site / "journal")


@pytest.mark.parametrize("name", ["journal.db", "journal.db.lock", ""])
def test_of_somebody_else(site, name):
    """A file or folder that belongs to somebody else is named at the start, with its owner and who we are."""
    of_root(site, "drain")
    run_as_root("chown", "root", str(site / "journal" / name))
    run_as_root("chmod", "600", str(site / "journal" / name))
    code, said = of_user(site, "serve")

    assert 74 == code
    assert f"({site / 'journal' / name} belongs to root, and this process runs as {USER.pw_name})" in said


def test_config_check(site):
    """`config check` finds a journal.folder that its user can't write, or can't make."""
    run_as_root("chown", "root", str(site / "journal"))
    existing = of_user(site, "config", "check")
    (site / "bounced.toml").write_text("[journal]\nfolder = 'journal/below'\n")
    missing = of_user(site, "config", "check")
    who = f"({site / 'journal'} belongs to root, and this process runs as {USER.pw_name})"

    assert [78, 78] == [existing[0], missing[0]]
    assert f"journal.folder: {site}/journal can't be written {who}" in existing[1]
    assert f"journal.folder: {site}/journal/below can't be written {who}" in missing[1]
