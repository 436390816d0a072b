"""What a mail server is here: how it is installed, set up, started and handed a message, and where its reports say less than the table.

One file each, with one subclass; `mtas.SERVERS` lists them. All of it runs as root inside the sandbox, where nothing is worth keeping.
"""

import re
import smtplib
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from tests.mtas.dns import CLIENT_ADDRESS, CLIENT_NAME, OWN_ADDRESS
from tests.mtas.scenario import Scenario, To

SMTP_PORT = 25
_CODE = re.compile(r"^[245]\d\d[ -]([245]\.\d{1,3}\.\d{1,3})\b")
SHORT_SECONDS = 4  # every time limit of a mail server that can be set


@dataclass(frozen=True)
class Differs:
    """Where a server's report of a scenario says less, or other, than the receiver did; `why` is for the reader of the table."""

    why: str
    status: tuple[str, ...] | None = None
    reply: int | None = None
    drops_reply: bool = False
    category: str | None = None
    disposition: str | None = None
    action: str | None = None
    kind: Literal["bounce", "delay", "delivery"] | None = None


class MailServer(ABC):
    """A mail server in the sandbox. Subclasses are made anew for each run, which either waits (delays) or gives up at once."""

    name: str
    #: Debian packages that it is made of.
    packages: tuple[str, ...] = ()
    #: What it can do, of the `needs` of scenarios; "gives-up": a temporary failure can be made final at once.
    abilities: frozenset[str] = frozenset()
    #: The status of a failure and of a delay where the reply has none: its own, or (None) what the table says; ("", "") is none at all.
    own_status: tuple[str, str] | None = None
    #: By scenario, or by "scenario/address" where one of several recipients differs.
    differs: ClassVar[Mapping[str, Differs]] = {}
    #: Local part of an alias to its target, for servers that can: from the table.
    aliases: Mapping[str, str] = {}

    def __init__(self, *, wait: bool) -> None:
        self.wait = wait

    @classmethod
    def fetch(cls, folder: Path) -> list[list[str]]:
        """Return the commands that bring what is no Debian package into *folder*; nothing by default."""
        del folder
        return []

    @abstractmethod
    def version(self) -> str:
        """Name the product and its version, as the product says it."""

    @abstractmethod
    def start(self) -> None:
        """Write the configuration and start the daemons."""

    def submit(self, scenario: Scenario, message: bytes) -> None:
        """Hand in *message* by SMTP with the parameters that *scenario* asks for, as far as the server takes them."""
        _wait_for_listener()
        with smtplib.SMTP(OWN_ADDRESS, SMTP_PORT, CLIENT_NAME, timeout=30, source_address=(CLIENT_ADDRESS, 0)) as client:
            client.ehlo()
            options = [f"{key}={value}" for key, value in (("RET", scenario.ret), ("ENVID", scenario.envid)) if value]
            if "smtputf8" in scenario.needs:
                options += ["SMTPUTF8", "BODY=8BITMIME"]
            _accept(client.mail(scenario.sender, options))
            for to in scenario.to:
                of_rcpt = [f"NOTIFY={scenario.notify}"] if scenario.notify else []
                of_rcpt += [f"ORCPT=rfc822;{to.original}"] if to.original else []
                _accept(client.rcpt(to.address, of_rcpt))
            _accept(client.data(message))

    def nudge(self) -> None:  # noqa: B027 -- most need none
        """Have the queue tried again, where the server would wait longer than a test can; called about once a second."""

    def can(self, scenario: Scenario) -> bool:
        """Tell whether the server can play *scenario* in this run."""
        gives_up = scenario.wait or "gives-up" in self.abilities or not any(is_temporary(scenario, to) for to in scenario.to)
        return scenario.wait == self.wait and scenario.needs <= self.abilities and gives_up

    def difference(self, scenario: Scenario, to: To) -> Differs:
        """Say where a report of *to* differs from the table."""
        return self.differs.get(f"{scenario.name}/{to.address}") or self.differs.get(scenario.name) or Differs("")

    def status(self, scenario: Scenario, to: To) -> tuple[str, ...]:
        """Return the status codes that a report of *to* may be read to have: that of the reply, if there is one."""
        reply = scenario.reply_of(to)
        if match := _CODE.match(reply):
            return (match[1],)
        if to.status and to.reply:
            return (to.status,)  # the reply at the greeting
        if to.kind == "delivery":
            return ("2.0.0",)
        if self.own_status is not None:
            own = self.own_status[to.kind == "delay"]
            return (own,) if own else ()
        return (to.status or f"{(reply or str(to.reply))[:1]}.0.0",)


def is_temporary(scenario: Scenario, to: To) -> bool:
    """Tell whether the receiver leaves open that *to* may be mailed later."""
    said = scenario.reply_of(to) or str(to.reply or "") or to.status
    return said.startswith("4")


def run(*command: str, stdin: bytes = b"") -> str:
    """Run *command* to its end, and return what it prints.

    Raises:
        RuntimeError: it failed; with what it printed.
    """
    with tempfile.TemporaryFile() as file:  # not a pipe: a daemon that keeps it open would be waited for
        done = subprocess.run(command, input=stdin, stdout=file, stderr=file, timeout=120, check=False)
        file.seek(0)
        output = file.read().decode(errors="replace")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {output[-3000:]}")
    return output


def write(path: str, text: str, mode: int = 0o644) -> None:
    """Write *text* to the file *path* of the sandbox, with the folders above it."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)


def package_version(package: str) -> str:
    """Return the version of an installed Debian package."""
    return run("dpkg-query", "-W", "-f", "${Version}", package)


def _wait_for_listener() -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((OWN_ADDRESS, SMTP_PORT)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the mail server does not listen")


def _accept(reply: tuple[int, bytes]) -> None:
    if reply[0] >= 400:
        raise RuntimeError(f"the mail server refused the submission: {reply}")
