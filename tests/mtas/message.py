"""The newsletter that is sent in every scenario, small, with the headers that newsletters have."""

from datetime import datetime
from email.utils import format_datetime

from tests.mtas.scenario import SENDER_DOMAIN, Scenario

#: The first header, which tells where in a report the returned message begins.
FIRST_LINE = f"From: Example News <news@{SENDER_DOMAIN}>".encode()


def compose(scenario: Scenario, now: datetime) -> bytes:
    """Compose the message of *scenario*, with CRLF line ends."""
    to = ", ".join(to.mailed for to in scenario.to)
    lines = [
        FIRST_LINE.decode(),
        f"To: {to}",
        f"Subject: October news, {scenario.name}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: <october.{scenario.name}@{SENDER_DOMAIN}>",
        f"List-Id: Example News <october.{SENDER_DOMAIN}>",
        f"List-Unsubscribe: <https://{SENDER_DOMAIN}/unsubscribe>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "Good morning,",
        "",
        "this is what is new in October.",
        "",
        "-- ",
        "Example News",
        "",
    ]
    return "\r\n".join(lines).encode()
