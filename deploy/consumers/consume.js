// Take suppressions off the queue. npm install amqplib
"use strict";
const amqp = require("amqplib");

const left = Number(process.env.COUNT || 0); // for trying it out: end after so many; 0: never
let begun = 0;
let taken = 0;

// Do here what your product does: an UPDATE that may run twice, because an event may come twice.
async function suppress(address, because) {
  console.log(address, because);
}

async function main() {
  const connection = await amqp.connect(process.env.AMQP_URL);
  connection.on("close", () => taken === left || process.exit(1)); // have your supervisor start it again
  const channel = await connection.createChannel();
  await channel.prefetch(100);
  await channel.consume("bounced.suppress", async (message) => {
    if (message === null) process.exit(1); // the queue is gone
    if (left && begun >= left) return; // it comes again
    begun += 1;
    const event = JSON.parse(message.content.toString("utf8"));
    if (event.subject !== null) await suppress(event.subject, event.data.decision.because); // null: the report names nobody
    channel.ack(message); // only now: what was not acknowledged comes again
    taken += 1;
    if (taken === left) {
      await channel.close();
      await connection.close();
    }
  });
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
