"""The DNS of the sandbox: the table's domains, mail exchangers and addresses, nothing else (RFC 1035, 7505). IPv4 and UDP only."""

import asyncio
import struct
from typing import cast

from tests.mtas.receiver import SINK_ADDRESS
from tests.mtas.scenario import FIRST_ADDRESS, SENDER_DOMAIN, Table

OWN_NAME, OWN_ADDRESS = "mx1.example.net", "192.0.2.10"
CLIENT_NAME, CLIENT_ADDRESS = SENDER_DOMAIN, "192.0.2.20"
_A, _SOA, _PTR, _MX = 1, 6, 12, 15
_SERVFAIL, _NXDOMAIN = 2, 3


class Dns(asyncio.DatagramProtocol):
    """Answers every question at once, from the table."""

    def __init__(self, table: Table) -> None:
        self._records: dict[tuple[str, int], bytes] = {}
        self._failing = {host.domain for host in table.host if host.dns == "servfail"}
        addresses = {OWN_NAME: OWN_ADDRESS, CLIENT_NAME: CLIENT_ADDRESS, f"mx.{SENDER_DOMAIN}": SINK_ADDRESS}
        self._add_mx(SENDER_DOMAIN, f"mx.{SENDER_DOMAIN}")
        for number, host in enumerate(table.host):
            if host.dns == "mx":
                addresses[f"mx.{host.domain}"] = f"203.0.113.{FIRST_ADDRESS + number}"
                self._add_mx(host.domain, f"mx.{host.domain}")
            elif host.dns == "null-mx":
                self._add_mx(host.domain, "")
        for name, address in addresses.items():
            self._records[name, _A] = bytes(map(int, address.split(".")))
            self._records[".".join([*reversed(address.split(".")), "in-addr.arpa"]), _PTR] = _encode(name)
        self._names = {name for name, _ in self._records}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket to answer on."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer the one question in *data*."""
        name, end = _decode(data, 12)
        kind = int.from_bytes(data[end : end + 2], "big")
        question = data[12 : end + 4]
        record = self._records.get((name, kind))
        code = _SERVFAIL if name in self._failing else 0 if name in self._names else _NXDOMAIN
        flags = 0x8580 | code  # an authoritative answer; recursion is offered
        soa = (
            b""
            if record or code == _SERVFAIL
            else b"\x00" + struct.pack(">HHIH", _SOA, 1, 60, 22) + bytes(2) + struct.pack(">5I", 1, 60, 60, 60, 60)
        )
        answer = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(record)) + record if record else b""
        header = data[:2] + struct.pack(">5H", flags, 1, int(bool(answer)), int(bool(soa)), 0)
        self._transport.sendto(header + question + answer + soa, addr)

    def _add_mx(self, domain: str, exchanger: str) -> None:
        self._records[domain, _MX] = struct.pack(">H", 10 if exchanger else 0) + _encode(exchanger)


def _encode(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def _decode(data: bytes, start: int) -> tuple[str, int]:
    """Return the uncompressed name at *start*, in lower case, and where it ends."""
    labels, at = [], start
    while length := data[at]:
        labels.append(data[at + 1 : at + 1 + length].decode("latin-1").lower())
        at += 1 + length
    return ".".join(labels), at + 1
