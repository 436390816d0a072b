"""The bounce daemon that a competent engineer writes in a day on the same libraries: the baseline of `benchmarks.end_to_end`.

    python -m benchmarks.days_work AMQP-URL

Stock aiosmtpd, `email.policy.default`, one awaited aio-pika publish a recipient before 250. No journal, no packs, no trust, no history.
Prints the port that it listens on.
"""

import asyncio
import email
import email.policy
import json
import sys
from email.message import EmailMessage

import aio_pika
from aiosmtpd.smtp import SMTP, Envelope, Session

QUEUE = "days-work"


class Handler:
    """Reads the delivery status of a message, and publishes what it says of each recipient."""

    def __init__(self, exchange: aio_pika.abc.AbstractExchange) -> None:
        self._exchange = exchange

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd calls it so
        """Publish, then say 250."""
        message = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        for part in message.walk():
            if part.get_content_type() == "message/delivery-status":
                for block in part.get_payload():
                    if isinstance(block, EmailMessage) and block.get("Final-Recipient"):
                        await self._publish(block)
        return "250 OK"

    async def _publish(self, block: EmailMessage) -> None:
        recipient = str(block["Final-Recipient"]).partition(";")[2].strip()
        status = str(block.get("Status", ""))
        body = {
            "recipient": recipient,
            "status": status,
            "diagnostic": str(block.get("Diagnostic-Code", "")),
            "disposition": "suppress" if status.startswith("5.1.") else "retry",
        }
        message = aio_pika.Message(json.dumps(body).encode(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await self._exchange.publish(message, QUEUE, mandatory=True)


async def main() -> None:
    """Serve until it is killed."""
    connection = await aio_pika.connect(sys.argv[1])
    channel = await connection.channel(publisher_confirms=True)
    await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    handler = Handler(channel.default_exchange)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
