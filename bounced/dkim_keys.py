"""Public keys of our own DKIM signatures, as they stand in DNS, from the configuration: for `dkim`."""

import base64
import hashlib
from collections.abc import Mapping

from bounced.dkim import Keys, Verify
from bounced.errors import ConfigInvalid

_BETWEEN = "._domainkey."


def read_keys(records: Mapping[str, str]) -> Keys:
    """Read *records*: TXT records (RFC 6376 §3.6.1) by their names, `SELECTOR._domainkey.DOMAIN`.

    Raises:
        ConfigInvalid: one is malformed, or the library is missing.
    """
    return {_name(name): _key(name, record) for name, record in records.items()}


def _name(name: str) -> tuple[str, str]:
    selector, between, domain = name.lower().rstrip(".").partition(_BETWEEN)
    if not (selector and between and domain):
        raise ConfigInvalid(f"trust.own_dkim: {name!r} is not SELECTOR{_BETWEEN}DOMAIN")
    return selector, domain


def _key(name: str, record: str) -> tuple[str, Verify]:
    tags = {tag.partition("=")[0].strip(): tag.partition("=")[2].strip() for tag in record.split(";")}
    kind = tags.get("k", "rsa")
    make = {"rsa": _rsa, "ed25519": _ed25519}.get(kind)
    if make is None:
        raise ConfigInvalid(f"trust.own_dkim: {name}: k={kind} is not known, only rsa and ed25519")
    try:
        return kind, make(base64.b64decode("".join(tags.get("p", "").split()), validate=True))
    except ImportError as error:
        raise ConfigInvalid("trust.own_dkim needs cryptography: pip install 'bounced-daemon[dkim]'") from error
    except (ValueError, TypeError) as error:
        raise ConfigInvalid(f"trust.own_dkim: {name}: want a DKIM record, v=DKIM1; k={kind}; p=…: {error}") from error


def _rsa(octets: bytes) -> Verify:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 optional
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415

    key = serialization.load_der_public_key(octets)
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("it is no RSA key")

    def verify(proof: bytes, signed: bytes) -> bool:
        try:
            key.verify(proof, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    return verify


def _ed25519(octets: bytes) -> Verify:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 optional
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    key = ed25519.Ed25519PublicKey.from_public_bytes(octets)

    def verify(proof: bytes, signed: bytes) -> bool:
        try:
            key.verify(proof, hashlib.sha256(signed).digest())  # RFC 8463 §3: over the hash
        except InvalidSignature:
            return False
        return True

    return verify
