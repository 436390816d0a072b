"""Take suppressions off the queue, with aio-pika alone; with this package installed, `bounced.client` has it shorter."""

import asyncio
import json
import os

import aio_pika

LEFT = int(os.environ.get("COUNT", "0"))  # for trying it out: end after so many; 0: never


def suppress(address: str, because: str) -> None:
    """Do here what your product does: an UPDATE that may run twice, because an event may come twice."""
    print(address, because, flush=True)


async def main() -> None:
    """Consume until stopped."""
    connection = await aio_pika.connect_robust(os.environ["AMQP_URL"])
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=100)
        queue = await channel.get_queue("bounced.suppress", ensure=False)
        taken = 0
        async with queue.iterator() as messages:
            async for message in messages:
                event = json.loads(message.body)
                if event["subject"]:  # null where the report names nobody
                    suppress(event["subject"], event["data"]["decision"]["because"])
                await message.ack()  # only now: what was not acknowledged comes again
                taken += 1
                if taken == LEFT:
                    return


asyncio.run(main())
