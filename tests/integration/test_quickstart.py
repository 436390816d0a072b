"""docs/quickstart.md, done word by word on a copy of this machine that is gone afterwards: a real Postfix, a real RabbitMQ.

What is installed is installed with the network that there is; the rest has a network of its own, so that its ports are nobody else's.
"""

import re
import shlex
import subprocess
import time
from pathlib import Path

from tests.servers.privilege import as_root

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "quickstart.md"
MOST_SECONDS = 30 * 60

_ENTER = """\
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs "$T"
mkdir "$T/upper" "$T/work" "$T/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$T/upper,workdir=$T/work" "$T/root"
mount -t proc proc "$T/root/proc"
mount --rbind /dev "$T/root/dev"
mount -t tmpfs tmpfs "$T/root/run"
mkdir -p "$T/root$CLONE" "$T/root/etc/bounced" "$T/root/run/lock"
mount --bind "$CLONE" "$T/root$CLONE"
cp /etc/resolv.conf "$T/root/run/resolv.conf" 2> /dev/null || true
printf '#!/bin/sh\\nexit 101\\n' > "$T/root/usr/sbin/policy-rc.d"
chmod 755 "$T/root/usr/sbin/policy-rc.d"
rm -rf "$T/root/opt/bounced" "$T/root/usr/local/bin/bounced"
chroot "$T/root" bash -eu "$STEPS.install"
exec unshare --net --uts chroot "$T/root" bash -eu "$STEPS.rest"
"""


def steps():
    """The page as two scripts: its first section, and the others; and what it says that is shown."""
    text = PAGE.read_text(encoding="utf-8")
    scripts, shown = {"1": [], "rest": []}, []
    for section in text.split("\n## ")[1:]:
        place = scripts["1" if section.startswith("1.") else "rest"]
        for language, name, block in re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
            if language == "console":
                for line in block.splitlines():
                    if line.startswith("# "):
                        place.append(line.removeprefix("# "))
                    else:
                        shown.append(line)
            else:
                place.append(f"mkdir -p {shlex.quote(str(Path(name).parent))}\ncat > {shlex.quote(name)} << 'END'\n{block}END")
    return scripts, shown


def test_word_by_word(tmp_path):
    """Somebody with nothing but the page sees the suppression come out of the queue, in well under half an hour."""
    scripts, shown = steps()
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    (tmp_path / "sandbox").mkdir()
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environ = f"export PATH={path} HOME=/root LC_ALL=C.UTF-8\nunset BOUNCED_CONFIG VIRTUAL_ENV\n"
    head = f"{environ}cd {shlex.quote(str(clone))}\n"
    (clone / "steps.install").write_text(head + "\n".join(scripts["1"]) + "\n")
    (clone / "steps.rest").write_text(f"{head}hostname mail\nip link set lo up\n" + "\n".join(scripts["rest"]) + "\n")
    (clone / "enter").write_text(f"T={tmp_path}/sandbox CLONE={clone} STEPS={clone}/steps\n{_ENTER}")
    began = time.monotonic()
    command = as_root("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", f"{clone}/enter")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MOST_SECONDS)
    print(f"{time.monotonic() - began:.0f} s of machine time")  # noqa: T201 asked for with -s

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert [] == [line for line in shown if not any(" ".join(line.split()) in each for each in lines)], done.stdout[-3000:]
    assert all(script for script in scripts.values())
    assert shown
