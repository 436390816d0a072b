"""Our own DKIM signature in a returned header: made by another library, it proves the one recipient that it covers, and nothing else."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from bounced.decide.signed_original import OwnSignatures
from bounced.decide.trust import assess
from bounced.dkim import verified
from bounced.dkim_keys import read_keys
from bounced.errors import ConfigInvalid
from bounced.model import Arrival, Envelope, Grade
from bounced.parse import parse
from tests.reports import block, report, wrapped

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EDWARDS = ed25519.Ed25519PrivateKey.generate()
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW = datetime.now(UTC)
MESSAGE = (
    b"Message-ID: <1@news.example.com>\r\nFrom: News  <news@example.com>\r\nTo: Anna\r\n  <anna@example.org>\r\n"
    b"Subject:   October\r\n\tnews\r\nDate: Mon, 23 Nov 2026 09:14:07 +0000\r\n\r\nHello\r\n"
)
NAMES = (b"from", b"to", b"subject", b"date", b"message-id")


def record(key):
    """Write the public half of *key* as it stands in DNS."""
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        octets = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(octets).decode()}"
    octets = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(octets).decode()}"


RECORDS = {"s1._domainkey.example.com": record(RSA), "s2._domainkey.example.com": record(EDWARDS)}
OURS = OwnSignatures(read_keys(RECORDS), 30)


def header(message=MESSAGE, *, key=RSA, selector=b"s1", names=NAMES, canonical=(b"relaxed", b"relaxed")):
    """Sign *message*, and give its header as a report returns it."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    signed = dkim.sign(message, selector, b"example.com", key.private_bytes(*form), canonicalize=canonical, include_headers=list(names))
    return (signed + message).decode().replace("\r\n", "\n").partition("\n\n")[0] + "\n"


def grades(returned, *recipients, at=NOW, raw=None):
    """Say how far a stranger's report on *recipients*, which returns that header, is believed for each."""
    assessor = assess([], [], believe_everyone=False, own_signatures=OURS)
    octets = raw or report(*(block(recipient) for recipient in recipients or ["anna@example.org"]), returned=returned)
    arrival = Arrival(id="a", at=at, peer="192.0.2.1", helo="", envelope=Envelope(), raw=octets, size=0, sha256="")
    return [trust.grade for trust in assessor(parse(octets), arrival).trusts]


@pytest.mark.parametrize("canonical", [(b"relaxed", b"relaxed"), (b"simple", b"simple"), (b"simple", b"relaxed")])
def test_proves(canonical):
    """A signature of ours proves the recipient, in any canonical form; in any letters of the address."""
    returned = header(canonical=canonical)

    assert [Grade.SIGNED_ORIGINAL] == grades(returned) == grades(returned, "ANNA@example.org")


def test_proves_one():
    """Of a report that names others too, it proves the one; about somebody else alone, it proves nobody."""
    returned = header()

    assert [Grade.NONE, Grade.SIGNED_ORIGINAL] == grades(returned, "bob@example.org", "anna@example.org")
    assert [Grade.NONE] == grades(returned, "bob@example.org")


CHANGED = {
    "another To above": lambda text: "To: bob@example.org\n" + text,
    "another To below": lambda text: text + "To: bob@example.org\n",
    "To changed": lambda text: text.replace("anna@", "bob@"),
    "name of To changed": lambda text: text.replace("To: Anna", "To: Bob"),
    "subject changed": lambda text: text.replace("October", "November"),
    "signature changed": lambda text: text.replace(" b=", " b=A", 1),
    "signature no base64": lambda text: text.replace(" b=", " b=*", 1),
    "body hash changed": lambda text: text.replace("bh=", "bh=A", 1),
    "time changed": lambda text: text.replace(" t=", " t=1", 1),
    "no time": lambda text: text.replace(" t=", " tt=", 1),
    "another domain": lambda text: text.replace("d=example.com", "d=example.net"),
    "another selector": lambda text: text.replace("s=s1", "s=s3"),
    "another algorithm": lambda text: text.replace("rsa-sha256", "rsa-sha1"),
    "another version": lambda text: text.replace("v=1", "v=2"),
    "eight bits": lambda text: text + "X-Any: n\u00e4\n",
    "none": lambda text: text[text.index("Message-ID") :],
}


@pytest.mark.parametrize("how", CHANGED)
def test_changed(how):
    """Whatever is changed of what is signed, nobody else is proven, and Anna only where what she is proven by is as it was."""
    original = header()
    returned = CHANGED[how](original)
    expected = Grade.SIGNED_ORIGINAL if how == "another To above" else Grade.NONE

    assert original != returned
    assert [Grade.NONE] == grades(returned, "bob@example.org")
    assert [expected] == grades(returned)


@pytest.mark.parametrize("to", [b"anna@example.org, bob@example.org", b"x: anna@example.org, bob@example.org;", b"nobody:;"])
def test_several(to):
    """Where To names several, or none, nobody is proven."""
    message = MESSAGE.replace(b"Anna\r\n  <anna@example.org>", to)

    assert [Grade.NONE, Grade.NONE] == grades(header(message), "anna@example.org", "bob@example.org")


def test_not_covered():
    """A signature that does not cover To proves nothing; nor one by a key that is not ours under a name that is."""
    assert [Grade.NONE] == grades(header(names=[b"from", b"subject"]))
    assert [Grade.NONE] == grades(header(key=OTHER))


@pytest.mark.parametrize(("days", "grade"), [(-1, Grade.NONE), (0, Grade.SIGNED_ORIGINAL), (29, Grade.SIGNED_ORIGINAL), (31, Grade.NONE)])
def test_window(days, grade):
    """It is good for some days from when it was made."""
    assert [grade] == grades(header(), at=NOW + timedelta(days=days))


def test_of_another_message():
    """A report that another message carries proves nothing by what it returns."""
    raw = wrapped(report(block("anna@example.org"), returned=header()), "mallory@example.net")

    assert Grade.SIGNED_ORIGINAL not in grades("", raw=raw)


def test_ed25519():
    """A signature of RFC 8463, over the hash of the same octets, is verified as well."""
    text = header().replace("rsa-sha256", "ed25519-sha256").replace("s=s1", "s=s2")
    signed = []
    keys = {("s2", "example.com"): ("ed25519", lambda _, octets: bool(signed.append(octets)))}
    assert [] == list(verified(text, keys))
    proof = EDWARDS.sign(hashlib.sha256(signed[0]).digest())
    head, _, tail = text.partition(" b=")
    proven = f"{head} b={base64.b64encode(proof).decode()}\n{tail[tail.index('Message-ID') :]}"

    assert [Grade.SIGNED_ORIGINAL] == grades(proven)


def test_many_signatures():
    """However many signatures there are, a few are tried."""
    returned = header()
    many = returned[: returned.index("Message-ID")].replace("s=s1", "s=s9") * 20 + returned

    assert [] == list(verified(many, OURS.keys))


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ({"example.com": "v=DKIM1; p=x"}, "is not SELECTOR._domainkey.DOMAIN"),
        ({"s._domainkey.example.com": "v=DKIM1; p=x"}, "want a DKIM record"),
        ({"s._domainkey.example.com": "v=DKIM1; k=dsa; p=AAAA"}, "k=dsa is not known"),
        ({"s._domainkey.example.com": "v=DKIM1; k=ed25519; p=AAAA"}, "want a DKIM record"),
        ({"s._domainkey.example.com": ""}, "want a DKIM record"),
    ],
)
def test_records(records, reason):
    """A record that is none is said with its name."""
    with pytest.raises(ConfigInvalid, match=reason):
        read_keys(records)
