"""The settings: where they come from, and what is said about bad ones."""

from pathlib import Path

import pytest

from bounced.config import Config, host_and_port, is_loopback, load
from bounced.errors import ConfigInvalid

NOT_SHOWN = "The configuration can't be used: "
TABLES = "node, smtp, journal, sink, trust, policy, history, storm, rules, admin, api, log"
KEYS = (
    "listen, lmtp_listen, accept, streams, hostname, tls_certificate, tls_key, tls_profile, max_message_bytes, spill_bytes, "
    "max_sessions, max_sessions_per_network, max_recipients, max_refused_recipients, max_errors, max_idle_commands, "
    "proxies, reply_after, reply_seconds, command_seconds, data_seconds, shutdown_seconds"
)
NO_HOST = "is no host name (mail.example.net), nor .example.net for all hosts there, nor *"
NOT_OURS = "is neither a domain (bounces.example.net) nor an address (returns@example.net)"


def refusal(path: Path | None, environ: dict[str, str]) -> str:
    """Return what loading says, less the sentence that all refusals begin with and the folder."""
    with pytest.raises(ConfigInvalid) as caught:
        load(path, environ)
    text = str(caught.value).removeprefix(NOT_SHOWN)
    return text.replace(f"{path.parent}/", "") if path else text


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[smtp]\nlisten_on = []", f"bounced.toml: smtp: there is no listen_on, only {KEYS}"),
        ("[smpt]\n", f"bounced.toml: top level: there is no smpt, only {TABLES}"),
        ("[smtp]\nmax_sessions = 0", "bounced.toml: smtp.max_sessions: Expected `int` >= 1"),
        ("[smtp]\nmax_sessions = '9'", "bounced.toml: smtp.max_sessions: Expected `int`, got `str`"),
        ("[smtp]\ncommand_seconds = 0", "bounced.toml: smtp.command_seconds: Expected `float` > 0.0"),
        ("[smtp]\nlisten = '127.0.0.1:25'", 'bounced.toml: smtp.listen: want a list: ["127.0.0.1:25"]'),
        ("[sink]\nurls = 'amqp://a:secret@b'", 'bounced.toml: sink.urls: want a list: ["…"]'),
        ("[smtp]\naccept = ['a.example', 5]", "bounced.toml: smtp.accept[1]: Expected `str`, got `int`"),
        ("[log]\nlevel = 'loud'", 'bounced.toml: log.level: Invalid enum value \'loud\', want "debug", "info", "warning" or "error"'),
        (
            "[sink]\nkinds = ['bounce', 'spam']",
            'bounced.toml: sink.kinds[1]: Invalid enum value \'spam\', want "bounce", "complaint", "delay", "delivery" or "auto-reply"',
        ),
        ("smtp = 25", "bounced.toml: smtp: Expected `object`, got `int`"),
    ],
)
def test_bad_key_or_value(tmp_path: Path, toml: str, message: str) -> None:
    """An unknown key and a value of the wrong type or range are refused with file, key and reason."""
    path = tmp_path / "bounced.toml"
    path.write_text(toml)

    assert message == refusal(path, {})


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (
            "[smtp]\nlisten = ['127.0.0.1:25', '0.0.0.0:25']",
            "bounced.toml: smtp.listen: 0.0.0.0:25 is open to strangers: set smtp.accept to the domains or addresses of your return path",
        ),
        (
            "[smtp]\nlisten = ['mx:25']",
            "bounced.toml: smtp.listen: mx:25 is open to strangers: set smtp.accept to the domains or addresses of your return path",
        ),
        ("[smtp]\nlisten = ['2525']", "bounced.toml: smtp.listen: '2525' is not HOST:PORT"),
        ("[smtp]\nlisten = ['127.0.0.1:65536']", "bounced.toml: smtp.listen: '127.0.0.1:65536' is not HOST:PORT"),
        ("[smtp]\ntls_key = 'k.pem'", "bounced.toml: smtp.tls_certificate: set smtp.tls_key with it, and neither without the other"),
        (
            "[smtp]\ntls_certificate = 'c.pem'",
            "bounced.toml: smtp.tls_certificate: set smtp.tls_key with it, and neither without the other",
        ),
        ("[smtp.streams]\n'a.example' = 'news'", "bounced.toml: smtp.streams: a.example is not among smtp.accept"),
        (
            "[smtp]\naccept = ['a.example']\nstreams = { 'a.example' = 'Our News' }",
            "bounced.toml: smtp.streams: 'Our News' must be of a-z, 0-9 and - only (it is a word of the routing key)",
        ),
        ("[trust]\npeers = ['192.0.2.1/24']", "bounced.toml: trust.peers: 192.0.2.1/24 has host bits set"),
        ("[trust]\npeers = ['mx']", "bounced.toml: trust.peers: 'mx' does not appear to be an IPv4 or IPv6 network"),
        (
            "[smtp]\nproxies = ['proxy.example']",
            "bounced.toml: smtp.proxies: 'proxy.example' does not appear to be an IPv4 or IPv6 network",
        ),
        (
            "[node]\nworkers = 2\n[sink]\nurls = ['amqp://a']",
            (
                "bounced.toml: history.store: several workers can't count in one file: "
                'set it to "postgresql", to "none" (each report is judged by itself), or node.workers to 1'
            ),
        ),
        (
            "[history]\nstore = 'postgresql'",
            'bounced.toml: history.url: history.store = "postgresql" wants its address: postgresql://user@host/database',
        ),
        (
            "[history]\nurl = 'postgresql://db/bounced'",
            'bounced.toml: history.url: it is not asked while history.store = "embedded"',
        ),
        (
            "[history]\nstore = 'postgresql'\nurl = 'postgresql://db/bounced?password=s'",
            (
                "bounced.toml: history.url: write the password before the host (user:password@host), where we know to hide it, "
                "or in libpq's password file"
            ),
        ),
        (
            "[history]\nkeep_days = 30",
            (
                "bounced.toml: history.keep_days: must be no shorter than journal.remember_reports_days: "
                "a report is counted once while it is known"
            ),
        ),
        (
            "[history]\nstore = 'none'\n[admin]\npostfix_policy = '127.0.0.1:8026'",
            'bounced.toml: admin.postfix_policy: with history.store = "none" there is nothing to ask for',
        ),
        (
            "[sink]\nlist_exchange = 'bounced.list.v1'",
            "bounced.toml: sink.list_exchange: only RabbitMQ has exchanges: elsewhere ask the API for changes (GET /v1/events)",
        ),
        (
            "[sink]\nurls = ['amqp://a']\nlist_exchange = 'bounced.v1'",
            "bounced.toml: sink.list_exchange: must be another than sink.exchange: the keys are of another form",
        ),
        (
            "[sink]\ninputs = true",
            "bounced.toml: sink.inputs: only RabbitMQ has these queues: elsewhere use the API (POST /v1/deliveries, /v1/replies)",
        ),
        (
            "[api]\ntokens = 'tokens'\n[admin]\nlisten = ''",
            "bounced.toml: api.listen: it is empty, and admin.listen too, so nobody asks for the tokens: set one, or leave them out",
        ),
        (
            "[api]\nlisten = '127.0.0.1:8027'",
            (
                "bounced.toml: api.listen: set api.tokens to a file of tokens (bounced tokens new), "
                "or api.without_token where only you can reach it"
            ),
        ),
        (
            "[api]\nlisten = '0.0.0.0:8027'\nwithout_token = true",
            "bounced.toml: api.listen: api.without_token is for loopback or a unix socket alone, and so must admin.listen be",
        ),
        (
            "[history]\nstore = 'none'\n[api]\nlisten = 'unix:/api.sock'\nwithout_token = true",
            'bounced.toml: api.listen: with history.store = "none" there is nothing to ask for',
        ),
        (
            (
                "[node]\nworkers = 2\n[history]\nstore = 'postgresql'\nurl = 'postgresql://db/b'\n"
                "[sink]\nurls = ['amqp://a']\n[api]\nlisten = '127.0.0.1:1'\ntokens = 't'"
            ),
            "bounced.toml: api.listen: it is served by a node with one worker alone (node.workers)",
        ),
        ("[api]\nlisten = '8027'\ntokens = 't'", "bounced.toml: api.listen: '8027' is not HOST:PORT"),
        (
            "[api]\nlisten = '127.0.0.1:1'\ntoken = 'secret'",
            "bounced.toml: api.token: want 20 characters at least, by chance",
        ),
        ("[admin]\nlisten = '8025'", "bounced.toml: admin.listen: '8025' is not HOST:PORT"),
        ("[smtp]\naccept = ['x.example', '@b.example']", f"bounced.toml: smtp.accept: '@b.example' {NOT_OURS}: write 'b.example'"),
        ("[smtp]\naccept = ['<a@b.example>']", f"bounced.toml: smtp.accept: '<a@b.example>' {NOT_OURS}: write 'a@b.example'"),
        (
            "[smtp]\naccept = ['*.b.example']",
            f"bounced.toml: smtp.accept: '*.b.example' {NOT_OURS}: write 'b.example', and name each subdomain",
        ),
        (
            "[smtp]\naccept = ['.b.example']",
            f"bounced.toml: smtp.accept: '.b.example' {NOT_OURS}: write 'b.example', and name each subdomain",
        ),
        ("[smtp]\naccept = ['not a domain!']", f"bounced.toml: smtp.accept: 'not a domain!' {NOT_OURS}"),
        ("[smtp]\naccept = ['a@b@c']", f"bounced.toml: smtp.accept: 'a@b@c' {NOT_OURS}"),
        ("[smtp]\naccept = ['']", f"bounced.toml: smtp.accept: '' {NOT_OURS}"),
        (
            "[trust]\nreporters = ['mail example']",
            f"bounced.toml: trust.reporters: 'mail example' {NO_HOST}",
        ),
        (
            "[trust]\nreporters = ['mail.example.']",
            f"bounced.toml: trust.reporters: 'mail.example.' {NO_HOST}",
        ),
        (
            "[sink]\nurls = ['memory:']",
            "bounced.toml: sink.urls: there is no sink memory:, only amqp:, amqps:, embedded:, file:, http:, https:, stdout:",
        ),
        (
            "[sink]\nurls = ['']",
            "bounced.toml: sink.urls: there is no sink :, only amqp:, amqps:, embedded:, file:, http:, https:, stdout:",
        ),
        ("[sink]\nurls = []", "bounced.toml: sink.urls: want one address, or several of the same kind (amqp://… and amqps://…)"),
        (
            "[sink]\nurls = ['embedded:', 'amqp://a']",
            "bounced.toml: sink.urls: want one address, or several of the same kind (amqp://… and amqps://…)",
        ),
    ],
)
def test_contradiction(tmp_path: Path, toml: str, message: str) -> None:
    """Settings that are well-formed one by one but make no sense together are refused with what to set."""
    path = tmp_path / "bounced.toml"
    path.write_text(toml)

    assert message == refusal(path, {})


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"BOUNCED_SMTP__PORT": "25"}, f"environment: BOUNCED_SMTP__PORT: there is no port, only {KEYS}"),
        ({"BOUNCED_MAIL__LISTEN": "x"}, f"environment: BOUNCED_MAIL__LISTEN: there is no mail, only {TABLES}"),
        ({"BOUNCED_SMTP__MAX_SESSIONS": "many"}, "environment: BOUNCED_SMTP__MAX_SESSIONS: Expected `int`, got `str`"),
        ({"BOUNCED_SMTP__MAX_SESSIONS": "0"}, "environment: BOUNCED_SMTP__MAX_SESSIONS: Expected `int` >= 1"),
        ({"BOUNCED_SMTP__STREAMS": "news"}, "environment: BOUNCED_SMTP__STREAMS: want NAME=VALUE, NAME=VALUE …"),
        (
            {"BOUNCED_LOG__LEVEL": "loud"},
            'environment: BOUNCED_LOG__LEVEL: Invalid enum value \'loud\', want "debug", "info", "warning" or "error"',
        ),
        (
            {"BOUNCED_SMTP__LISTEN": "[::]:25"},
            "environment: smtp.listen: [::]:25 is open to strangers: set smtp.accept to the domains or addresses of your return path",
        ),
    ],
)
def test_bad_variable(environ: dict[str, str], message: str) -> None:
    """A variable that names no setting, or holds a bad value, is refused by its name and the reason."""

    assert message == refusal(None, environ)


def test_unreadable_file(tmp_path: Path) -> None:
    """A file that is not there, or is no TOML, is refused by its name."""
    broken = tmp_path / "broken.toml"
    broken.write_text("[smtp\n")

    assert "gone.toml: No such file or directory" == refusal(tmp_path / "gone.toml", {})
    assert refusal(broken, {}).startswith("broken.toml: Expected ']' at the end of a table declaration")


@pytest.mark.parametrize(
    ("variable", "text", "table", "key", "value"),
    [
        ("BOUNCED_SMTP__LISTEN", "127.0.0.1:25, [::1]:25", "smtp", "listen", ("127.0.0.1:25", "[::1]:25")),
        ("BOUNCED_SMTP__LISTEN", "", "smtp", "listen", ()),
        ("BOUNCED_SMTP__STREAMS", "a.example=news,b.example=shop", "smtp", "streams", {"a.example": "news", "b.example": "shop"}),
        ("BOUNCED_SMTP__DATA_SECONDS", "1.5", "smtp", "data_seconds", 1.5),
        ("BOUNCED_SMTP__MAX_SESSIONS", "7", "smtp", "max_sessions", 7),
        ("BOUNCED_SINK__URLS", "amqp://a,amqps://b", "sink", "urls", ("amqp://a", "amqps://b")),
        ("BOUNCED_TRUST__BELIEVE", "everyone", "trust", "believe", "everyone"),
        ("BOUNCED_NODE__NAME", "mx1", "node", "name", "mx1"),
    ],
)
def test_variable_wins(tmp_path: Path, variable: str, text: str, table: str, key: str, value: object) -> None:
    """A variable puts its value, of whatever type the setting has, over that of the file."""
    path = tmp_path / "bounced.toml"
    path.write_text(
        "[node]\nname = 'file'\n[smtp]\nlisten = ['127.0.0.1:1']\nmax_sessions = 1\naccept = ['a.example', 'b.example']\n"
        "[sink]\nurls = ['stdout:']\n"
    )

    assert value == getattr(getattr(load(path, {variable: text}), table), key)


def test_other_variables_are_nobodys_business() -> None:
    """Variables of other programs, and ours that name no table (BOUNCED_CONFIG), are left alone."""
    environ = {"PATH": "/bin", "BOUNCED_CONFIG": "/nowhere", "BOUNCED_TEST_AMQP_URL": "amqp://a", "SMTP__LISTEN": "x"}

    assert load(None, {}) == load(None, environ)


@pytest.mark.parametrize(
    ("toml", "name", "site", "hostname"),
    [
        ("[node]\nname = 'mx1'", "mx1", "mx1", "mx1"),
        ("[node]\nname = 'mx1'\n[smtp]\naccept = ['returns@example.net', 'b.example']", "mx1", "example.net", "mx1"),
        ("[node]\nname = 'mx1'\nsite = 's'\n[smtp]\nhostname = 'mx.example.net'\naccept = ['b.example']", "mx1", "s", "mx.example.net"),
    ],
)
def test_names(tmp_path: Path, toml: str, name: str, site: str, hostname: str) -> None:
    """The site defaults to the first accepted domain, else the node; the greeting's host name to the node."""
    path = tmp_path / "bounced.toml"
    path.write_text(toml)
    config = load(path, {})

    assert (name, site, hostname) == (config.node.name, config.node.site, config.smtp.hostname)


def test_without_any() -> None:
    """With no file and no variable the defaults are in force: loopback only, the embedded queue, nobody trusted."""
    config, defaults = load(None, {}), Config()

    assert (defaults.smtp.listen, ("embedded:",), ()) == (config.smtp.listen, config.sink.urls, config.trust.peers)


@pytest.mark.parametrize(
    "entry",
    ["b.example", "B.Example.", "bücher.example", "xn--bcher-kva.example", "returns@b.example", "Rückläufer@bücher.example", "mx_1"],
)
def test_accepted(entry: str) -> None:
    """A domain or an address in any case, with a closing dot, in Unicode or as an A-label may stand in smtp.accept."""

    assert (entry,) == load(None, {"BOUNCED_SMTP__ACCEPT": entry}).smtp.accept


@pytest.mark.parametrize("name", ["mail.example.net", ".example.net", "*", "MAIL", "[192.0.2.1]"])
def test_reporter(name: str) -> None:
    """A host name, a domain for all its hosts, and the star may stand in trust.reporters."""

    assert (name,) == load(None, {"BOUNCED_TRUST__REPORTERS": name}).trust.reporters


def test_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path in the file starts at its folder, wherever one is; one in the environment is left as it is; empty stays empty."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "bounced.toml").write_text(
        "[smtp]\ntls_certificate = 'tls/c.pem'\ntls_key = '/k.pem'\n[journal]\nfolder = '../journal'\n[rules]\nfolder = ''"
    )
    monkeypatch.chdir(tmp_path)
    path = Path("site/bounced.toml")
    config, overridden = load(path, {}), load(path, {"BOUNCED_JOURNAL__FOLDER": "journal"})

    assert f"{tmp_path}/site/tls/c.pem" == config.smtp.tls_certificate
    assert ("/k.pem", "", f"{tmp_path}/site/../journal") == (config.smtp.tls_key, config.rules.folder, config.journal.folder)
    assert "journal" == overridden.journal.folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.1:2525", ("127.0.0.1", 2525)), ("[::1]:25", ("::1", 25)), ("mx.example.net:0", ("mx.example.net", 0))],
)
def test_host_and_port(text: str, expected: tuple[str, int]) -> None:
    """Addresses of either family and names are split at the last colon."""

    assert expected == host_and_port(text)


@pytest.mark.parametrize("text", ["", "25", ":25", "[]:25", "host:", "host:x", "host:-1", "host:65536", "host:²"])
def test_not_host_and_port(text: str) -> None:
    """Anything that is not a host and a port from 0 to 65535 is refused."""
    with pytest.raises(ValueError, match="is not HOST:PORT"):
        host_and_port(text)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.9.9.9", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("192.0.2.1", False), ("mx", False)],  # noqa: S104 not bound to
)
def test_loopback(host: str, loopback: bool) -> None:  # noqa: FBT001 a column of the table
    """Loopback is what only this machine can reach; a name is not looked up, and counts as open."""

    assert loopback == is_loopback(host)
