"""Receive: from a client's connection to an arrival that is kept. SMTP in, `keep(arrival)` out; it never relays."""

from bounced.receive.listener import Listener

__all__ = ["Listener"]
