"""What a client has sent and we have not used yet: a bounded buffer, filled by the transport itself.

Knows lines and nothing of SMTP. aiosmtpd reads line by line from a StreamReader with `readuntil`, which a lone LF ends; here lines are
found in what came in one piece, so that a pipelined group costs one read, and the end of data is looked for in chunks.
"""

import asyncio

#: Octets that DATA is cut into; a client that has sent twice as many that nobody uses is not read any more for the time being.
CHUNK = 64 * 1024
#: RFC 5321 §4.5.3.1.4 asks for 512, and more for the parameters of each extension; with its CRLF.
MAX_LINE = 2048


class Incoming:
    """Octets that wait in `buffer`; whoever understands some of them takes them off its front. *transport* is what they come by."""

    def __init__(self, transport: asyncio.ReadTransport | None = None) -> None:
        self.buffer = bytearray()
        #: How many have come so far.
        self.octets = 0
        self._transport = transport
        self._waiter: asyncio.Future[None] | None = None
        self._is_more = False
        self._is_over = False
        self._is_paused = False
        self._error: Exception | None = None

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for more, with nothing left in the buffer."""
        return self._waiter is not None and not self._waiter.done() and not self.buffer

    def feed_data(self, data: bytes) -> None:
        """Take in what has come."""
        self.buffer += data
        self.octets += len(data)
        self._is_more = True
        self._wake()
        if len(self.buffer) > 2 * CHUNK and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def feed_eof(self, error: Exception | None = None) -> None:
        """Note that no more will come, and why, if that is no end in good order."""
        self._is_over, self._error = True, self._error or error
        self._wake()

    async def fill(self) -> bool:
        """Wait until more has come; False when the client has closed. No limit of its own: the session's timer closes.

        Raises:
            OSError: the connection is lost.
        """
        if self._is_paused and len(self.buffer) <= 2 * CHUNK and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        if not (self._is_more or self._is_over):
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._error is not None:
            raise self._error
        is_more, self._is_more = self._is_more, False
        return is_more

    def take_line(self) -> bytes | None:
        r"""Take one line, its \n included; None when none is complete.

        Of a line longer than `MAX_LINE` enough is kept to know it by its length, and how it ends.
        """
        end = self.buffer.find(b"\n")
        if end >= 0:
            line = bytes(self.buffer[: end + 1])
            del self.buffer[: end + 1]
            return line
        if len(self.buffer) > MAX_LINE:
            del self.buffer[MAX_LINE:-1]
        return None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
