"""Postfix: writes RFC 3464 reports, RFC 6533 ones for SMTPUTF8; a message each for failures and successes."""

from typing import ClassVar

from tests.mtas.server import SHORT_SECONDS, Differs, MailServer, run, write

_MAIN_CF = """\
compatibility_level = 3.6
myhostname = mx1.example.net
mydestination = mx1.example.net
mynetworks = 127.0.0.0/8 192.0.2.0/24
inet_interfaces = 192.0.2.10
inet_protocols = ipv4
smtp_bind_address = 192.0.2.10
maillog_file = /var/log/mail.log
alias_maps = hash:/etc/postfix/aliases
alias_database = hash:/etc/postfix/aliases
smtputf8_enable = yes
biff = no
local_recipient_maps =
smtp_helo_timeout = {short}s
smtp_connect_timeout = {short}s
smtp_rcpt_timeout = {short}s
smtp_data_done_timeout = {short}s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
maximal_queue_lifetime = {lifetime}
bounce_queue_lifetime = 1d
delay_warning_time = {warning}
"""


_TRIES_AGAIN = Differs("a refusal at the greeting is temporary for Postfix", status=("4.0.0",))
_NO_SUCH_DOMAIN = Differs("Postfix's code for a domain that is not there", status=("5.4.4",))


class Postfix(MailServer):
    """Postfix with its own local delivery and aliases."""

    name = "postfix"
    packages = ("postfix",)
    abilities = frozenset({"dns", "dsn", "orcpt", "smtputf8", "size", "local", "alias", "delay", "gives-up"})

    differs: ClassVar = {
        "blocked-at-greeting": _TRIES_AGAIN,
        "two-domains/leo@blocked.example.com": _TRIES_AGAIN,
        "no-such-domain": _NO_SUCH_DOMAIN,
        "two-domains/mona@gone.example.org": _NO_SUCH_DOMAIN,
        "domain-without-mail": Differs("Postfix's code for a null MX", status=("5.1.0",)),
    }

    def version(self) -> str:
        """As postconf says it."""
        return f"Postfix {run('postconf', '-d', '-h', 'mail_version').strip()}"

    def start(self) -> None:
        """Write main.cf over Debian's, and start the master."""
        lifetime, warning = ("1d", "1s") if self.wait else ("0", "0")
        write("/etc/postfix/main.cf", _MAIN_CF.format(short=SHORT_SECONDS, lifetime=lifetime, warning=warning))
        write("/etc/postfix/aliases", "".join(f"{name}: {target}\n" for name, target in self.aliases.items()))
        run("postconf", "-F", "*/*/chroot=n")
        run("newaliases")
        run("postfix", "start")
