"""Haraka: RFC 3464 by its outbound module; installed from npm."""

import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

from tests.mtas.server import Differs, MailServer, run, write

_PACKAGE = Path("node_modules/Haraka")
_HOME = "/etc/haraka"


_NOWHERE = Differs("Haraka's words for a domain that is not there", status=("5.1.2",), reply=550)
_NETWORK = ("connection-refused", "dropped-at-greeting", "dropped-at-rcpt", "dropped-after-data", "silence-at-greeting", "silence-at-rcpt")


class Haraka(MailServer):
    """Haraka as an outgoing server for the networks that it relays for."""

    name = "haraka"
    packages = ()
    abilities = frozenset({"dns", "gives-up"})
    own_status = ("", "")
    differs: ClassVar = {
        "one-of-three": Differs("the report does not say why", drops_reply=True, status=(), category="unknown", disposition="retry"),
        "no-such-domain": _NOWHERE,
        "two-domains/mona@gone.example.org": _NOWHERE,
        "domain-without-mail": Differs("Haraka's words for a null MX", status=("5.1.10",), reply=556),
        "dns-trouble": Differs("Haraka's words for a failing DNS", status=("5.1.0",), reply=450),
        **dict.fromkeys(
            _NETWORK, Differs("Haraka's words for a receiver that can't be reached, whatever the cause", status=("5.1.2",), reply=550)
        ),
    }
    folder = Path()

    @classmethod
    def fetch(cls, folder: Path) -> list[list[str]]:
        """Install it with npm, without its optional compiled parts."""
        cls.folder = folder / cls.name
        cls.folder.mkdir(parents=True, exist_ok=True)
        if (cls.folder / _PACKAGE).exists():
            return []
        return [["npm", "install", "--prefix", str(cls.folder), "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", "Haraka"]]

    def version(self) -> str:
        """As its command says it."""
        return f"Haraka {run(*self._program(), '--version').split()[-1].removeprefix('v')}"

    def start(self) -> None:
        """Write its configuration and start it."""
        files = {
            "smtp.ini": "listen=192.0.2.10:25\n",
            "plugins": "relay\n",
            "me": "mx1.example.net\n",
            "host_list": "",
            "relay.ini": "[relay]\nacl=true\n",
        }
        files |= {
            "relay_acl_allow": "192.0.2.0/24\n",
            "outbound.ini": "temp_fail_intervals=none\nlocal_mx_ok=true\n[outbound]\n",
            "loglevel": "WARN\n",
        }
        run(*self._program(), "-i", _HOME)
        for template in (self.folder / _PACKAGE / "config").glob("outbound.bounce_message*"):
            shutil.copy(template, f"{_HOME}/config/")
        for name, text in files.items():
            write(f"{_HOME}/config/{name}", text)
        subprocess.Popen([*self._program(), "-c", _HOME])

    def _program(self) -> tuple[str, str]:
        return "node", str(self.folder / _PACKAGE / "bin" / "haraka")
