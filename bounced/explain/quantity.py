"""Numbers as a person reads them."""

_UNITS = ("octets", "KiB", "MiB", "GiB")


def counted(number: int, noun: str, plural: str = "") -> str:
    """Say how many there are of *noun*: `1 message`, `2 messages`."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def size(octets: int) -> str:
    """Say *octets* in the largest unit of which there is one: `512 octets`, `1.5 KiB`, `2,048.0 GiB`."""
    amount, *units = float(octets), *_UNITS
    while amount >= 1024 and len(units) > 1:  # noqa: PLR2004 octets in a KiB, and so on
        amount, units = amount / 1024, units[1:]
    return f"{amount:,.1f} {units[0]}" if units[0] != _UNITS[0] else counted(octets, "octet")
