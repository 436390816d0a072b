"""Sendmail: RFC 3464 after a transcript of the session; one report for failures and successes together."""

import contextlib
from typing import ClassVar

from tests.mtas.scenario import Scenario, To
from tests.mtas.server import SHORT_SECONDS, Differs, MailServer, is_temporary, package_version, run, write

_MC = """\
divert(-1)
divert(0)dnl
VERSIONID(`reports')
OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl
undefine(`confHOST_STATUS_DIRECTORY')dnl
define(`confDOMAIN_NAME', `mx1.example.net')dnl
define(`confPRIVACY_FLAGS', `')dnl
define(`ALIAS_FILE', `/etc/mail/aliases')dnl
define(`confTO_QUEUERETURN', `{lifetime}')dnl
define(`confTO_QUEUEWARN', `{warning}')dnl
define(`confMIN_QUEUE_AGE', `0')dnl
define(`confSEPARATE_PROC', `True')dnl
define(`confTO_INITIAL', `{short}s')dnl
define(`confTO_CONNECT', `{short}s')dnl
define(`confTO_ICONNECT', `{short}s')dnl
define(`confTO_HELO', `{short}s')dnl
define(`confTO_RCPT', `{short}s')dnl
define(`confTO_DATAFINAL', `{short}s')dnl
FEATURE(`no_default_msa')dnl
RELAY_DOMAIN(`192.0.2')dnl
FEATURE(`accept_unresolvable_domains')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=192.0.2.10, Family=inet')dnl
CLIENT_OPTIONS(`Family=inet, Addr=192.0.2.10')dnl
LOCAL_CONFIG
Cwmx1.example.net
MAILER_DEFINITIONS
MAILER(`local')dnl
MAILER(`smtp')dnl
"""


_OWN = "in Sendmail's own words"
_OWN_CODE = "Sendmail's own code beside the reply"
_READ_ERRORS = ("dropped-at-greeting", "silence-at-greeting", "dropped-after-data", "silence-at-rcpt")


class Sendmail(MailServer):
    """Sendmail 8 with Debian's m4 macros."""

    name = "sendmail"
    packages = ("sendmail-bin", "sendmail-cf", "m4", "sensible-mda")
    abilities = frozenset({"dns", "dsn", "orcpt", "local", "alias", "delay", "gives-up"})

    differs: ClassVar = {
        **dict.fromkeys(("success", "success-and-failure/ulrik@example.org"), Differs("the code of the reply to RCPT", status=("2.1.5",))),
        **dict.fromkeys(("no-such-domain", "two-domains/mona@gone.example.org"), Differs(_OWN, status=("5.1.2",), reply=550)),
        **dict.fromkeys(("blocked-at-greeting", "two-domains/leo@blocked.example.com"), Differs(_OWN_CODE, status=("5.5.0",))),
        "domain-without-mail": Differs(_OWN, reply=556),
        "local-unknown": Differs(_OWN, reply=550),
        "dns-trouble": Differs(_OWN, status=("4.4.7",), reply=451),
        "connection-refused": Differs(_OWN, status=("4.4.7",)),
        "dropped-at-rcpt": Differs(_OWN, status=("4.4.1", "4.4.7"), reply=421),
        **dict.fromkeys(_READ_ERRORS, Differs(_OWN, status=("4.4.1", "4.4.7"), reply=451)),
        "unknown-user-without-enhanced-code": Differs(_OWN_CODE, status=("5.1.1",)),
    }

    def status(self, scenario: Scenario, to: To) -> tuple[str, ...]:
        """Return the code of the reply, and that for expiry, which stands in the Status field of all that it gives up."""
        said = super().status(scenario, to)
        return (*said, "4.4.7") if is_temporary(scenario, to) and not scenario.wait else said

    def version(self) -> str:
        """The package's, cut to the upstream version."""
        return f"Sendmail {'.'.join(package_version('sendmail-bin').split('.')[:3])}"

    def start(self) -> None:
        """Build sendmail.cf and start the daemon with a queue run every second."""
        lifetime, warning = ("1d", "1s") if self.wait else ("2s", "1h")
        write("/etc/mail/reports.mc", _MC.format(short=SHORT_SECONDS, lifetime=lifetime, warning=warning))
        write("/etc/mail/sendmail.cf", run("m4", "/usr/share/sendmail/cf/m4/cf.m4", "/etc/mail/reports.mc"))
        own = {"MAILER-DAEMON": "postmaster", "postmaster": "/dev/null"}  # without them it makes no report at all
        write("/etc/mail/aliases", "".join(f"{name}: {target}\n" for name, target in (own | dict(self.aliases)).items()))
        write("/etc/mail/local-host-names", "mx1.example.net\n")
        run("mkdir", "-p", "/var/run/sendmail/mta", "/var/spool/mqueue")
        run("newaliases")
        run("/usr/sbin/sendmail-mta", "-bd", "-q1s")

    def submit(self, scenario: Scenario, message: bytes) -> None:
        """By SMTP, but to local users by command: at RCPT it refuses those that are unknown."""
        if "local" in scenario.needs:
            with contextlib.suppress(RuntimeError):  # its exit code says that the user is unknown; the report is mailed all the same
                run(
                    "/usr/sbin/sendmail-mta",
                    "-Am",
                    "-oem",
                    "-odq",
                    "-i",
                    "-f",
                    scenario.sender,
                    *(to.address for to in scenario.to),
                    stdin=message.replace(b"\r\n", b"\n"),
                )
        else:
            super().submit(scenario, message)
