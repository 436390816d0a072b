"""What a client has sent and we have not used yet: a bounded buffer over asyncio's StreamReader.

Knows lines and nothing of SMTP. aiosmtpd reads line by line with `readuntil`, which a lone LF ends; here lines are found
in what came in one piece, so that a pipelined group costs one read, and the end of data is looked for in chunks.
"""

import asyncio

#: Octets asked of the socket at once, and what DATA is cut into.
CHUNK = 64 * 1024
#: RFC 5321 §4.5.3.1.4 asks for 512, and more for the parameters of each extension; with its CRLF.
MAX_LINE = 2048


class Incoming:
    """Octets that wait in `buffer`; whoever understands some of them takes them off its front."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.buffer = bytearray()

    async def fill(self) -> bool:
        """Wait until more has come; False when the client has closed. No limit of its own: the session's timer closes."""
        data = await self._reader.read(CHUNK)
        self.buffer += data
        return bool(data)

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
