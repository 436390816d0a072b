"""Signs a return path for bounced (docs/return-paths.md), with bounced's own library.

Usage: python sign.py KEYS RECIPIENT DOMAIN [REFERENCE [DAY]]
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bounced.keyring import read_keys
from bounced.return_path import sign


def main(keys: str, recipient: str, domain: str, reference: str = "", day: str = "") -> None:
    """Print the envelope sender for a message to *recipient*: an address of *domain*."""
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=int(day)) if day else datetime.now(UTC)
    print(sign(recipient, domain, read_keys(Path(keys)), now, reference=reference))


if __name__ == "__main__":
    main(*sys.argv[1:])
