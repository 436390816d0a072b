"""Hosts and ports, as settings write them."""

import ipaddress


def host_and_port(text: str) -> tuple[str, int]:
    """Split `127.0.0.1:2525`, `[::1]:25` or `mx.example.net:25`.

    Raises:
        ValueError: *text* has another form.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or not 0 <= int(port) <= 65535:  # noqa: PLR2004 RFC 6335 §6
        raise ValueError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def unix_path(text: str) -> str:
    """Give the path of `unix:/run/bounced/api.sock`; nothing where *text* is no such socket."""
    return text.partition(":")[2] if text.startswith("unix:") else ""


def is_loopback(host: str) -> bool:
    """Whether *host* can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
