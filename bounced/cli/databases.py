"""What lies in `journal.folder` and must be backed up: each file's name, and its schema."""

from bounced.database.backup import Known
from bounced.database.file import scripts
from bounced.publish import embedded
from bounced.store.files import journal_file
from bounced.store.statements import MIGRATIONS

#: The journal first: an event that leaves it while the copies are made is then in both, and known by its id. The other way
#: round it would be in neither.
DATABASES: Known = {journal_file(1): scripts(MIGRATIONS), embedded.FILE_NAME: embedded.MIGRATIONS}
