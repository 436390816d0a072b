"""DragonFly Mail Agent: delivers to the receivers itself, one recipient after the other; a report for each, in free text."""

import os
import time
from pathlib import Path
from typing import ClassVar

from tests.mtas.scenario import Scenario, To
from tests.mtas.server import Differs, MailServer, is_temporary, package_version, run, write

_SPOOL = Path("/var/spool/dma")
_GIVEN_UP = {"greylisted", "full-for-now", "connection-refused"}
_FORGOTTEN = Differs("the report says only that time is up", status=(), drops_reply=True, category="expired")
_NULL_MX = Differs(
    "it tries a null MX again; in the end the report says only that time is up", drops_reply=True, category="expired", disposition="retry"
)
_OLD_SECONDS = 6 * 86400  # it gives up after five days, by the age of the file


class Dma(MailServer):
    """dma, without a smarthost."""

    name = "dma"
    packages = ("dma",)
    abilities = frozenset({"dns", "gives-up"})
    own_status = ("", "")
    differs: ClassVar = {"domain-without-mail": _NULL_MX}

    def can(self, scenario: Scenario) -> bool:
        """Tell; of the temporary failures, whose reports are all the same, a few will do."""
        return super().can(scenario) and (scenario.name in _GIVEN_UP or not any(is_temporary(scenario, to) for to in scenario.to))

    def difference(self, scenario: Scenario, to: To) -> Differs:
        """Say that it forgets what the receiver said when it gives up."""
        return _FORGOTTEN if is_temporary(scenario, to) else super().difference(scenario, to)

    def version(self) -> str:
        """The package's, cut to the upstream version."""
        return f"dma {package_version('dma').partition('-')[0]}"

    def start(self) -> None:
        """Write dma.conf; there is no daemon."""
        write("/etc/dma/dma.conf", "MAILNAME mx1.example.net\n")

    def submit(self, scenario: Scenario, message: bytes) -> None:
        """By its sendmail command."""
        run("/usr/sbin/dma", "-f", scenario.sender, *(to.address for to in scenario.to), stdin=message.replace(b"\r\n", b"\n"))

    def nudge(self) -> None:
        """Make what waits old, so that it is given up, and run the queue."""
        old = time.time() - _OLD_SECONDS
        for file in _SPOOL.glob("[MQ]*"):
            os.utime(file, (old, old))
        run("/usr/sbin/dma", "-q")
