"""Another host on this machine: a network namespace with a documentation address (RFC 5737) and a host name of its own.

The host reaches this machine, and this machine it, over a pair of virtual interfaces; it reaches nothing else.
A pytest plugin: it offers the fixture `start_host`.
"""

import contextlib
import ipaddress
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.servers.privilege import run_as_root

# TEST-NET-2 and TEST-NET-3 (RFC 5737); TEST-NET-1 is what some test machines themselves live in.
_NETWORKS = tuple(map(ipaddress.IPv4Network, ("198.51.100.0/24", "203.0.113.0/24")))


@dataclass(frozen=True)
class Host:
    """A host: its *name*, its *address*, and *ours*, the address at which it finds this machine."""

    name: str
    namespace: str
    address: str
    ours: str

    def inside(self, *command: str) -> tuple[str, ...]:
        """Return *command* as it has to be run to run on this host, under its name."""
        shell = 'hostname "$0" && exec "$@"'
        return ("ip", "netns", "exec", self.namespace, "unshare", "--uts", "sh", "-c", shell, self.name, *command)


@pytest.fixture
def start_host() -> Iterator[Callable[[str], Host]]:
    """Make the host of a given name; it is gone at the end of the test, with its addresses."""
    with contextlib.ExitStack() as stack:
        yield lambda name: stack.enter_context(_host(name))


@contextlib.contextmanager
def _host(name: str) -> Iterator[Host]:
    namespace = f"bounced-{os.getpid()}"
    here, there = f"bnc{os.getpid()}a", f"bnc{os.getpid()}b"  # at most 15 octets, IFNAMSIZ
    ours, address = _free_pair()
    inside = ("ip", "-n", namespace)
    run_as_root("ip", "netns", "add", namespace)
    try:
        run_as_root("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", namespace)
        try:
            run_as_root("ip", "address", "add", f"{ours}/30", "dev", here)
            run_as_root("ip", "link", "set", here, "up")
            run_as_root(*inside, "address", "add", f"{address}/30", "dev", there)
            run_as_root(*inside, "link", "set", there, "up")
            run_as_root(*inside, "link", "set", "lo", "up")
            yield Host(name, namespace, address, ours)
        finally:
            # By name: with the namespace it would stay for as long as a process is left in there.
            run_as_root("ip", "link", "delete", here)
    finally:
        run_as_root("ip", "netns", "delete", namespace)


def _free_pair() -> tuple[str, str]:
    """Find two addresses in a network that touches none of this machine's, nor that of another run of the tests."""
    try:
        output = subprocess.run(["ip", "-json", "-4", "address"], capture_output=True, check=True, env=_with_sbin()).stdout
    except FileNotFoundError:
        pytest.fail("ip is missing: install the Debian package iproute2")
    addresses = [address for link in json.loads(output) for address in link.get("addr_info", ())]
    taken = [ipaddress.IPv4Interface(f"{address['local']}/{address['prefixlen']}").network for address in addresses]
    for network in (pair for whole in _NETWORKS for pair in whole.subnets(new_prefix=30)):
        if not any(network.overlaps(other) for other in taken):
            ours, address = map(str, network.hosts())
            return ours, address
    pytest.fail(f"all of {_NETWORKS} is in use on this machine")


def _with_sbin() -> dict[str, str]:
    """Return the environment with the folders of system programs, which an ordinary user's PATH leaves out."""
    return os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
