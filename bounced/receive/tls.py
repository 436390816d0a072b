"""The TLS that STARTTLS switches to (RFC 3207), client certificates not asked for; and its certificate, taken anew when its files change.

TLS between mail servers is opportunistic: who can't agree sends in the clear (RFC 7435). So the profiles, which are Mozilla's
(https://wiki.mozilla.org/Security/Server_Side_TLS, 5.7), are about what is still worth calling encrypted.
"""

import ssl
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from bounced.errors import ListenFailed
from bounced.receive.validity import not_after

Profile = Literal["modern", "intermediate", "old"]

_CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:"
    "DHE-RSA-CHACHA20-POLY1305"
)
#: The least version, and the ciphers of those before 1.3, which has its own. OpenSSL has none before 1.2 above its security level 0.
_PROFILES = {
    "modern": (ssl.TLSVersion.TLSv1_3, _CIPHERS),
    "intermediate": (ssl.TLSVersion.TLSv1_2, _CIPHERS),
    "old": (ssl.TLSVersion.TLSv1, f"{_CIPHERS}:HIGH:!aNULL:!eNULL:@SECLEVEL=0"),
}


class _Stamp(NamedTuple):
    """What of a file changes when it is written or replaced."""

    inode: int
    modified: int
    size: int


class Certificate:
    """The PEM files *certificate* (the chain, ours first) and *key*, and the TLS `context` with them; `until` is when it ends.

    Raises:
        ListenFailed: one of them can't be read, or they don't belong together.
    """

    def __init__(self, certificate: str, key: str, profile: Profile) -> None:
        self._files = (certificate, key)
        self._profile = profile
        self._stamps = self._look()
        self.context = self._load()
        self.until = self._end()

    def refresh(self) -> bool:
        """Take the files anew if they have changed; False when they have not. New sessions go by them.

        Raises:
            ListenFailed: as they are now they can't be used; the old ones stay in force.
        """
        stamps = self._look()
        if stamps == self._stamps:
            return False
        self.context = self._load()  # a new one, for the one in use must never have half of a pair
        self._stamps = stamps
        self.until = self._end()
        return True

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        version, ciphers = _PROFILES[self._profile]
        context.minimum_version = version
        context.set_ciphers(ciphers)
        try:
            context.load_cert_chain(*self._files)
        except (OSError, ssl.SSLError) as error:
            raise self._failure(error) from error
        return context

    def _look(self) -> list[_Stamp]:
        try:
            found = [Path(name).stat() for name in self._files]
        except OSError as error:
            raise self._failure(error) from error
        return [_Stamp(each.st_ino, each.st_mtime_ns, each.st_size) for each in found]

    def _end(self) -> datetime | None:
        try:
            return not_after(Path(self._files[0]).read_text(encoding="ascii", errors="replace"))
        except (OSError, ValueError):
            return None  # it is in use all the same

    def _failure(self, error: Exception) -> ListenFailed:
        return ListenFailed(f"smtp.tls_certificate {self._files[0]}, smtp.tls_key {self._files[1]}: {error}")
