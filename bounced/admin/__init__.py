"""The operators' pages over HTTP: is it alive, can it accept, how does it stand, and the metrics.

It answers questions and changes nothing. There is no password: it listens on loopback unless told otherwise.
"""

from bounced.admin.server import AdminServer
from bounced.admin.status import Status

__all__ = ["AdminServer", "Status"]
