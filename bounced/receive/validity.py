"""When a certificate ends: the one field of X.509 that we need, and that Python's ssl shows of other people's certificates only."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

_END = "-----END CERTIFICATE-----"
_EXPLICIT_0, _UTC_TIME = 0xA0, 0x17
#: Of a length over 127, the octets that tell it are counted here (X.690 §8.1.3.5).
_LONG = 0x80


def not_after(pem: str) -> datetime:
    """Give the notAfter (RFC 5280 §4.1.2.5) of the first certificate in *pem*.

    Raises:
        ValueError: there is none, or it is malformed.
    """
    first, end, _ = pem[max(pem.find("-----BEGIN CERTIFICATE-----"), 0) :].partition(_END)
    der = ssl.PEM_cert_to_DER_cert(first + end)
    try:
        (_, certificate), *_ = _values(der)
        (_, signed), *_ = _values(certificate)
        fields = [value for tag, value in _values(signed) if tag != _EXPLICIT_0]  # the version is left out of version 1
        _serial, _algorithm, _issuer, validity, *_ = fields
        _begin, (tag, end_of_validity) = _values(validity)
        text = end_of_validity.decode("ascii")
        return datetime.strptime(text, "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except (IndexError, ValueError) as error:
        raise ValueError(f"malformed certificate: {error}") from error


def _values(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Go through the values that stand in *der*, each with its tag (X.690)."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & _LONG:
            octets = length ^ _LONG
            length, at = int.from_bytes(der[at : at + octets]), at + octets
        if at + length > len(der):
            raise ValueError("cut short")
        yield tag, der[at : at + length]
        at += length
