"""Whether a notice only warns: the server still tries, and nothing has failed yet.

The phrases are those of the servers themselves, from their sources and from what they send.
"""

import re

_WARNING = re.compile(
    r"(?:"
    r"this is a warning (?:message )?only|this is only a (?:temporary failure report|warning|notification about a delay)|"
    r"(?:you )?do(?: not|n't) need to (?:re-?send|retry)|no need to re-?send|no action is required on your part|"
    r"has not yet been delivered|has(?: not|n't) (?:yet )?been delivered yet|is delayed for more than|delayed by more than|"
    r"could not be delivered for more than|will be retried (?:until|for)|still being retried|message still undelivered|"
    r"(?:will|i'll) (?:keep|continue) (?:on )?trying|delivery attempts will continue|delays in delivering your message|"
    r"had transient non-fatal errors|recipients? has been delayed|temporary problem delivering your message|gmail will retry|"
    r"will be tried again"
    r")"
)
_BLANKS = re.compile(r"\s+")


def is_warning(notice: str) -> bool:
    """Whether the text for people says that delivery is only late."""
    return _WARNING.search(_BLANKS.sub(" ", notice.lower())) is not None
