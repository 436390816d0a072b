"""Whether a notice only warns: the server still tries, and nothing has failed yet.

The phrases are those of the servers themselves, from their sources and from what they send.
"""

from bounced.parse.sentences import Sentences

_WARNING = Sentences((
    r"this is a warning (?:message )?only",
    r"this is only a (?:temporary failure report|warning|notification about a delay)",
    r"(?:you )?do(?: not|n't) need to (?:re-?send|retry)",
    r"no need to re-?send",
    r"no action is required on your part",
    r"has not yet been delivered",
    r"has(?: not|n't) (?:yet )?been delivered yet",
    r"is delayed for more than",
    r"delayed by more than",
    r"could not be delivered for more than",
    r"will be retried (?:until|for)",
    r"still being retried",
    r"message still undelivered",
    r"(?:will|i'll) (?:keep|continue) (?:on )?trying",
    r"delivery attempts will continue",
    r"delays in delivering your message",
    r"had transient non-fatal errors",
    r"recipients? has been delayed",
    r"temporary problem delivering your message",
    r"gmail will retry",
    r"will be tried again",
))  # fmt: skip


def is_warning(notice: str) -> bool:
    """Whether the text for people, in lower case and on one line (`Mail.flat_notice`), says that delivery is only late."""
    return _WARNING.search(notice) is not None
