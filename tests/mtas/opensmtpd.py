"""OpenSMTPD: RFC 3464 after a few lines of its own; it repeats the receiver's words in both."""

import contextlib

from tests.mtas.scenario import Scenario, To
from tests.mtas.server import Differs, MailServer, is_temporary, package_version, run, write

_CONF = """\
queue ttl {lifetime}
bounce warn-interval {warning}
table aliases file:/etc/aliases
table sources {{ 192.0.2.10 }}
listen on 192.0.2.10 port 25 hostname mx1.example.net
action "local" maildir "/var/mail/%{{user.username}}" alias <aliases>
action "relay" relay src <sources> helo mx1.example.net
match from any for local action "local"
match from any for any action "relay"
"""


_GIVEN_UP = {"greylisted", "full-for-now", "connection-refused", "blocked-at-greeting", "domain-without-mail", "two-domains"}
_WHY = "given up, yet the report says delayed, and nothing of what the receiver said"
_FORGOTTEN = Differs(_WHY, kind="delay", status=("4.4.7",), drops_reply=True, category="expired", disposition="retry")


class OpenSmtpd(MailServer):
    """OpenSMTPD. It refuses unknown local users itself at RCPT, and its time limits can't be shortened."""

    name = "opensmtpd"
    packages = ("opensmtpd",)
    abilities = frozenset({"dns", "dsn", "alias", "delay", "gives-up"})

    own_status = ("5.0.0", "4.0.0")

    def can(self, scenario: Scenario) -> bool:
        """Tell; of what it gives up, whose reports are all the same, a few will do."""
        return super().can(scenario) and (
            scenario.wait or scenario.name in _GIVEN_UP or not any(_is_put_off(scenario, to) for to in scenario.to)
        )

    def difference(self, scenario: Scenario, to: To) -> Differs:
        """Say that it forgets what the receiver said when it gives up."""
        return _FORGOTTEN if _is_put_off(scenario, to) and not scenario.wait else super().difference(scenario, to)

    def version(self) -> str:
        """The package's, cut to the upstream version."""
        return f"OpenSMTPD {package_version('opensmtpd').partition('-')[0]}"

    def start(self) -> None:
        """Write smtpd.conf and start the daemon."""
        lifetime, warning = ("1d", "2s") if self.wait else ("3s", "1d")
        write("/etc/smtpd.conf", _CONF.format(lifetime=lifetime, warning=warning))
        write("/etc/aliases", "".join(f"{name}: {target}\n" for name, target in self.aliases.items()))
        run("smtpd")

    def nudge(self) -> None:
        """Schedule all that waits."""
        with contextlib.suppress(RuntimeError):  # its answer when nothing waits
            run("smtpctl", "schedule", "all")


def _is_put_off(scenario: Scenario, to: To) -> bool:
    """Tell whether it tries *to* again: after a refusal at the greeting and over a null MX, too."""
    return is_temporary(scenario, to) or to.reply == 554 or to.address == "zacharias@nomail.example.org"
