"""Text out of octets: whatever charset a stranger names, it can be written again."""

import pytest

from bounced.parse.fields import decode_text, decode_words


@pytest.mark.parametrize("charset", ["unicode+escape", "raw+unicode+escape", "Unicode-Escape", "punycode+", "idna+", "undefined", "base64"])
def test_no_charsets(charset):
    """A codec of Python's that is no charset is not used, however its name is written."""

    assert r"\ud800" == decode_text(rb"\ud800", charset)


def test_half_a_pair():
    """Half a surrogate pair, which UTF-7 lets through, becomes a question mark; the rest stays."""

    assert ("?", "caf\u00e9") == (decode_words("=?utf-7?Q?+2AA-?="), decode_words("=?utf-7?Q?caf+AOk-?="))
