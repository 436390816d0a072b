"""The settings: one struct a table of the TOML file, each field a key with its type and default.

What each key means to an operator stands in `config/bounced.toml`; a test keeps the two alike.
"""

import os
from typing import Annotated, Literal

from msgspec import Meta, Struct

from bounced.return_path import PREFIX

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
Days = Annotated[float, Meta(gt=0)]


class Node(Struct, frozen=True, forbid_unknown_fields=True):
    """Who we are, to consumers and in the log."""

    name: str = ""
    site: str = ""
    workers: Positive | Literal["auto"] = 1

    @property
    def worker_count(self) -> int:
        """How many processes share the work; "auto" is one for each core that we may use."""
        return len(os.sched_getaffinity(0)) if self.workers == "auto" else self.workers


class Smtp(Struct, frozen=True, forbid_unknown_fields=True):
    """The listener (RFC 5321; LMTP is RFC 2033)."""

    listen: tuple[str, ...] = ("127.0.0.1:2525",)
    lmtp_listen: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    streams: dict[str, str] = {}
    hostname: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    tls_profile: Literal["modern", "intermediate", "old"] = "intermediate"
    max_message_bytes: Positive = 64 * 1024 * 1024
    spill_bytes: Positive = 256 * 1024
    max_sessions: Positive = 1000
    max_sessions_per_network: Positive = 100
    max_recipients: Positive = 100
    max_refused_recipients: Positive = 100
    max_errors: Positive = 100
    max_idle_commands: Positive = 100
    proxies: tuple[str, ...] = ()
    reply_after: Literal["commit", "publish"] = "commit"
    reply_seconds: Seconds = 60
    command_seconds: Seconds = 300
    data_seconds: Seconds = 600
    shutdown_seconds: Seconds = 10


class Journal(Struct, frozen=True, forbid_unknown_fields=True):
    """The folder that keeps what was accepted, and its limits."""

    folder: str = "/var/lib/bounced"
    max_bytes: Positive = 10 * 1024 * 1024 * 1024
    min_free_bytes: Annotated[int, Meta(ge=0)] = 256 * 1024 * 1024
    keep_done_hours: Annotated[float, Meta(ge=0)] = 72
    keep_done_bytes: Annotated[int, Meta(ge=0)] = 2 * 1024 * 1024 * 1024
    keep_unread_days: Days = 30
    remember_reports_days: Days = 90
    commit_seconds: Seconds = 30


class Sink(Struct, frozen=True, forbid_unknown_fields=True):
    """Where decisions go."""

    urls: tuple[str, ...] = ("embedded:",)
    exchange: str = "bounced.v1"
    list_exchange: str = ""
    inputs: bool = False
    declare: Literal["active", "passive", "none"] = "active"
    publish_seconds: Seconds = 10
    connect_seconds: Seconds = 10
    window: Positive = 200
    kinds: tuple[Literal["bounce", "complaint", "delay", "delivery", "auto-reply"], ...] = ("bounce", "complaint")
    retry_max_length: Positive = 1_000_000
    retry_max_age_seconds: Positive = 7 * 24 * 3600
    webhook_secret: str = ""
    webhook_template: str = ""
    webhook_headers: dict[str, str] = {}
    webhook_connections: Positive = 10
    webhook_dispositions: tuple[Literal["suppress", "retry", "none"], ...] = ("suppress", "retry", "none")


class Trust(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose reports are believed."""

    peers: tuple[str, ...] = ()
    reporters: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    believe: Literal["proven", "everyone"] = "proven"
    return_path_keys: str = ""
    return_path_prefix: str = PREFIX
    return_path_days: Positive = 30
    own_dkim: dict[str, str] = {}
    own_dkim_days: Positive = 30
    forged: Literal["withhold", "refuse"] = "withhold"
    expired: Literal["withhold", "refuse"] = "withhold"


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """What is done about a failure."""

    file: str = ""
    mode: Literal["live", "shadow"] = "live"


class History(Struct, frozen=True, forbid_unknown_fields=True):
    """What is remembered of addresses."""

    store: Literal["embedded", "postgresql", "none"] = "embedded"
    url: str = ""
    when_away: Literal["wait", "decide"] = "wait"
    keep_days: Days = 400


class Storm(Struct, frozen=True, forbid_unknown_fields=True):
    """The storm brake: when sudden suppressions of one receiver's addresses are held, and what becomes of them."""

    addresses: Annotated[int, Meta(ge=0)] = 20
    minutes: Positive = 10
    times: Annotated[float, Meta(gt=1)] = 3
    usual_share: Annotated[float, Meta(gt=0, lt=1)] = 0.25
    good_days: Days = 30
    hold_hours: Annotated[float, Meta(gt=0)] = 48
    afterwards: Literal["drop", "release"] = "drop"


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """The site's own rule packs."""

    folder: str = ""


class Admin(Struct, frozen=True, forbid_unknown_fields=True):
    """The pages for operators and their monitoring."""

    listen: str = "127.0.0.1:8025"
    postfix_policy: str = ""


class Api(Struct, frozen=True, forbid_unknown_fields=True):
    """The HTTP API, for programs."""

    listen: str = ""
    tokens: str = ""
    token: str = ""
    without_token: bool = False


class Log(Struct, frozen=True, forbid_unknown_fields=True):
    """What the log shows, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"
    addresses: Literal["plain", "domain", "hash"] = "plain"


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of one daemon."""

    node: Node = Node()
    smtp: Smtp = Smtp()
    journal: Journal = Journal()
    sink: Sink = Sink()
    trust: Trust = Trust()
    policy: Policy = Policy()
    history: History = History()
    storm: Storm = Storm()
    rules: Rules = Rules()
    admin: Admin = Admin()
    api: Api = Api()
    log: Log = Log()
