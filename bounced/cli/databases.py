"""What lies in `journal.folder` and must be backed up: the names of the files as patterns, and their schemas."""

from bounced.database.backup import Known
from bounced.database.file import scripts
from bounced.publish import embedded
from bounced.store.files import PATTERNS
from bounced.store.statements import MIGRATIONS

#: The journals first: an event that leaves one while the copies are made is then in both, and known by its id. The other way
#: round it would be in neither.
DATABASES: Known = {**dict.fromkeys(PATTERNS, scripts(MIGRATIONS)), embedded.FILE_NAME: embedded.MIGRATIONS}
