"""The page, driven in a real browser as a person would: found, read, lifted, tried; by strangers, in the dark, on a phone."""

import asyncio
import http.client
import json
from contextlib import asynccontextmanager
from urllib.parse import quote

import pytest

from bounced.tokens import Role, add
from tests.reports import block, report
from tests.servers.daemon import serve

ANNA = "anna@example.org"
LISTED = "550 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using bl.example; see https://bl.example/192.0.2.10"
#: What would run, or show, if anything were not escaped.
HOSTILE = "\"'><script>window.hacked=1</script><img src=x onerror=window.hacked=1>{{7*7}}\u202egnp"
PAGES = ["/", "/mend", "/decisions", f"/address?q={ANNA}", "/address?q=example", "/unmatched", "/try"]


def listed(number):
    """A refusal that is the sender's to mend, by a receiver that we know."""
    words = block(f"reader{number}@gmail.com", status="5.7.1", diagnostic_code=f"smtp; {LISTED}", remote_mta="dns; mx.google.com")
    return report(words, message_id=f"<l{number}@mx.example.net>")


@asynccontextmanager
async def node(folder, browser, sink="embedded:", **settings):
    """Run a node with some decisions, for *browser* to look at."""
    async with serve(folder / "journal", sink, **settings) as daemon:
        browser.base = f"http://{daemon.admin}"
        unknown = block("berta@example.org", status="5.0.0", diagnostic_code="smtp; 550 The frobnicator of your quux has gone sideways")
        await daemon.send(report(block(ANNA)), listed(1), report(unknown, message_id="<u@mx.example.net>"))
        await daemon.logged("arrival.done", times=3)
        yield daemon


@pytest.fixture
def tokens(tmp_path):
    """A file of tokens, and the tokens by role; "stream": one that is good for a stream alone."""
    path = tmp_path / "tokens"
    made = {role: add(path, role, role, None) for role in (Role.READ, Role.WRITE)}
    return path, made | {"stream": add(path, "stream", Role.WRITE, "news")}


async def test_a_support_person(tmp_path, browser, broker, tokens):
    """She logs in, finds the address, reads why, lifts it with a reason, and the event leaves; then she suppresses it again."""
    path, made = tokens
    seen = []

    def work():
        browser.go(f"/address?q={quote(ANNA)}")
        browser.type("#token", "wrong")
        seen.append("no token that this node knows" in browser.text())
        browser.go(f"/address?q={quote(ANNA)}")
        browser.type("#token", made[Role.WRITE])
        seen.append("In stream default: suppressed" in browser.text())
        browser.click("why")
        seen.append(
            all(
                each in browser.text()
                for each in ("invalid-recipient", "How it was understood", "Final-Recipient: rfc822; anna@example.org")
            )
        )
        browser.click(ANNA)
        browser.type("#lift-1", "she wrote to us")
        seen.append("In stream default: not suppressed" in browser.text())
        browser.type("#because", "asked to")
        seen.append(("In stream default: suppressed" in browser.text(), "(manual): asked to" in browser.text()))
        browser.click("Log out")
        browser.go("/decisions")
        seen.append("Log in" in browser.text())

    connection = await broker.connect()
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("bounced.list.v1", "topic", durable=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, "#")
        async with node(tmp_path, browser, broker.url, API__TOKENS=str(path), SINK__LIST_EXCHANGE="bounced.list.v1") as daemon:
            await asyncio.to_thread(work)
            changes = []
            async with asyncio.timeout(30), queue.iterator() as messages:
                async for message in messages:
                    changes.append(json.loads(message.body)["data"]["change"])
                    if len(changes) == 3:
                        break
            log = [line for line in daemon.lines if line["event"] == "list.changed"]
        await exchange.delete()

    assert [True, True, True, True, (True, True), True] == seen
    assert ["created", "lifted", "created"] == changes
    assert [("lifted", ANNA, "write", "she wrote to us"), ("suppressed", ANNA, "write", "asked to")] == [
        (line["change"], line["address"], line["by"], line["because"]) for line in log
    ]


async def test_what_must_be_mended_and_learnt(tmp_path, browser):
    """What the sender must mend stands there by receiver, with the words and the remedy; unknown words with a rule to begin with."""

    def work():
        texts = {}
        for path in PAGES:
            browser.go(path)
            texts[path] = browser.text()
        return texts

    async with node(tmp_path, browser, API__WITHOUT_TOKEN="true") as daemon:
        texts = await asyncio.to_thread(work)
        assert (await daemon.status())["balanced"]

    assert all(each in texts["/"] for each in ("Takes mail", "Account balanced", "3 decisions in 24 hours", "gmail"))
    assert all(each in texts["/mend"] for each in ("gmail: reputation-block, 1 times", "blocked using bl.example", "Look it up at"))
    assert all(each in texts["/decisions"] for each in (ANNA, "berta@example.org", "reader1@gmail.com"))
    assert all(each in texts["/unmatched"] for each in ("[[rule]]", "frobnicator"))
    assert ANNA in texts["/address?q=example"]


async def test_tried(tmp_path, browser):
    """A whole bounce that is pasted is explained, a mere reply is judged, and nothing of it is stored."""

    def work():
        browser.go("/try")
        browser.run(f"document.querySelector('#text').value = {json.dumps(report(block('pasted@example.org')).decode())}")
        browser.click("What would happen?")
        message = browser.text()
        browser.go("/try")
        browser.type("#text", "452 4.2.2 The email account that you tried to reach is over quota")
        return message, browser.text()

    async with node(tmp_path, browser) as daemon:
        message, reply = await asyncio.to_thread(work)
        accepted = (await daemon.status())["account"]["arrivals"]["accepted"]

    assert all(each in message for each in ("pasted@example.org: suppress", "read by rfc3464"))
    assert all(each in reply for each in ("mailbox-full", "retry"))
    assert 3 == accepted


async def test_hostile(tmp_path, browser):
    """A bounce with a script in every field does nothing, and shows as what it is, wherever it is shown."""
    header = "".join(f"{name}: {HOSTILE}\n" for name in ("Message-ID", "Subject", "To", "X-Original-To"))
    fields = dict.fromkeys(("diagnostic_code", "remote_mta", "x_other"), f"smtp; 550 5.7.1 blocked using bl.example {HOSTILE}")
    hostile = report(
        block(f'"{HOSTILE.partition(chr(0x202E))[0]}"@example.org', status="5.7.1", **fields),
        returned=header,
        message_id=f"<{HOSTILE}>",
    )
    foreign = "[document.querySelectorAll('script,img,iframe,style,link:not([href=\"/page.css\"])').length, window.hacked || 0]"
    pages = [*PAGES, f"/address?q={quote(HOSTILE)}", f"/decisions?before={quote(HOSTILE)}", f"/decisions/{quote(HOSTILE, safe='')}"]

    def work():
        found, turned = [], False
        for path in pages:
            browser.go(path)
            found.append((path, browser.run(f"return {foreign}")))
            turned |= "\u202e" in browser.text()
        browser.go("/decisions")
        for place in range(2):
            browser.driver.find_elements("css selector", "tbody td:first-child a")[place].click()
            found.append((f"decision {place}", browser.run(f"return {foreign}")))
            shown = browser.text()
            turned |= "\u202e" in shown
            browser.driver.back()
        browser.go("/try")
        browser.type("#text", HOSTILE)
        found.append(("/try", browser.run(f"return {foreign}")))
        return found, turned

    async with node(tmp_path, browser, API__WITHOUT_TOKEN="true") as daemon:
        await daemon.send(hostile.decode("utf-8", "replace").encode(), listed(2))
        await daemon.logged("arrival.done", times=5)
        found, turned = await asyncio.to_thread(work)

    assert [] == [(path, what) for path, what in found if what != [0, 0]]
    assert not turned


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_for_everybody(tmp_path, browser, scheme):
    """No page has a serious fault of accessibility, in light or dark; on a phone nothing runs off the side; all by keyboard."""

    def work():
        found = []
        browser.scheme(scheme)
        browser.go("/decisions")
        browser.find("tbody a").click()
        paths = [*PAGES, browser.driver.current_url.removeprefix(browser.base)]
        for path in paths:
            browser.go(path)
            found += [(path, fault) for fault in browser.faults()]
            browser.width(360)
            if (wide := browser.run("return document.documentElement.scrollWidth")) > 360:
                found.append((path, f"{wide} pixels wide on a phone"))
            browser.width(1200)
            if browser.run("return [...document.querySelectorAll('a,button,input,textarea')].some(each => each.tabIndex < 0)"):
                found.append((path, "something can't be reached by keyboard"))
        return found

    def broken():
        browser.run("document.body.insertAdjacentHTML('beforeend', '<input>')")
        return browser.faults()

    async with node(tmp_path, browser, API__WITHOUT_TOKEN="true"):
        assert [] == await asyncio.to_thread(work)
        assert await asyncio.to_thread(broken), "a field without a label is no fault?"


def ask(place, method, path, *, body="", **headers):
    """Ask without a browser; give the status and the header."""
    connection = http.client.HTTPConnection(place, timeout=30)
    try:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, path, body.encode(), kind | {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers
    finally:
        connection.close()


async def test_strangers(tmp_path, browser, tokens):
    """Without a token nobody is named; a reader, another's page, a token of one stream change nothing; nobody is led elsewhere."""
    path, made = tokens
    lift = f"address={quote(ANNA)}&stream=default&because=x"

    def work(place):
        named = [ask(place, "GET", each)[0] for each in ("/mend", "/decisions", "/decisions/x", f"/address?q={ANNA}", "/unmatched")]
        tries = {
            "no token": ask(place, "POST", "/address/lift", body=lift, Origin=f"http://{place}")[0],
            "reader": ask(place, "POST", "/address/lift", body=lift, Origin=f"http://{place}", Cookie=f"bounced={made[Role.READ]}")[0],
            "elsewhere": ask(place, "POST", "/address/lift", body=lift, Origin="http://evil.example", Cookie=f"bounced={made[Role.WRITE]}")[
                0
            ],
            "no origin": ask(place, "POST", "/address/lift", body=lift, Cookie=f"bounced={made[Role.WRITE]}")[0],
            "one stream": ask(place, "GET", "/decisions", Cookie=f"bounced={made['stream']}")[0],
            "no reason": ask(
                place, "POST", "/address/lift", body=f"address={ANNA}", Origin=f"http://{place}", Cookie=f"bounced={made[Role.WRITE]}"
            )[0],
            "garbage": ask(place, "POST", "/address/lift", body="%ff" * 99, Origin=f"http://{place}", Cookie=f"bounced={made[Role.WRITE]}")[
                0
            ],
        }
        back = ask(place, "POST", "/login", body=f"token={made[Role.READ]}&back=//evil.example/", Origin=f"http://{place}")
        shown = ask(place, "GET", f"/address?q={ANNA}", Cookie=f"bounced={made[Role.READ]}")
        return named, tries, back, shown

    async with node(tmp_path, browser, API__TOKENS=str(path)) as daemon:
        named, tries, back, shown = await asyncio.to_thread(work, daemon.admin)

    assert [401] * 5 == named
    assert {"no token": 401, **dict.fromkeys(("reader", "elsewhere", "no origin", "one stream", "no reason", "garbage"), 403)} == tries
    assert (303, "/") == (back[0], back[1]["location"])
    assert all(word in back[1]["set-cookie"] for word in ("HttpOnly", "SameSite=strict"))
    assert 200 == shown[0]
    assert "default-src 'none'" in shown[1]["content-security-policy"]


async def test_open(tmp_path, browser):
    """Where no token is asked for, a name that somebody's DNS leads here is told nothing, and changes nothing."""

    def work(place):
        return [
            ask(place, "GET", "/decisions")[0],
            ask(place, "GET", "/decisions", Host="rebound.example")[0],
            ask(place, "POST", "/address/lift", body=f"address={ANNA}&because=x", Host="rebound.example", Origin="http://rebound.example")[
                0
            ],
        ]

    async with node(tmp_path, browser, API__WITHOUT_TOKEN="true") as daemon:
        assert [200, 403, 403] == await asyncio.to_thread(work, daemon.admin)


async def test_history_away(tmp_path, browser):
    """Where the history can't be read the page says so, with the reason, and the rest is shown as ever."""

    def work(place):
        (tmp_path / "journal" / "history.db").rename(tmp_path / "away")
        return [ask(place, "GET", path)[0] for path in ("/", "/decisions", f"/address?q={ANNA}", "/address?q=part")]

    async with node(tmp_path, browser, API__WITHOUT_TOKEN="true") as daemon:
        statuses = await asyncio.to_thread(work, daemon.admin)
        await daemon.logged("request.failed", path="/address")

    assert [200, 200, 503, 503] == statuses


async def test_with_workers(tmp_path, browser, broker):
    """With several workers the page is there too, of all their journals, and nothing can be changed by it."""

    def work():
        browser.go("/")
        overview = browser.text()
        browser.go("/decisions")
        return overview, browser.text()

    settings = {"NODE__WORKERS": "2", "HISTORY__STORE": "none", "API__WITHOUT_TOKEN": "true"}
    async with serve(tmp_path / "journal", broker.url, **settings) as daemon:
        browser.base = f"http://{daemon.admin}"
        for number in range(8):
            await daemon.send(listed(number))
        await daemon.logged("arrival.done", times=8)
        overview, decisions = await asyncio.to_thread(work)

    assert "8 decisions in 24 hours" in overview
    assert 8 == decisions.count("@gmail.com")
