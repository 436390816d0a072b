"""Three nodes of RabbitMQ as one cluster, of which any may be killed, frozen, restarted or short of memory."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.servers.rabbitmq import PrivateNode

_SIZE = 3
_QUEUES = ("bounced.suppress", "bounced.retry")


class _Member(PrivateNode):
    """A node that shares the cookie and epmd of *first*."""

    def __init__(self, folder: Path, first: "_Member | None") -> None:
        folder.mkdir()
        super().__init__(folder)
        if first is not None:
            self._epmd_port = first._epmd_port
            cookie = folder / "home" / ".erlang.cookie"
            cookie.unlink()
            cookie.write_text(first.cookie)
            cookie.chmod(0o400)

    @property
    def cookie(self) -> str:
        """The secret by which nodes know each other."""
        return (self._folder / "home" / ".erlang.cookie").read_text()

    @property
    def name(self) -> str:
        """Its name in the cluster."""
        return self._environment["RABBITMQ_NODENAME"]

    @property
    def _environment(self) -> dict[str, str]:
        environment = super()._environment
        spare = "+sbwt none +sbwtdcpu none +sbwtdio none"  # three nodes that spin while idle leave nothing to the others
        return environment | {
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{environment['RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS']} {spare}",
        }

    def join(self, names: list[str]) -> None:
        """Form a cluster with the nodes *names* at the first start."""
        lines = ["cluster_formation.peer_discovery_backend = classic_config", "cluster_partition_handling = pause_minority"]
        lines += [f"cluster_formation.classic_config.nodes.{number} = {name}" for number, name in enumerate(names, 1)]
        with (self._folder / "rabbitmq.conf").open("a") as file:
            file.write("\n".join(lines) + "\n")


class Cluster:
    """The nodes, in *folder*; at most one of them is to be in trouble at a time."""

    def __init__(self, folder: Path) -> None:
        self.nodes: list[_Member] = []
        for number in range(_SIZE):
            self.nodes.append(_Member(folder / f"node{number}", self.nodes[0] if self.nodes else None))
        for node in self.nodes:
            node.join([other.name for other in self.nodes])

    def start(self) -> None:
        """Start all at once, and wait for all."""
        with ThreadPoolExecutor(_SIZE) as pool:
            list(pool.map(_Member.start, self.nodes))
        self.nodes[0].ctl("await_online_nodes", str(_SIZE))

    def leader(self, queue: str) -> _Member:
        """Give the node that leads *queue*."""
        rows = [line.split() for line in self.nodes[0].ctl("list_queues", "name", "leader").splitlines()]
        names = {row[0]: row[1] for row in rows if len(row) == 2}
        return next(node for node in self.nodes if node.name == names[queue])

    def depth(self) -> int:
        """Count what stands in the queues."""
        rows = [line.split() for line in self.nodes[0].ctl("list_queues", "name", "messages").splitlines()]
        return sum(int(row[1]) for row in rows if row[0] in _QUEUES)

    @contextlib.contextmanager
    def short_of_memory(self, node: _Member) -> Iterator[None]:
        """Have *node* raise its memory alarm: no node takes a message meanwhile."""
        node.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
        try:
            yield
        finally:
            node.ctl("set_vm_memory_high_watermark", "absolute", "4GB")

    def end(self) -> None:
        """End all for good."""
        for node in self.nodes:
            with contextlib.suppress(OSError):
                node.kill()
        self.nodes[0].end()
