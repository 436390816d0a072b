"""`bounced status`: how the node stands. Asks the running daemon; without one, the journal tells what it knows.

It changes nothing.
"""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from msgspec import structs

from bounced import config
from bounced.admin import Status
from bounced.cli import config_option
from bounced.cli.left import journal_folder
from bounced.errors import InputUnreadable
from bounced.explain.quantity import size
from bounced.store import Account
from bounced.store.account import account as draw_up
from bounced.store.account import total
from bounced.store.reader import reading_journals

_SECONDS = 10


@click.command
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON: what /status serves, or the account alone.")
def command(config_path: Path | None, *, as_json: bool) -> int:
    """Show what was accepted and decided, and what is amiss. Exit code 1: the account does not balance."""
    settings = config.load(config_path)
    status = _ask(settings.admin.listen) if settings.admin.listen else None
    if status is None:
        account: Account | None = total([draw_up(connection) for _, connection in reading_journals(journal_folder(settings))])
    else:
        account = status.account
    if as_json:
        shown = account if status is None else status
        click.echo(json.dumps(msgspec.to_builtins(shown), indent=2))
    else:
        lines = ["No daemon answers; this is what the journal holds."] if status is None else [*_node(status)]
        click.echo("\n".join([*lines, *_sums(account)]))
    return 0 if account is None or account.balanced else 1


def _ask(listen: str) -> Status | None:
    """Ask the daemon on *listen*; None when there is none."""
    url = f"http://{listen}/status"
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:
            return msgspec.json.decode(answer.read(), type=Status)
    except (urllib.error.HTTPError, http.client.HTTPException, msgspec.MsgspecError) as error:
        raise InputUnreadable(f"{url}: is that bounced? {error}") from error
    except OSError:
        return None


def _node(status: Status) -> Iterator[str]:
    yield f"{status.node} of {status.site}, bounced {status.version}, since {status.started_at.isoformat(timespec='seconds')}"
    yield f"accepts mail on {', '.join((*status.listen, *status.lmtp_listen))}" if status.ready else f"REFUSES MAIL: {status.refusal}"
    yield f"publishes to {', '.join(status.sink)}"
    for cause, reason in status.degraded.items():
        yield f"degraded, {cause}: {reason}"
    yield f"sessions: {status.sessions} of {status.max_sessions}"
    if status.oldest_undelivered is not None:
        yield f"the oldest message not fully published came {status.oldest_undelivered.isoformat(timespec='seconds')}"
    if status.free_bytes is not None:
        yield f"the disk has {size(status.free_bytes)} left"


def _sums(account: Account | None) -> Iterator[str]:
    if account is None:
        yield "The journal does not answer."
        return
    for name, whole, parts in (("arrivals", "accepted", account.arrivals), ("decisions", "made", account.decisions)):
        counts = structs.asdict(parts)
        count_of_all = counts.pop(whole)
        sum_of_parts = " + ".join(f"{count} {part.replace('_', ' ')}" for part, count in counts.items())
        yield f"{name}: {count_of_all} {whole} = {sum_of_parts}"
    yield f"{size(account.kept_bytes)} of messages are kept"
    if not account.balanced:
        yield "THE ACCOUNT DOES NOT BALANCE: something was lost or doubled; keep the journal's folder as it is and look into it."
