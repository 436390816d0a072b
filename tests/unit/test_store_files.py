"""Which files are journals."""

import pytest

from bounced.store.files import journal_file, journals_in


def test_the_first_journal_has_the_plain_name():
    """A node that gets its second worker goes on with the journal that it has."""

    assert ["journal.db", "journal-2.db", "journal-10.db"] == [journal_file(number) for number in (1, 2, 10)]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], []),
        (["journal.db", "journal-10.db", "journal-2.db"], [1, 2, 10]),
        (["journal-3.db"], [3]),
        (["journal.db-wal", "journal-2.db.lock", "journal-2.db.aside-20261101T000000"], []),  # beside a journal, or moved aside
        (["journal-1.db", "journal-0.db", "journal-02.db", "journal-x.db", "queue.db"], []),  # no name that is ever given
    ],
)
def test_only_journals_are_found(tmp_path, names, found):
    """Every journal is found, in the order of numbers, and nothing else."""
    for name in names:
        (tmp_path / name).touch()

    assert found == journals_in(tmp_path)


def test_no_folder_holds_no_journal(tmp_path):
    """A folder that is not there is not an error: the daemon has not run yet."""

    assert [] == journals_in(tmp_path / "missing")
