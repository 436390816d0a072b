"""The certificate of STARTTLS: taken anew when its files change, never a broken one; and which TLS each profile speaks."""

import asyncio
import shutil
import smtplib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bounced.config import Smtp
from bounced.errors import ListenFailed
from bounced.receive.tls import Certificate
from bounced.receive.validity import not_after
from tests.dialogs.player import listening
from tests.servers.certificate import make_certificate


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Two certificates with their keys."""
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    return [make_certificate(folder) for folder in folders]


def put(pair, folder):
    """Put a pair where the daemon has it, as a tool that renews it does: in the place of the old one."""
    for name in ("tls_certificate", "tls_key"):
        shutil.copy(pair[name], folder / "new")
        (folder / "new").rename(folder / name)
    return {name: str(folder / name) for name in ("tls_certificate", "tls_key")}


def served(host, port, **versions):
    """Switch to TLS; give the certificate that is shown, and the version."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    for name, version in versions.items():
        setattr(context, name, version)
    with smtplib.SMTP(host, port, timeout=10) as client:
        client.starttls(context=context)
        return client.sock.getpeercert(binary_form=True), client.sock.version()


def der(pair):
    """The certificate of *pair*."""
    return ssl.PEM_cert_to_DER_cert(Path(pair["tls_certificate"]).read_text())


async def test_taken_anew(tmp_path, pairs):
    """A new pair is shown from the next session on; half of one is refused, and the one before stays in use."""
    shown, refused, refreshed = [], [], []
    async with listening(**put(pairs[0], tmp_path)) as listener:

        async def look():
            shown.append((await asyncio.to_thread(served, *listener.addresses[0]))[0])

        await look()
        refreshed.append(listener.refresh_certificate())
        shutil.copy(pairs[1]["tls_certificate"], tmp_path / "tls_certificate")
        with pytest.raises(ListenFailed, match="KEY_VALUES_MISMATCH"):
            listener.refresh_certificate()
        await look()
        put(pairs[1], tmp_path)
        refreshed.append(listener.refresh_certificate())
        await look()
        (tmp_path / "tls_key").unlink()
        with pytest.raises(ListenFailed, match="No such file"):
            listener.refresh_certificate()
        await look()

    assert [der(pairs[0]), der(pairs[0]), der(pairs[1]), der(pairs[1])] == shown
    assert ([False, True], []) == (refreshed, refused)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.parametrize(
    ("profile", "spoken"), [("modern", ["TLSv1.3"]), ("intermediate", ["TLSv1.2", "TLSv1.3"]), ("old", ["TLSv1", "TLSv1.2", "TLSv1.3"])]
)
async def test_profile(tmp_path, pairs, profile, spoken):
    """Each profile speaks its versions, and no other."""
    found = []
    async with listening(**put(pairs[0], tmp_path), tls_profile=profile) as listener:
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            try:
                found.append((await asyncio.to_thread(served, *listener.addresses[0], minimum_version=version, maximum_version=version))[1])
            except (ssl.SSLError, smtplib.SMTPException, OSError):
                continue

    assert spoken == found


def test_its_end(tmp_path, pairs):
    """It is known when it ends, also after 2049, where X.509 writes the year in full; what is no certificate is said to be none."""
    now = datetime.now(UTC)
    usual = Certificate(**{name.removeprefix("tls_"): path for name, path in pairs[0].items()}, profile=Smtp().tls_profile).until
    later = not_after(Path(make_certificate(tmp_path, days=40_000)["tls_certificate"]).read_text())

    assert abs(usual - now - timedelta(days=2)) < timedelta(hours=1)
    assert abs(later - now - timedelta(days=40_000)) < timedelta(hours=1)
    for text in ("", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"):
        with pytest.raises(ValueError, match=r"."):
            not_after(text)
