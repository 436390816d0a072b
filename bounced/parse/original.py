"""The message that was bounced, as far as a report returns it (RFC 3462 §2, RFC 6522 §3)."""

import re

from bounced import address
from bounced.model import Original
from bounced.parse.fields import Fields, read_fields
from bounced.parse.mime import Part

#: Addresses of the To field that are kept.
MAX_TO = 50

#: Received fields that are kept.
MAX_HOPS = 100
#: Received fields that are searched for the recipient.
MAX_TRACE = 20

#: Characters of a header that are kept.
MAX_HEADER = 64 * 1024

_FOR = re.compile(r"for(?<!\wfor)\s+<?([^\s<>;]{1,320}@[^\s<>;]{1,255})")
_TO_FIELDS = ("x-original-to", "envelope-to", "x-envelope-to", "delivered-to")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,400}>")


def read(returned: Part) -> Original:
    """Read the headers of the message that the part *returned* carries."""
    header = returned.message.header
    if not header:  # some servers put a blank line before the returned headers
        header = returned.text.lstrip("\n").partition("\n\n")[0]
    return read_header(header, returned.end - returned.body)


def read_header(header: str, size: int) -> Original:
    """Read the *header* of a returned message, of which *size* octets came along."""
    fields = read_fields(header)
    hops = fields.all("received")[:MAX_HOPS]
    message_id = fields.get("message-id")
    found = _MESSAGE_ID.search(message_id) if message_id else None
    return_path = fields.get("return-path")
    return Original(
        message_id=found[0] if found else message_id,
        subject=fields.text("subject"),
        to=tuple(address.find(", ".join(fields.all("to")), MAX_TO)),
        list_id=_list_id(fields.get("list-id")),
        return_path=address.read(return_path) if return_path else None,
        mailed=_mailed(fields, hops),
        hops=tuple(hops),
        header=header[:MAX_HEADER],
        size=size,
    )


def _mailed(fields: Fields, hops: list[str]) -> tuple[str, ...]:
    """Find whom the message was mailed to, as the servers that it passed wrote in its header (RFC 5321 §4.4)."""
    found = dict.fromkeys(match for hop in hops[:MAX_TRACE] if "for" in hop for match in _FOR.findall(hop))
    for name in _TO_FIELDS:
        if name in fields:
            found |= dict.fromkeys(each for value in fields.all(name)[:MAX_TRACE] for each in address.find(value, 1))
    return tuple(each for each in found if address.is_address(each))


def _list_id(field: str | None) -> str | None:
    """Return what stands between the angle brackets of a List-Id (RFC 2919 §3), else all of it."""
    if field is None:
        return None
    return field.rpartition("<")[2].partition(">")[0].strip() or field
