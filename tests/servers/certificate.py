"""Certificates that are thrown away."""

import subprocess
from pathlib import Path


def make_certificate(folder: Path, host: str = "localhost", days: int = 2) -> dict[str, str]:
    """Make a self-signed certificate of *host* in *folder*; give the settings that name its files."""
    files = {"tls_certificate": str(folder / "certificate.pem"), "tls_key": str(folder / "key.pem")}
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days)),
            *("-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"),
            *("-out", files["tls_certificate"], "-keyout", files["tls_key"]),
        ],
        check=True,
        capture_output=True,
    )
    return files
