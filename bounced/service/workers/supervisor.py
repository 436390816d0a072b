"""The parent of the workers: starts them, starts them again, asks them, renews their settings together, ends them."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import structlog
from msgspec import structs

from bounced.admin import AdminServer, Status
from bounced.admin.status import merge, merge_reasons
from bounced.admin.views import make_app
from bounced.config import Config
from bounced.database.file import lock
from bounced.errors import BouncedError, WorkerFailed
from bounced.health import Cause, Health
from bounced.judging import Judge
from bounced.pipeline.patience import Patience
from bounced.receive import Sockets
from bounced.receive.binding import listen_on
from bounced.service import page
from bounced.service.renewal import Renewed, refuse_fixed
from bounced.service.systemd import Notifier
from bounced.service.terms import terms_of
from bounced.service.workers.messages import Apply, Prepare, Prepared, Tell
from bounced.service.workers.process import Worker
from bounced.service.workers.share import share_of
from bounced.store.files import journals_in

log = structlog.get_logger()

#: Seconds that a worker gets to tell its status for a page, to load new settings, and beyond `smtp.shutdown_seconds` to end.
_TELL_SECONDS = 4.0
_PREPARE_SECONDS = 60.0
_END_SECONDS = 15.0
#: Seconds between two looks at the workers, and of silence after which one is killed: its loop no longer turns.
LOOK_SECONDS = 5.0
_SILENCE_SECONDS = 60.0
#: A worker that ran so long begins anew with its patience.
_STEADY_SECONDS = 60.0
#: Starts in a row of which the last may fail no more.
_MOST_STARTS = 5


class Supervisor:
    """The workers of one node: `async with` starts and ends them.

    They listen on *sockets* if there are any, all on the same, else where *config* says, each on sockets of its own.
    `running` ends only when they can't go on, and then holds the reason.
    """

    running: asyncio.Task[None]
    #: The pages for operators, if they are wanted.
    admin: AdminServer | None = None

    def __init__(self, config: Config, *, sockets: Sequence[socket.socket], notifier: Notifier) -> None:
        self._config = config
        self._handed_over = sockets
        self._notifier = notifier
        self._count = config.node.worker_count
        self._workers: list[Worker] = []
        self._shares: list[Sockets] = []
        self._health = Health()
        #: What the page judges by; None until it is asked, and after new settings.
        self._judged_by: Judge | None = None
        #: Why workers are down, by their numbers.
        self._down: dict[int, str] = {}
        self._stack = contextlib.AsyncExitStack()

    @property
    def known(self) -> Status:
        """What the workers have said last, together."""
        return merge([worker.status for worker in self._workers])

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await self._open(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def hasten(self) -> None:
        """Tell the workers a second time to end."""
        for worker in self._workers:
            worker.signal(signal.SIGTERM)

    async def status(self) -> Status:
        """Say how the node stands: its workers together, and what is amiss with any of them."""
        heard = await asyncio.gather(*map(self._is_heard, self._workers))
        merged = merge(
            [worker.status if heard_from else _unheard(worker.status) for worker, heard_from in zip(self._workers, heard, strict=True)]
        )
        reasons = {str(cause): reason for cause, reason in self._health.reasons.items()}
        merged = structs.replace(merged, at=datetime.now(UTC), degraded=merge_reasons([merged.degraded, reasons]))
        return merged if any(heard) else structs.replace(merged, ready=False, refusal="no worker answers")

    async def renew(self, config: Config) -> Renewed:
        """Have all workers go by *config*, or none.

        Raises:
            BouncedError: why it can't be; nothing has changed then.
        """
        refuse_fixed(self._config, config)
        prepare = Prepare(share_of(config, self._count))
        answers = await asyncio.gather(*(worker.ask(prepare, _PREPARE_SECONDS) for worker in self._workers))
        self._config, self._judged_by = config, None
        for worker in self._workers:
            try:
                await worker.ask(Apply(), _PREPARE_SECONDS)
            except BouncedError:  # it was started again meanwhile, perhaps with the old ones
                worker.signal(signal.SIGTERM)
        return next(answer.renewed for answer in answers if isinstance(answer, Prepared))

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        config, count = self._config, self._count
        folder = Path(config.journal.folder)
        stack.enter_context(lock(folder / "node"))
        smtp = [list(self._handed_over)] * count if self._handed_over else listen_on(config.smtp.listen, count)
        self._shares = [Sockets(*each) for each in zip(smtp, listen_on(config.smtp.lmtp_listen, count), strict=True)]
        orphaned = [number for number in journals_in(folder) if number > count]
        for number, share in enumerate(self._shares, 1):
            self._workers.append(Worker(number, share, (number, *(orphaned if number == 1 else ()))))
        stack.push_async_callback(self._end)
        # A worker of a parent that was killed ends by itself within this time, and lets go of its journal.
        patience_seconds = config.smtp.shutdown_seconds + _END_SECONDS
        starts = (self._bring_up(worker, Patience(), _has_no_reason, patience_seconds) for worker in self._workers)
        started = await asyncio.gather(*starts, return_exceptions=True)
        for failure in started:
            if failure is not None:
                raise failure
        if config.admin.listen:
            app = make_app(self.status, self._refusal, page.routes(config, self.status, self._judge, None))
            self.admin = await stack.enter_async_context(AdminServer(config.admin.listen, app))
        self.running = asyncio.create_task(self._work(), name="workers")
        stack.push_async_callback(self._stop)

    async def _bring_up(
        self, worker: Worker, patience: Patience, may_pass: Callable[[BouncedError], bool], journal_seconds: float = 0
    ) -> None:
        """Start *worker*; try some times more, when what hindered it *may_pass*.

        Raises:
            BouncedError: it can't start.
        """
        for left in reversed(range(_MOST_STARTS)):
            try:
                await worker.start(share_of(self._config, self._count), journal_seconds)
            except BouncedError as error:
                log.error("worker.failed", worker=worker.number, reason=str(error))  # noqa: TRY400 the reason is all there is to tell
                if not (left and may_pass(error)):
                    raise
                await asyncio.sleep(patience.wait())
            else:
                log.info("worker.started", worker=worker.number, pid=worker.pid)
                return

    async def _work(self) -> None:
        """Look after the workers until cancelled, or until one can't go on."""
        try:
            async with asyncio.TaskGroup() as group:
                for worker in self._workers:
                    group.create_task(self._keep(worker), name=f"worker {worker.number}")
                group.create_task(self._watch(), name="watch")
        except ExceptionGroup as group_of_errors:
            ours, _ = group_of_errors.split(BouncedError)
            if ours is None:
                raise
            raise ours.exceptions[0] from None  # its words are all there is to tell

    async def _keep(self, worker: Worker) -> None:
        """Start *worker* again whenever it ends."""
        loop, patience = asyncio.get_running_loop(), Patience()
        while True:
            began = loop.time()
            status = await worker.ended()
            if loop.time() - began > _STEADY_SECONDS:
                patience.restore()
            log.warning("worker.ended", worker=worker.number, status=status)
            self._note_down(worker, f"worker {worker.number} ended with status {status} and is started again")
            await asyncio.sleep(patience.wait())
            await self._bring_up(worker, patience, lambda error: error.temporary)
            self._note_down(worker, None)

    async def _watch(self) -> None:
        """Kill a worker that is silent for too long, and tell systemd as long as all are well."""
        loop, watchdog_seconds = asyncio.get_running_loop(), self._notifier.watchdog_seconds
        while True:
            await asyncio.sleep(min(LOOK_SECONDS, watchdog_seconds / 3) if watchdog_seconds else LOOK_SECONDS)
            heard = await asyncio.gather(*map(self._is_heard, self._workers))
            for worker in self._workers:
                if worker.heard_at is not None and loop.time() - worker.heard_at > _SILENCE_SECONDS:
                    log.error("worker.killed", worker=worker.number, pid=worker.pid)
                    worker.signal(signal.SIGKILL)
            if all(heard) and all(worker.status.account is not None for worker in self._workers):
                self._notifier.alive()

    async def _is_heard(self, worker: Worker) -> bool:
        """Have *worker* tell its status; False when it doesn't."""
        try:
            await worker.ask(Tell(), _TELL_SECONDS)
        except WorkerFailed:
            return False
        return True

    def _note_down(self, worker: Worker, reason: str | None) -> None:
        """Note that *worker* is down, and why, or that it is up again."""
        self._down.pop(worker.number, None)
        if reason is not None:
            self._down[worker.number] = reason
        if self._down:
            self._health.degrade(Cause.WORKER, "; ".join(self._down.values()))
        else:
            self._health.clear(Cause.WORKER)

    def _judge(self) -> Judge:
        if self._judged_by is None:
            self._judged_by = terms_of(self._config).judge
        return self._judged_by

    async def _refusal(self) -> str | None:
        status = await self.status()
        return None if status.ready else status.refusal

    async def _stop(self) -> None:
        """Start no worker any more."""
        self.running.cancel()
        await asyncio.wait({self.running})

    async def _end(self) -> None:
        """Have nobody come any more, and end the workers: in good order, or, past their time, by force."""
        for bound in {bound for share in self._shares for sockets in share for bound in sockets}:
            bound.close()
        self.hasten()
        ending = {asyncio.create_task(worker.ended()): worker for worker in self._workers if worker.pid is not None}
        if ending:
            _, late = await asyncio.wait(ending, timeout=self._config.smtp.shutdown_seconds + _END_SECONDS)
            for task in late:
                log.error("worker.killed", worker=ending[task].number, pid=ending[task].pid)
                ending[task].signal(signal.SIGKILL)
            await asyncio.wait(ending)


def _has_no_reason(error: BouncedError) -> bool:
    """Whether a worker ended without a word, killed perhaps; any reason that it gives is the operator's business at the start."""
    return isinstance(error, WorkerFailed)


def _unheard(status: Status) -> Status:
    """What can be said of a worker that doesn't answer: clients of its wait, and what it knows nobody knows now."""
    return structs.replace(
        status, ready=True, refusal=None, degraded={}, sessions=0, free_bytes=None, account=None, balanced=None, oldest_undelivered=None
    )
