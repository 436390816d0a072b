"""Exim: writes its own words first (X-Failed-Recipients, free text), then RFC 3464, with a Status of 5.0.0 whatever the receiver said."""

import subprocess
from typing import ClassVar

from tests.mtas.server import SHORT_SECONDS, Differs, MailServer, run, write

_CONF = """\
primary_hostname = mx1.example.net
qualify_domain = mx1.example.net
domainlist local = mx1.example.net
hostlist relay = 192.0.2.0/24 : 127.0.0.1
disable_ipv6
local_interfaces = 192.0.2.10
acl_smtp_rcpt = accept
host_lookup = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
tls_advertise_hosts =
queue_run_max = 20
delay_warning = {warning}
delay_warning_condition = yes
ignore_bounce_errors_after = 1d
log_file_path = /var/log/exim4/%slog

begin acl
begin routers
dnslookup:
  driver = dnslookup
  domains = ! +local
  transport = smtp
  no_more
alias:
  driver = redirect
  allow_fail
  data = ${{lookup{{$local_part}}lsearch{{/etc/aliases}}}}

begin transports
smtp:
  driver = smtp
  interface = 192.0.2.10
  connect_timeout = {short}s
  command_timeout = {short}s
  final_timeout = {short}s
  hosts_try_fastopen =
  hosts_try_chunking =

begin retry
* * F,{lifetime},1s
"""


_UNROUTEABLE = Differs('"Unrouteable address" is what Exim says of a mailbox that it doesn\'t know, too', category="invalid-recipient")
_UNEXPLAINED = (
    "dns-trouble",
    "connection-refused",
    "dropped-at-greeting",
    "dropped-at-rcpt",
    "dropped-after-data",
    "silence-at-greeting",
    "silence-at-rcpt",
)


class Exim(MailServer):
    """Exim 4 (heavy), with a router for the DNS and one for aliases."""

    name = "exim"
    packages = ("exim4-daemon-heavy",)
    abilities = frozenset({"dns", "dsn", "orcpt", "smtputf8", "local", "alias", "delay", "gives-up"})

    own_status = ("5.0.0", "4.0.0")
    differs: ClassVar = {
        **dict.fromkeys(("success", "success-and-failure/ulrik@example.org"), Differs("Exim calls it delivered", action="delivered")),
        "delay-refused": Differs("the report gives no cause", category="unknown"),
        **dict.fromkeys(("no-such-domain", "two-domains/mona@gone.example.org"), _UNROUTEABLE),
        **dict.fromkeys(_UNEXPLAINED, Differs("the report says only that time is up", category="expired")),
    }

    def version(self) -> str:
        """As Exim says it."""
        line = next(line for line in run("exim4", "-bV").splitlines() if line.startswith("Exim version "))
        return f"Exim {line.split()[2]}"

    def start(self) -> None:
        """Write the configuration that Exim prefers to Debian's, and start the daemon."""
        lifetime, warning = ("1d", "1s:1d") if self.wait else ("1s", "0s")
        write("/etc/exim4/exim4.conf", _CONF.format(short=SHORT_SECONDS, lifetime=lifetime, warning=warning), 0o640)
        run("chgrp", "Debian-exim", "/etc/exim4/exim4.conf")
        write("/etc/aliases", "".join(f"{name}: {target}\n" for name, target in self.aliases.items()))
        subprocess.Popen(["exim4", "-bdf"])  # below process 1, -bd would stay in the foreground too

    def nudge(self) -> None:
        """Run the queue, past the retry times."""
        run("exim4", "-qff")
