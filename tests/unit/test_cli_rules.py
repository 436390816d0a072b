"""`bounced rules`: the checker's words on every way to break a pack, why, list, unmatched, new."""

import json
import tomllib

import click
import pytest
from click.testing import CliRunner

from bounced import cli
from bounced.classify import Classifier
from bounced.errors import InputUnreadable
from tests.reports import block, report

RULE = """
[[rule]]
id = "site.fishing"
category = "mailbox-full"
phrases = ["gone fishing"]
examples = ["550 gone fishing until May"]
"""
AFTER = RULE.replace("site.fishing", "site.hunting").replace("fishing", "hunting")


def run(*arguments, text=None):
    """Run `bounced rules` with *arguments*; return the result."""
    return CliRunner().invoke(
        cli._bounced, ["rules", *map(str, arguments)], input=text, env={"BOUNCED_CONFIG": None}, standalone_mode=False
    )


def write(folder, text, name="site.toml"):
    """Put *text* into a file of *folder*; return the file."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_shipped_packs_are_in_order():
    """The shipped packs pass their own check."""
    result = run("check")

    assert (0, "All") == (result.return_value, result.output.partition(" ")[0]), result.output


def test_sound_site(tmp_path):
    """A sound pack passes, also where it takes words that a shipped rule knows: that is what a site's rule is for."""
    write(tmp_path, RULE + AFTER + AFTER.replace("hunting", "user unknown").replace("site.user unknown", "site.unknown"))

    assert 0 == run("check", tmp_path).return_value


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('"mailbox-full"', '"mailbox-fool"', 4, "there is no category 'mailbox-fool'"),
        ('"mailbox-full"', '"CHOOSE"', 4, "choose a category: "),
        ('"site.fishing"', '"other.fishing"', 3, "the id must begin with the pack's name, site."),
        ('phrases = ["gone fishing"]', "", 2, "it has no phrases"),
        ('["gone fishing"]', '["Gone fishing"]', 5, "must be in lower case"),
        ('["gone fishing"]', '["gone  fishing"]', 5, "single spaces"),
        ('examples = ["550 gone fishing until May"]', "examples = []", 6, "it has no example"),
        ('examples = ["550 gone fishing until May"]', "", 2, "missing required field `examples`"),
        ("examples", "exemples", 6, "unknown field `exemples`"),
        ('phrases = ["gone fishing"]', "phrases = 5", 5, "got `int`"),
        ("category", "when = { receiver = ['nobody'] }\ncategory", 4, "there is no receiver 'nobody'"),
        ("category", "when = { reply = [99] }\ncategory", 4, "99 is not a reply code"),
        ("category", "when = { status = ['5.1'] }\ncategory", 4, "'5.1' is not an enhanced status code"),
        ("category", "when = { sender = 'x' }\ncategory", 4, "unknown field `sender`"),
        ("category", "pattern = 'a+'\ncategory", 4, "the pattern is not allowed: '+': a repetition needs an upper bound"),
        ("category", "pattern = '(a'\ncategory", 4, "the pattern is not allowed"),
        ("category", "advice = 'sometimes'\ncategory", 4, "sometimes"),
        ('"mailbox-full"', '"spam-content"\nabandoned = true', 5, "abandoned, but spam-content is not the recipient's fault"),
        ("550 gone fishing until May", "550 at home", 6, "its example does not match: '550 at home'"),
        ("examples", 'not_examples = ["gone fishing"]\nexamples', 6, "its counter-example matches: 'gone fishing'"),
        (
            "[[rule]]",
            '[[rule]]\nid = "site.first"\ncategory = "unknown"\nphrases = ["fishing"]\nexamples = ["fishing"]\n[[rule]]',
            11,
            "taken by site.first",
        ),
        ('category = "mailbox-full"', 'category = "mailbox-full', 4, "Illegal character"),
    ],
)
def test_each_fault(tmp_path, old, new, line, reason):
    """Each way to break a rule is told with file, line and reason, and ends with 78; the sound rule after it stays unblamed."""
    file = write(tmp_path, RULE.replace(old, new, 1) + AFTER)
    result = run("check", tmp_path)
    lines = [each for each in result.output.splitlines() if each.startswith(str(tmp_path))]

    assert 78 == result.return_value
    assert [True] == [each.startswith(f"{file}:{line}: ") and reason in each for each in lines], result.output


def test_all_faults_at_once(tmp_path):
    """All faults of all packs are listed, in order, an id used twice among them, in one file or in two."""
    write(tmp_path, RULE.replace("mailbox-full", "a") + RULE.replace("gone", "Gone") + AFTER + AFTER, "site.toml")
    write(tmp_path, AFTER, "site.b.toml")
    found = [each.partition(f"{tmp_path}/")[2] for each in run("check", tmp_path).output.splitlines() if str(tmp_path) in each]

    wanted = ["there is no category 'a'", "must be in lower case", "site.b.toml has a rule of this id", "the id is used twice"]

    assert [True] * 4 == [reason in each for reason, each in zip(wanted, found, strict=True)], found


def test_no_folder(tmp_path):
    """A folder that is not there is an error, not an empty one."""
    result = run("check", tmp_path / "nowhere")

    assert "no such folder" in str(result.exception)


def test_no_pack(tmp_path):
    """A folder that is named to be checked and has no pack is the wrong one, not one in order."""
    write(tmp_path, RULE, "site.txt")
    error = run("check", tmp_path).exception

    assert isinstance(error, InputUnreadable)
    assert f"no pack in {tmp_path}" in str(error)


@pytest.mark.parametrize(
    ("question", "category", "disposition"),
    [
        ({"text": "550 5.1.1 user unknown"}, "invalid-recipient", "suppress"),
        ({"text": "user unknown", "reply": 550, "status": "5.1.1"}, "invalid-recipient", "suppress"),
        ({"text": "user unknown", "reply": "550", "status": None, "receiver": "nobody knows whom"}, "invalid-recipient", "suppress"),
        ({"text": "user unknown", "reply": 550.0, "status": "5.1.1 (bad address)", "receiver": ""}, "invalid-recipient", "suppress"),
        ({"text": "user unknown", "reply": "550 5.1.1"}, "invalid-recipient", "suppress"),
        ({"text": 550, "status": 5, "receiver": 163}, "invalid-recipient", "suppress"),
        ({"text": "", "reply": "550"}, "invalid-recipient", "suppress"),  # a bare code
        ({"text": None, "reply": 450}, "system-unavailable", "retry"),
        ({"text": "250 2.1.5 delivered"}, "unknown", "none"),
        ({"text": "qwertz", "reply": "no code", "status": "none"}, "unknown", "retry"),
        (
            {"text": "Recipient address rejected: Access denied", "reply": 550, "status": "5.4.1", "receiver": "Exchange Online"},
            "invalid-recipient",
            "suppress",
        ),
        ({"text": "DT:RBL", "reply": 450, "receiver": "NetEase 163/126"}, "reputation-block", "retry"),
        ({"text": "DT:RBL", "reply": 450, "receiver": "mxs.163.com"}, "reputation-block", "retry"),
    ],
)
def test_why_jsonl(question, category, disposition):
    """Every spelling of a question is answered, whatever stands in it."""
    answer = json.loads(run("why", "--jsonl", text=json.dumps(question) + "\n").output)

    assert (category, disposition) == (answer["category"], answer["disposition"])
    assert ["category", "disposition", "fault", "rule", "confidence", "because"] == list(answer)


def test_why_jsonl_lines():
    """There is an answer a question, in order; a line that is no object ends it with its number."""
    text = '{"text": "550 user unknown"}\n\n{"text": "452 mailbox full", "more": 1}\n[]\n'
    result = run("why", "--jsonl", text=text)

    assert ["invalid-recipient", "mailbox-full"] == [json.loads(line)["category"] for line in result.output.splitlines()]
    assert "line 4" in str(result.exception)


def test_why_tells_what_lost():
    """For a person: what won, by which words, and each thing that lost with the reason."""
    output = run("why", "450 4.7.1 greylisted, try again in 5 minutes: user unknown").output.split()

    assert [] == [
        each
        for each in (
            "retry",
            "greylisted",
            "generic.greylist",
            "4.7.1 would be",
            "generic.unknown-user",
            "it comes later",
            "wait seconds: 300",
        )
        if each not in " ".join(output)
    ]


def test_why_shows_no_control_characters():
    """What is asked about may come from a stranger: no escape sequence of his is printed."""

    assert "\x1b" not in run("why", "550 user unknown \x1b[2J\x1b]0;evil\x07", "--receiver", "\x1b[1m").output


@pytest.mark.parametrize(
    ("option", "nonsense", "complaint"),
    [
        ("--reply", "99", "not a reply code"),
        ("--status", "5.1", "not an enhanced status code"),
        ("--command", "FETCH", "not one of CONNECT, "),
    ],
)
def test_why_nonsense(option, nonsense, complaint):
    """A person is told of a code or command that is none; a program is answered, whatever it gives."""
    refused = run("why", "user unknown", option, nonsense).exception
    answered = run("why", "--jsonl", option, nonsense, text='{"text": "user unknown"}\n')

    assert isinstance(refused, click.UsageError)
    assert complaint in str(refused)
    assert (None, "") == (answered.exception, answered.stderr)


@pytest.mark.parametrize(
    ("receiver", "note"),
    [
        ("gmail", ""),
        ("Exchange Online", ""),
        ("mx1.qq.com", ""),
        ("nosuch\x1b", "No receiver is called nosuch\ufffd: judged as of anybody\n"),
    ],
)
def test_why_receiver(receiver, note):
    """A receiver that nobody knows is no error, but a person is told; a program is not."""
    result = run("why", "550 user unknown", "--receiver", receiver)
    asked = run("why", "--jsonl", text=json.dumps({"text": "550 user unknown", "receiver": receiver}) + "\n")

    assert (None, note) == (result.exception, result.stderr)
    assert "" == asked.stderr


def test_site_rule_sharpens_advice(tmp_path):
    """A rule may sharpen its category's advice and remedy, and does so in the decision."""
    write(tmp_path, RULE.replace("examples", 'advice = "never"\nremedy = "Call him in June."\nexamples'))
    output = run("why", "550 gone fishing", "--rules", tmp_path).output

    assert "Call him in June. (advice: never)" in output
    assert "site.fishing" in output


def test_list():
    """The list has every rule, and can be narrowed to a category or a receiver."""
    rules = Classifier.load().rules
    everything, some = (run("list", *arguments).output.splitlines() for arguments in ((), ("--category", "greylisted")))
    of_gmail = run("list", "--receiver", "gmail").output.splitlines()

    assert [rule.id for rule in rules] == [line.partition("\t")[0] for line in everything]
    assert {"greylisted"} == {line.split("\t")[1] for line in some}
    assert {"gmail"} == {line.partition(".")[0] for line in of_gmail}
    assert "there is no category" in str(run("list", "--category", "x").exception)


def test_list_of_nothing():
    """Where there is nothing to list, that is said."""
    result = run("list", "--receiver", "nosuch", "--category", "greylisted")

    assert ("", "No rule is of the category greylisted for the receiver 'nosuch'\n") == (result.stdout, result.stderr)


def bounces(folder):
    """Put three bounces into *folder* whose words no rule knows, one text twice, and one that a rule knows."""
    folder.mkdir()
    texts = [
        "550 5.0.0 ann@secret.example: the wombat of the house 4711 declines <id AB12CD34EF> at mx7.secret.example[192.0.2.77]",
        "550 5.0.0 ben@other.example: the wombat of the house 4712 declines <id AB99CD34EF> at mx8.secret.example[192.0.2.78]",
        "550 5.0.0 verily the quokka is not amused by this",
        "550 5.1.1 user unknown",
    ]
    for number, text in enumerate(texts):
        (folder / f"{number}.eml").write_bytes(report(block(f"r{number}@example.org", status=None, diagnostic_code=f"smtp; {text}")))
    return folder


def test_unmatched(tmp_path):
    """Texts that no rule knew come the most frequent first, without names, as a pack in order but for its categories."""
    output = CliRunner().invoke(cli._bounced, ["rules", "unmatched", str(bounces(tmp_path / "in"))], env={"BOUNCED_CONFIG": None}).stdout
    site = tmp_path / "site"
    site.mkdir()
    write(site, output)
    rules = tomllib.loads(output)["rule"]

    assert [("wombat", "# 2 times"), ("quokka", "# 1 time")] == [
        (rule["phrases"][0].split()[1 if "wombat" in rule["id"] else 2], f"# {count}")
        for rule, count in zip(rules, ("2 times", "1 time"), strict=True)
    ]
    assert output.index("# 2 times: @: the wombat of the house <n> declines <id <id>> at <host>[<ip>]") < output.index("# 1 time: verily")
    assert [] == [secret for secret in ("secret", "4711", "192.0.2.7", "AB12", "ann@") if secret in output]
    assert 2 == run("check", site).stdout.count("choose a category: ")
    write(site, output.replace("CHOOSE", "recipient-refused"))
    assert 0 == run("check", site).return_value


def test_new(tmp_path):
    """A rule for a text is added to the site's pack, fires, and overwrites nothing; what spoke for the text until now is told."""
    before = write(tmp_path, "# mine\n" + RULE).read_text(encoding="utf-8")
    text = "550 5.0.0 ann@secret.example: the wombat declines your kind letter 4711"
    first = run("new", text, "--category", "recipient-refused", "--rules", tmp_path)
    other = run("new", "550 user unknown in the burrow", "--category", "recipient-refused", "--rules", tmp_path, "--pack", "other")
    after = (tmp_path / "site.toml").read_text(encoding="utf-8")

    assert (None, "Until now: codes.550, unknown, retry\n") == (first.exception, first.stderr)
    assert "Until now: generic.unknown-user, invalid-recipient, suppress\n" == other.stderr
    assert after.startswith(before)
    assert ["site.fishing", "site.the-wombat-declines-your-kind"] == [rule["id"] for rule in tomllib.loads(after)["rule"]]
    assert "site.the-wombat-declines-your-kind" in run("why", "550 the wombat declines your kind letter", "--rules", tmp_path).output
    assert 0 == run("check", tmp_path).return_value


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("550 the wombat declines", "--category", "wombats"), "no category 'wombats'; there are auth-failure"),
        (("550 the wombat declines", "--id", "x y"), "a rule is named by"),
        (("550 the wombat declines", "--id", ""), "a rule is named by"),
        (("550 the wombat declines", "--receiver", "wombats"), "no receiver 'wombats'"),
        (("550 the wombat declines", "--phrase", "the quokka"), "does not match"),
        (("550 the wombat declines", "--id", "fishing"), "a rule site.fishing already"),
        (("550 the wombat declines", "--pack", "../x"), "a pack is named by"),
        (("550 5.1.1 no",), "--phrase"),
        (("550 gone fishing with friends",), "taken by site.fishing"),
    ],
)
def test_new_refused(tmp_path, arguments, reason):
    """A rule that would not be in order is not written, and the reason is told."""
    file = write(tmp_path, RULE)
    result = run("new", "--category", "mailbox-full", *arguments, "--rules", tmp_path)

    assert reason in str(result.exception)
    assert ([file], RULE) == (list(tmp_path.iterdir()), file.read_text(encoding="utf-8"))


def test_new_wants_a_category(tmp_path):
    """Without a category nothing is written, and all there are are told: a rule that means nothing would silence one that suppresses."""
    error = run("new", "550 the wombat declines", "--rules", tmp_path).exception

    assert isinstance(error, click.UsageError)
    assert [] == [name for name in Classifier.load().categories if name not in str(error)]
    assert [] == list(tmp_path.iterdir())
