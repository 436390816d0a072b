"""Makes each fault, and mends it: what `schedule` names."""

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.chaos.amqp import FAREWELL, STEADY
from tests.chaos.cluster import Cluster
from tests.chaos.daemon import Daemon
from tests.chaos.network import Network
from tests.chaos.schedule import Fault

#: How long it may take until the daemon and the broker come to the frame at which to cut.
_REACH_SECONDS = 30
#: How long `452` is left to the clients once the journal is full.
_FULL_SECONDS = 10
_MOST_AWAY_SECONDS = 1800
#: What a sync takes on a slow disk, over what it takes anyhow.
_SLOW_MICROSECONDS = 100_000


class Faults:
    """Whatever may befall *daemon*, its *journal*'s disk, the *network* and the *cluster*; True says that it did."""

    def __init__(self, daemon: Daemon, journal: Path, network: Network, cluster: Cluster) -> None:
        self._daemon = daemon
        self._journal = journal
        self._network = network
        self._cluster = cluster
        self._kinds: dict[str, Callable[[Fault], Awaitable[bool]]] = {
            "worker-sigkill": self._kill_worker,
            "daemon-sigkill": self._kill_all,
            "parent-sigkill": lambda _: daemon.end(signal.SIGKILL),
            "daemon-sigterm": lambda _: daemon.end(signal.SIGTERM),
            "network-cut": self._cut,
            "network-stall": self._stall,
            "network-slow": self._slow,
            "disk-full": self._disk_full,
            "disk-slow": self._disk_slow,
            "journal-stalled": self._journal_stalled,
            "broker-sigkill": lambda fault: self._kill(self._connected(fault), fault),
            "leader-sigkill": self._kill_leader,
            "broker-restart": lambda fault: _threaded(self._connected(fault).restart),
            "broker-frozen": self._freeze,
            "memory-alarm": self._memory_alarm,
            "broker-away": self._away,
        }

    async def make(self, fault: Fault) -> bool:
        """Make *fault* and mend it; False when it didn't come about, for instance because the frame to cut at never came."""
        try:
            return await self._kinds[fault.kind](fault)
        except (OSError, TimeoutError, sqlite3.OperationalError, subprocess.TimeoutExpired, StopIteration, KeyError) as error:
            print(f"fault {fault.number} {fault.kind}: {error!r}", flush=True)  # noqa: T201 for whoever watches
            return False
        except pytest.fail.Exception as error:  # a broker that didn't do what it was told
            print(f"fault {fault.number} {fault.kind}: {error!r}", flush=True)  # noqa: T201 for whoever watches
            return False

    async def _kill_worker(self, fault: Fault) -> bool:
        workers = self._daemon.workers
        if not workers:
            return False
        os.kill(workers[fault.number % len(workers)], signal.SIGKILL)
        return True

    async def _kill_all(self, _: Fault) -> bool:
        """Kill the daemon whole, as a machine that stops does."""
        for worker in self._daemon.workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        return await self._daemon.end(signal.SIGKILL)

    async def _cut(self, fault: Fault) -> bool:
        self._network.arm(fault.method, fault.place)
        if fault.method in FAREWELL:
            await self._daemon.end(signal.SIGTERM)
        elif fault.method not in STEADY:
            self._network.cut()  # it is said when a connection is made
        return await self._network.reached(_REACH_SECONDS)

    async def _stall(self, fault: Fault) -> bool:
        with self._network.stalled():
            await asyncio.sleep(fault.seconds)
        return True

    async def _slow(self, fault: Fault) -> bool:
        self._network.is_slow = True
        await asyncio.sleep(fault.seconds)
        self._network.is_slow = False
        return True

    async def _disk_full(self, fault: Fault) -> bool:
        """Fill the journal's file system to its last octet."""
        ballast = self._journal / "ballast"
        try:
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                while file.write(bytes(65536)):
                    pass
            await asyncio.sleep(fault.seconds)
        finally:
            ballast.unlink()
        return True

    async def _disk_slow(self, fault: Fault) -> bool:
        """Have every sync of a worker take a tenth of a second more."""
        workers = self._daemon.workers
        if not workers:
            return False
        slow = f"inject=fsync,fdatasync:delay_enter={_SLOW_MICROSECONDS}"
        pid = str(workers[fault.number % len(workers)])
        strace = await asyncio.create_subprocess_exec(
            "strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-e", slow, "-o", "/dev/null", "-p", pid, stderr=subprocess.DEVNULL
        )
        try:
            await asyncio.wait_for(strace.wait(), fault.seconds)
        except TimeoutError:
            strace.send_signal(signal.SIGINT)  # it lets go of the worker, and ends
            await strace.wait()
            return True
        return False  # the worker ended, or could not be had

    async def _journal_stalled(self, fault: Fault) -> bool:
        """Let no commit of a worker through, by a lock on its journal's file: as a disk that hangs."""
        journals = sorted(self._journal.glob("journal*.db"))
        path = journals[fault.number % len(journals)]
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=0.1)) as other:
            for _ in range(100):
                try:
                    other.execute("BEGIN IMMEDIATE")
                    break
                except sqlite3.OperationalError:
                    await asyncio.sleep(0.02)
            else:
                return False
            await asyncio.sleep(fault.seconds)
            other.execute("ROLLBACK")
        return True

    def _connected(self, fault: Fault):
        """Give the node that the daemon is connected to; any, when it is to none just now."""
        node = self._network.node
        return self._cluster.nodes[fault.number % len(self._cluster.nodes) if node is None else node]

    async def _kill(self, node, fault: Fault) -> bool:
        await asyncio.to_thread(node.kill)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(node.start)
        return True

    async def _kill_leader(self, fault: Fault) -> bool:
        queue = random.Random(fault.number).choice(("bounced.suppress", "bounced.retry"))  # noqa: S311 to be repeated
        return await self._kill(await asyncio.to_thread(self._cluster.leader, queue), fault)

    async def _freeze(self, fault: Fault) -> bool:
        with self._connected(fault).frozen():
            await asyncio.sleep(fault.seconds)
        return True

    async def _memory_alarm(self, fault: Fault) -> bool:
        def alarm() -> contextlib.ExitStack:
            stack = contextlib.ExitStack()
            stack.enter_context(self._cluster.short_of_memory(self._connected(fault)))
            return stack

        stack = await asyncio.to_thread(alarm)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(stack.close)
        return True

    async def _away(self, fault: Fault) -> bool:
        """Let the daemon reach no broker for the time of *fault* and until its journal is full, and a while longer."""
        loop = asyncio.get_running_loop()
        end = loop.time() + fault.seconds
        self._network.refuses = True
        self._network.cut()
        try:
            async with asyncio.timeout(_MOST_AWAY_SECONDS):
                await self._daemon.until_refusing()
            await asyncio.sleep(max(_FULL_SECONDS, end - loop.time()))
        finally:
            self._network.refuses = False
        return True


async def _threaded(work: Callable[[], None]) -> bool:
    await asyncio.to_thread(work)
    return True
