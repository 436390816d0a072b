"""Courier: RFC 3464 with its own first part and the dialogue of the session in it."""

import subprocess
from typing import ClassVar

from tests.mtas.scenario import Scenario
from tests.mtas.server import SHORT_SECONDS, Differs, MailServer, package_version, run, write


class Courier(MailServer):
    """Courier's outgoing half, fed by its sendmail command, which knows RFC 3461, and refuses unknown local users itself."""

    name = "courier"
    packages = ("courier-mta",)
    abilities = frozenset({"dns", "dsn", "smtputf8", "alias", "delay", "gives-up"})

    own_status = ("5.0.0", "4.0.0")
    differs: ClassVar = dict.fromkeys(
        ("dropped-at-greeting", "silence-at-greeting"), Differs("the report gives no cause", category="unknown")
    )

    def version(self) -> str:
        """The package's, cut to the upstream version."""
        return f"Courier {package_version('courier-mta').partition('-')[0]}"

    def start(self) -> None:
        """Write the control files and start courierd."""
        lifetime, warning = ("1d", "1s") if self.wait else ("15s", "1d")
        controls = {
            "me": "mx1.example.net",
            "defaultdomain": "mx1.example.net",
            "locals": "mx1.example.net",
            "queuetime": lifetime,
            "faxqueuetime": "1s",
        }
        controls |= {
            "warntime": warning,
            "retryalpha": "1s",
            "retrybeta": "1s",
            "retrygamma": "1s",
            "retrymaxdelta": "0",
            "esmtptimeout": f"{SHORT_SECONDS}s",
        }
        controls |= {
            "esmtptimeouthelo": f"{SHORT_SECONDS}s",
            "esmtptimeoutdata": f"{SHORT_SECONDS}s",
            "esmtptimeoutconnect": f"{SHORT_SECONDS}s",
        }
        controls |= {"sourceaddress": "192.0.2.10", "esmtptimeoutkeepalive": "0", "esmtpdelay": "1s", "queuefill": "1s"}
        for name, value in controls.items():
            write(f"/etc/courier/{name}", f"{value}\n")
        write("/etc/courier/aliases/system", "".join(f"{name}: {target}\n" for name, target in self.aliases.items()))
        run("makealiases")
        run("mkdir", "-p", "/run/courier")
        run("chown", "courier:courier", "/run/courier")
        subprocess.Popen(["/usr/sbin/courier", "start"])

    def submit(self, scenario: Scenario, message: bytes) -> None:
        """By Courier's sendmail command."""
        options = [
            option
            for flag, value in (("-N", scenario.notify), ("-V", scenario.envid), ("-R", scenario.ret))
            if value
            for option in (flag, value)
        ]
        recipients = [to.address for to in scenario.to]
        run("/usr/sbin/sendmail", "-f", scenario.sender, *options, *recipients, stdin=message.replace(b"\r\n", b"\n"))

    def nudge(self) -> None:
        """Have what waits tried now."""
        run("/usr/sbin/courier", "flush")
