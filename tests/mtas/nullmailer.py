"""nullmailer: knows one receiver, its smarthost; reports are free text in a multipart/report of its own style."""

import subprocess
from typing import ClassVar

from tests.mtas.scenario import Scenario, To
from tests.mtas.server import SHORT_SECONDS, Differs, MailServer, package_version, run, write

_WHY = "the report gives every recipient the reply to the first: whose words they are can be told, this one's own fate not"
_FIRST_REPLY_FOR_ALL = Differs(_WHY, status=(), drops_reply=True, category="unknown", disposition="retry")


class Nullmailer(MailServer):
    """nullmailer, with mx.example.org for its smarthost."""

    name = "nullmailer"
    packages = ("nullmailer",)
    abilities = frozenset({"gives-up"})

    own_status = ("5.0.0", "")
    differs: ClassVar = {
        **dict.fromkeys(("three-fates/fanny@example.org", "three-fates/georg@example.org"), _FIRST_REPLY_FOR_ALL),
        **dict.fromkeys(
            ("dropped-at-rcpt", "dropped-after-data", "silence-at-rcpt"), Differs("the report gives no cause", category="unknown")
        ),
    }

    def difference(self, scenario: Scenario, to: To) -> Differs:
        """Say that what it gives up after a reply of class 4 with an enhanced code is reported as delayed."""
        is_coded = scenario.reply_of(to).startswith("4") and self.status(scenario, to)[0].startswith("4")
        return Differs("given up, yet the report says delayed", kind="delay") if is_coded else super().difference(scenario, to)

    def can(self, scenario: Scenario) -> bool:
        """Tell; who was not refused shares in the refusal of the others, and can't be told apart."""
        return super().can(scenario) and scenario.name != "one-of-three"

    def version(self) -> str:
        """The package's, cut to the upstream version."""
        return f"nullmailer {package_version('nullmailer').partition(':')[2].partition('-')[0]}"

    def start(self) -> None:
        """Write the control files and start nullmailer-send."""
        controls = {
            "me": "mx1.example.net",
            "defaulthost": "mx1.example.net",
            "remotes": "mx.example.org smtp",
            "pausetime": "1",
            "maxpause": "1",
        }
        for name, value in (controls | {"sendtimeout": str(SHORT_SECONDS), "queuelifetime": "2"}).items():
            write(f"/etc/nullmailer/{name}", f"{value}\n")
        subprocess.Popen(["setpriv", "--reuid=mail", "--regid=mail", "--clear-groups", "nullmailer-send"])

    def submit(self, scenario: Scenario, message: bytes) -> None:
        """By the sendmail command: it listens nowhere."""
        run("sendmail", "-f", scenario.sender, *(to.address for to in scenario.to), stdin=message.replace(b"\r\n", b"\n"))
