"""One part of the chaos, from the start of the servers to the account: `Run.all()` gives what came of it.

Needs a mount namespace of its own, as the journal lies on a small file system in memory; `__main__` sees to it.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.cluster import Cluster
from tests.chaos.daemon import Daemon
from tests.chaos.faults import Faults
from tests.chaos.network import Network
from tests.chaos.schedule import Fault
from tests.servers.rabbitmq import _free_ports

_SESSIONS = 12
#: So long may nothing get on at the end before what is missing counts as lost.
_PATIENCE_SECONDS = 90
_END_SECONDS = 120
#: Asking for the account starts a process, which takes from what it looks at.
_LOOK_SECONDS = 2


class Run:
    """Plays *faults* under a load of at least *messages*, in *folder*; *max_bytes* is the journals' limit."""

    def __init__(self, folder: Path, faults: Sequence[Fault], messages: int, *, workers: int, disk: str, max_bytes: int) -> None:
        self._faults = faults
        self._messages = messages
        self._acknowledged = folder / "acknowledged"
        self._handled = folder / "handled"
        self._memory = folder / "memory.db"
        self._journal = folder / "journal"
        self._journal.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk}", "none", self._journal], check=True)
        self._cluster = Cluster(folder)
        self._network = Network([node.port for node in self._cluster.nodes])
        self._smtp, admin = _free_ports(2)
        self._settings = {
            "NODE__WORKERS": str(workers),
            "HISTORY__STORE": "embedded" if workers == 1 else "none",
            "SMTP__LISTEN": f"127.0.0.1:{self._smtp}",
            "ADMIN__LISTEN": f"127.0.0.1:{admin}",
            "JOURNAL__FOLDER": str(self._journal),
            "JOURNAL__MAX_BYTES": str(max_bytes),
            "JOURNAL__MIN_FREE_BYTES": "0",
            "JOURNAL__KEEP_DONE_BYTES": "1000000",
            "JOURNAL__COMMIT_SECONDS": "3",
            "SINK__PUBLISH_SECONDS": "5",
            "SINK__CONNECT_SECONDS": "5",
            "TRUST__PEERS": "127.0.0.0/8",
            "TRUST__REPORTERS": "*",
            "LOG__LEVEL": "warning",
            "LOG__FORMAT": "json",
        }
        self._log = folder / "daemon.log"
        self._made: Counter[str] = Counter()
        self._not_made: Counter[str] = Counter()
        self._cuts: set[str] = set()

    async def all(self) -> dict:
        """Start, play, drain, and draw up the account."""
        began = time.monotonic()
        try:
            await asyncio.to_thread(self._cluster.start)
            await self._network.open()
            urls = [f"amqp://guest:guest@127.0.0.1:{port}/" for port in self._network.ports]
            daemon = Daemon(self._smtp, self._log, self._settings | {"SINK__URLS": ",".join(urls)})
            running = asyncio.create_task(daemon.run())
            try:
                await daemon.until_up()
                return await self._under_load(daemon) | {
                    "daemon_ends": dict(daemon.ends),
                    "worker_ends": self._worker_ends(),
                    "seconds": round(time.monotonic() - began),
                }
            finally:
                running.cancel()
                await asyncio.wait({running})
        finally:
            self._network.close()
            await asyncio.to_thread(self._cluster.end)
            await asyncio.to_thread(subprocess.run, ["umount", "--lazy", self._journal], check=False)

    async def _under_load(self, daemon: Daemon) -> dict:
        direct = [node.url for node in self._cluster.nodes]
        async with (
            _process("tests.chaos.load", str(self._smtp), str(self._acknowledged), str(_SESSIONS)) as load,
            _process("tests.chaos.consumer", str(self._handled), str(self._memory), *direct) as consumer,
        ):
            began = time.monotonic()
            await self._play(Faults(daemon, self._journal, self._network, self._cluster))
            await self._enough()
            met = await _end(load)
            offered = time.monotonic() - began
            _say(f"{_lines(self._acknowledged)} messages acknowledged in {offered:.0f} s, draining")
            left, began = await _waiting(daemon), time.monotonic()
            account = await self._drained(daemon)
            drained = time.monotonic() - began
            return {
                "faults": dict(self._made),
                "not_made": dict(self._not_made),
                "cut_at": sorted(self._cuts),
                "load": met,
                "load_seconds": round(offered),
                "drained": left,
                "drain_seconds": round(drained, 1),
                "balanced": _is_balanced(account),
                "account": account,
                "wire": await _end(consumer),
                **self._compared(),
            }

    async def _play(self, faults: Faults) -> None:
        """Make all faults, each lane on its own."""

        async def lane(name: str) -> None:
            for fault in self._faults:
                if fault.lane != name:
                    continue
                await asyncio.sleep(fault.pause)
                began = time.monotonic()
                made = await faults.make(fault)
                (self._made if made else self._not_made)[fault.kind] += 1
                if made and fault.method:
                    self._cuts.add(fault.method)
                _say(
                    f"fault {fault.number} {fault.kind} {fault.method and f'{fault.place} {fault.method}'}"
                    f"{'' if made else ' NOT MADE'} {time.monotonic() - began:.1f} s; {_lines(self._acknowledged)} acknowledged"
                )

        async with asyncio.TaskGroup() as group:
            for name in sorted({fault.lane for fault in self._faults}):
                group.create_task(lane(name))

    async def _enough(self) -> None:
        """Wait until so many messages were acknowledged as was asked for."""
        while True:
            if _lines(self._acknowledged) >= self._messages:
                return
            await asyncio.sleep(0.5)

    async def _drained(self, daemon: Daemon) -> dict | None:
        """Wait until all is published and handled, or nothing gets on any more; give the account."""
        account, state, patience = None, None, time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < patience:
            account = await daemon.account() or account
            now = _lines(self._handled), account
            if state != now:
                state, patience = now, time.monotonic() + _PATIENCE_SECONDS
            if (
                account
                and not account["arrivals"]["waiting"] + account["arrivals"]["decided"]
                and not await asyncio.to_thread(self._cluster.depth)
            ):
                break
            await asyncio.sleep(_LOOK_SECONDS)
        return account

    def _worker_ends(self) -> dict[str, int]:
        """Count how workers ended that were started again, by their status."""
        lines = (json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines() if line.startswith("{"))
        return dict(Counter(str(line["status"]) for line in lines if line["event"] == "worker.ended"))

    def _compared(self) -> dict[str, int]:
        """Compare what was acknowledged with what was handled."""
        acknowledged = {f"reader{number}@example.org" for number in self._acknowledged.read_text().split()}
        handled = [line.split() for line in self._handled.read_text().splitlines()]
        subjects = Counter(subject for _, subject in handled)
        lost = acknowledged - set(subjects)
        for subject in sorted(lost)[:10]:
            _say(f"LOST: {subject}")
        return {
            "acknowledged": len(acknowledged),
            "lost": len(lost),
            "doubled_by_id": len(handled) - len({identity for identity, _ in handled}),
            "doubled_by_reader": len(handled) - len(subjects),
        }


async def _waiting(daemon: Daemon) -> int:
    """Count the decisions that wait to be published."""
    account = await daemon.account()
    return account["decisions"]["waiting"] + account["arrivals"]["waiting"] if account else 0


def _is_balanced(account: dict | None) -> bool:
    """Draw up both sums anew from *account*."""
    if account is None:
        return False
    totals = ((account["arrivals"], "accepted"), (account["decisions"], "made"))
    return all(2 * sums[total] == sum(sums.values()) for sums, total in totals)


@contextlib.asynccontextmanager
async def _process(module: str, *arguments: str):
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *arguments, stdout=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _end(process: asyncio.subprocess.Process) -> dict:
    """Tell *process* to end, and give what it has to say."""
    process.terminate()
    said, _ = await asyncio.wait_for(process.communicate(), _END_SECONDS)
    return json.loads(said)


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 for whoever watches
