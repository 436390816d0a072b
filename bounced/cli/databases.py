"""What lies in `journal.folder` and must be backed up: the names of the files as patterns, and their schemas."""

from bounced.database.backup import Known
from bounced.database.file import scripts
from bounced.publish import embedded
from bounced.store.files import PATTERNS
from bounced.store.history import FILE_NAME as HISTORY
from bounced.store.statements import HISTORY_MIGRATIONS, MIGRATIONS

#: The journals first: an event that leaves one while the copies are made is then in both, and known by its id. The other way
#: round it would be in neither.
#: The history behind them: what is judged again by it is counted once, and decided alike.
DATABASES: Known = {
    **dict.fromkeys(PATTERNS, scripts(MIGRATIONS)),
    HISTORY: scripts(HISTORY_MIGRATIONS),
    embedded.FILE_NAME: embedded.MIGRATIONS,
}
