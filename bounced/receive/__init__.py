"""Receive: from a client's connection to an arrival that is kept. SMTP or LMTP in, `keep(arrival)` out; it never relays."""

from bounced.receive.binding import Sockets
from bounced.receive.listener import Listener

__all__ = ["Listener", "Sockets"]
