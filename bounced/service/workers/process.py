"""A worker as its parent sees it: a process that is started, asked, told to end, and started anew."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Sequence

from bounced import errors
from bounced.admin import Status
from bounced.config import Config
from bounced.errors import BouncedError, WorkerFailed
from bounced.log import RUN_KEY
from bounced.receive import Sockets
from bounced.service.workers.channel import Caller
from bounced.service.workers.messages import Answer, Begin, Failed, Question, Stands

_PROGRAM = (sys.executable, "-m", "bounced.service.workers.worker")


class Worker:
    """The worker of *number*. It accepts on *sockets*, which stay open here: while it is started anew, clients wait there."""

    def __init__(self, number: int, sockets: Sockets, journals: Sequence[int]) -> None:
        self.number = number
        #: How it stood when it last said so.
        self.status: Status
        #: The loop's time when it last said anything; None while it does not serve.
        self.heard_at: float | None = None
        self._sockets = sockets
        self._journals = journals
        self._process: asyncio.subprocess.Process | None = None
        self._caller: Caller | None = None

    @property
    def pid(self) -> int | None:
        """Its process, if it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self, config: Config, patience_seconds: float) -> None:
        """Start it with *config*, and wait until it takes mail, however long a large journal takes to open.

        Raises:
            BouncedError: what it says that it can't do; WorkerFailed when it ended without a word.
        """
        smtp, lmtp = (tuple(each.fileno() for each in sockets) for sockets in self._sockets)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *_PROGRAM,
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(), *smtp, *lmtp),
                start_new_session=True,  # Ctrl-C is for the parent, who then tells the workers
            )
        self._caller = await Caller.over(ours)
        try:
            await self.ask(Begin(self.number, config, smtp, lmtp, tuple(self._journals), patience_seconds, RUN_KEY), None)
        except BaseException:
            self.signal(signal.SIGKILL)
            await self.ended()
            raise

    async def ask(self, question: Question, seconds: float | None) -> Answer:
        """Ask it; what it says of its status is noted.

        Raises:
            WorkerFailed: it is gone, or says nothing in time.
            BouncedError: what it says that it can't do.
        """
        if self._caller is None:
            raise self._failure("it is not there")
        try:
            answer = await self._caller.ask(question, seconds)
        except WorkerFailed as error:
            raise self._failure(error.detail) from error
        self.heard_at = asyncio.get_running_loop().time()
        if isinstance(answer, Failed):
            raise _error(answer.error)(f"worker {self.number}: {answer.detail}")
        if isinstance(answer, Stands):
            self.status = answer.status
        return answer

    async def ended(self) -> int:
        """Wait until its process has ended; give the exit status, negative for a signal."""
        assert self._process is not None  # noqa: S101 for mypy: asked of one that was started
        status = await self._process.wait()
        self.heard_at = None
        if self._caller is not None:
            await self._caller.close()
            self._caller = None
        return status

    def signal(self, number: int) -> None:
        """Send it a signal, if it is there."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _failure(self, detail: str) -> WorkerFailed:
        return WorkerFailed(f"worker {self.number}: {detail}")


def _error(name: str) -> type[BouncedError]:
    """Find the error of ours that is called *name*."""
    found = getattr(errors, name, None)
    return found if isinstance(found, type) and issubclass(found, BouncedError) else WorkerFailed
