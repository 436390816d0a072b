// Signs a return path for bounced (docs/return-paths.md).
// Usage: node sign.js KEYS RECIPIENT DOMAIN [REFERENCE [DAY]]
'use strict';

const { createHmac } = require('node:crypto');
const { readFileSync } = require('node:fs');

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Gives the envelope sender for a message to `recipient`: an address of `domain`. */
function signReturnPath(keys, recipient, domain, { reference = '', day = Math.floor(Date.now() / 86_400_000), prefix = 'b-' } = {}) {
  const lines = readFileSync(keys, 'ascii').split('\n').filter((line) => line.trim() && !line.startsWith('#'));
  const [id, , hex] = lines.at(-1).trim().split(/\s+/);
  const hmac = (...parts) => parts.reduce((sum, part) => sum.update(part), createHmac('sha256', Buffer.from(hex, 'hex'))).digest().subarray(0, 8);
  const tag = hmac('bounced recipient 1\0', recipient.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
  const signed = Buffer.concat([Buffer.from([Number(id), day >> 8, day & 255]), packReference(reference), tag]);
  return `${prefix}${base32(Buffer.concat([signed, hmac('bounced return path 1\0', signed)]))}@${domain}`;
}

function packReference(reference) {
  if (UUID.test(reference)) return Buffer.from(reference.replaceAll('-', ''), 'hex');
  if (!/^[\x20-\x7e]{0,16}$/.test(reference)) throw new RangeError('the reference is no UUID, nor at most 16 printable ASCII characters');
  return Buffer.from(reference, 'ascii');
}

/** Base32 (RFC 4648) in lower case, without padding. */
function base32(octets) {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  return bits.match(/.{1,5}/g).map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[parseInt(five.padEnd(5, '0'), 2)]).join('');
}

module.exports = { signReturnPath };

if (require.main === module) {
  const [keys, recipient, domain, reference, day] = process.argv.slice(2);
  console.log(signReturnPath(keys, recipient, domain, { reference, day: day === undefined ? undefined : Number(day) }));
}
