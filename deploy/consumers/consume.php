<?php
// Take suppressions off the queue. composer require php-amqplib/php-amqplib, or Debian's php-amqplib.
require getenv('AMQPLIB') ?: __DIR__ . '/vendor/autoload.php';

use PhpAmqpLib\Connection\AMQPStreamConnection;
use PhpAmqpLib\Message\AMQPMessage;

// Do here what your product does: an UPDATE that may run twice, because an event may come twice.
function suppress(string $address, string $because): void
{
    echo "$address $because\n";
}

$left = (int) getenv('COUNT'); // for trying it out: end after so many; 0: never
$url = parse_url(getenv('AMQP_URL'));
$connection = new AMQPStreamConnection($url['host'], $url['port'] ?? 5672, urldecode($url['user']), urldecode($url['pass']), urldecode(ltrim($url['path'] ?? '', '/')) ?: '/');
$channel = $connection->channel();
$channel->basic_qos(0, 100, false);
$channel->basic_consume('bounced.suppress', '', false, false, false, false, function (AMQPMessage $message) use (&$left, $channel) {
    $event = json_decode($message->getBody(), true, 64, JSON_THROW_ON_ERROR);
    if ($event['subject'] !== null) { // null: the report names nobody
        suppress($event['subject'], $event['data']['decision']['because']);
    }
    $message->ack(); // only now: what was not acknowledged comes again
    if (--$left === 0) {
        $channel->basic_cancel($message->getConsumerTag());
    }
});
while ($channel->is_consuming()) {
    $channel->wait();
}
$channel->close();
$connection->close();
