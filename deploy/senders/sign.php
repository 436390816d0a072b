<?php
// Signs a return path for bounced (docs/return-paths.md).
// Usage: php sign.php KEYS RECIPIENT DOMAIN [REFERENCE [DAY]]

/** Gives the envelope sender for a message to $recipient: an address of $domain. */
function sign_return_path(string $keys, string $recipient, string $domain, string $reference = '', ?int $day = null, string $prefix = 'b-'): string
{
    $lines = array_filter(file($keys, FILE_IGNORE_NEW_LINES | FILE_SKIP_EMPTY_LINES), fn ($line) => $line[0] !== '#');
    [$id, , $hex] = preg_split('/\s+/', trim(end($lines)));
    $secret = hex2bin($hex);
    if (preg_match('/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i', $reference)) {
        $reference = hex2bin(str_replace('-', '', $reference));
    } elseif (!preg_match('/^[\x20-\x7e]{0,16}$/D', $reference)) {
        throw new InvalidArgumentException('the reference is no UUID, nor at most 16 printable ASCII characters');
    }
    $hmac = fn (string $octets) => substr(hash_hmac('sha256', $octets, $secret, true), 0, 8);
    $tag = $hmac("bounced recipient 1\0" . strtr($recipient, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'));
    $signed = chr((int) $id) . pack('n', $day ?? intdiv(time(), 86400)) . $reference . $tag;

    return $prefix . base32($signed . $hmac("bounced return path 1\0" . $signed)) . '@' . $domain;
}

/** Base32 (RFC 4648) in lower case, without padding. */
function base32(string $octets): string
{
    $bits = implode('', array_map(fn ($octet) => sprintf('%08b', ord($octet)), str_split($octets)));
    $fives = array_map(fn ($five) => str_pad($five, 5, '0'), str_split($bits, 5));

    return implode('', array_map(fn ($five) => 'abcdefghijklmnopqrstuvwxyz234567'[bindec($five)], $fives));
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__) {
    echo sign_return_path($argv[1], $argv[2], $argv[3], $argv[4] ?? '', isset($argv[5]) ? (int) $argv[5] : null), "\n";
}
