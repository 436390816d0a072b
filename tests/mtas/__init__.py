"""Real mail servers that make real reports: how tests/corpus came to be, and how anyone makes more of it. See README.md."""

from tests.mtas.courier import Courier
from tests.mtas.dma import Dma
from tests.mtas.exim import Exim
from tests.mtas.haraka import Haraka
from tests.mtas.nullmailer import Nullmailer
from tests.mtas.opensmtpd import OpenSmtpd
from tests.mtas.postfix import Postfix
from tests.mtas.sendmail import Sendmail
from tests.mtas.server import MailServer

SERVERS: dict[str, type[MailServer]] = {
    server.name: server for server in (Postfix, Exim, Sendmail, OpenSmtpd, Courier, Dma, Nullmailer, Haraka)
}
