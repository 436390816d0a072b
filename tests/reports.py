"""Reports for tests, made of parts: what matters stands in the test, the rest is here."""

from collections.abc import Iterable

BOUNDARY = "=_report"
#: The header of a message of ours, as its own server received it.
RETURNED = """\
Received: by mx.example.net (Postfix, from userid 1000) id 1; today
Message-ID: <original-1@news.example.com>
Subject: October news
To: Anna <anna@example.org>
"""


def block(recipient: str = "anna@example.org", **fields: str) -> str:
    """Make a recipient's block; keywords are its fields (`action="failed"`, `diagnostic_code=…`), None leaves one out."""
    values = {"final_recipient": f"rfc822; {recipient}", "action": "failed", "status": "5.1.1"} | fields
    return "".join(f"{name.replace('_', '-').title()}: {value}\n" for name, value in values.items() if value is not None)


def report(
    *blocks: str,
    message_id: str | None = "<report-1@mx.example.net>",
    reporting_mta: str = "mx.example.net",
    received: Iterable[str] = (),
    returned: str = RETURNED,
    text: str = "Some mail could not be delivered.\n",
) -> bytes:
    """Make a delivery status notification (RFC 3464) with LF line endings."""
    head = "".join(f"Received: {hop}\n" for hop in received)
    if message_id:
        head += f"Message-ID: {message_id}\n"
    head += (
        "From: MAILER-DAEMON@mx.example.net\nTo: return@bounce.example.com\nDate: Mon, 23 Nov 2026 10:00:00 +0000\nSubject: Returned mail\n"
    )
    status = f"Reporting-MTA: dns; {reporting_mta}\n\n" + "\n".join(blocks)
    return (
        f'{head}MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="{BOUNDARY}"\n\n'
        f"--{BOUNDARY}\nContent-Type: text/plain\n\n{text}\n"
        f"--{BOUNDARY}\nContent-Type: message/delivery-status\n\n{status}\n"
        f"--{BOUNDARY}\nContent-Type: text/rfc822-headers\n\n{returned}\n"
        f"--{BOUNDARY}--\n"
    ).encode()


def bare(code: str) -> bytes:
    """Make a report whose diagnostic is *code* and nothing else."""
    return report(block(status=None, diagnostic_code=f"smtp; {code}"))


def endings(raw: bytes) -> dict[str, bytes]:
    """Give *raw* (LF) with each kind of line ending."""
    return {"LF": raw, "CRLF": raw.replace(b"\n", b"\r\n"), "CR": raw.replace(b"\n", b"\r")}


def wrapped(raw: bytes, sender: str) -> bytes:
    """Attach the message *raw* to one that *sender* wrote."""
    head = f"From: {sender}\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nsee below\n--x\nContent-Type: message/rfc822\n\n"
    return head.encode() + raw + b"\n--x--\n"
