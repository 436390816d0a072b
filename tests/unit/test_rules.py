"""The packaged rules and tables hold, and the checker reports each kind of fault in others."""

import re
import tomllib

import pytest

from bounced.classify import Classifier, category, codes, pack
from bounced.classify.pattern import MAX_WAYS, compile_linear
from bounced.classify.provider import Providers
from bounced.classify.table import PACKAGED
from bounced.classify.veto import Vetoes
from bounced.errors import RulesInvalid
from bounced.model import Disposition, Fault

CLASSIFIER = Classifier.load()
CATEGORIES = CLASSIFIER.categories

RULE = """
[[rule]]
id = "site.away"
category = "mailbox-full"
phrases = ["gone fishing"]
because = "He fishes"
examples = ["550 gone fishing until May"]
"""


def test_examples():
    """Every packaged rule matches its examples before any other rule does, and none of its counter-examples."""

    assert CLASSIFIER.check() is None


def test_thirty_categories():
    """There are thirty categories, and those that suppress are the recipient's fault."""
    suppressing = {row.name for row in CATEGORIES.values() if row.suppresses}
    expected = {"invalid-recipient", "invalid-domain", "bad-address-syntax", "mailbox-disabled", "recipient-moved", "complaint"}

    assert (30, expected) == (len(CATEGORIES), suppressing)


def test_only_the_recipients_fault_suppresses():
    """No category of another fault suppresses."""

    assert {Fault.RECIPIENT} == {row.fault for row in CATEGORIES.values() if row.disposition is Disposition.SUPPRESS}


def test_every_row_is_written_out():
    """Every category, code and rule says something of its own: meanings and reasons are sentences, not empty."""
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in (PACKAGED / "codes").glob("*.toml")]
    rows = [row for table in tables for kind in table.values() for row in kind]
    silent = [row for row in rows if len(row["meaning"]) < 10] + [rule for rule in CLASSIFIER.rules if len(rule.because) < 10]

    assert [] == silent


def write(folder, text, name="site.toml"):
    """Put *text* into a file of *folder*; return the folder."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_site_goes_first(tmp_path):
    """A site's pack goes before the packaged ones, and its words beat any code."""
    site = write(tmp_path, RULE.replace("gone fishing", "user unknown").replace("550 user", "550 5.1.1 user"))
    classifier = Classifier.load(site)

    assert ("site.away", True) == (classifier.rules[0].id, classifier.rules[0].decisive)
    assert "generic" == classifier.rules[-1].id.partition(".")[0]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("mailbox-full", "mailbox-fool", "no category 'mailbox-fool'"),
        ("site.away", "other.away", "must begin with the pack's name"),
        ('phrases = ["gone fishing"]', "", "no phrases"),
        ('["gone fishing"]', '["Gone fishing"]', "lower case"),
        ('["gone fishing"]', '["gone  fishing"]', "lower case"),
        ('["gone fishing"]', '["  "]', "lower case"),
        ('["550 gone fishing until May"]', "[]", "no example"),
        ("examples", "exemples", "unknown field"),
        ("category", "when = { receiver = ['nobody'] }\ncategory", "no receiver 'nobody'"),
        ("category", "when = { reply = [99] }\ncategory", "99 is not a reply code"),
        ("category", "when = { reply = ['5*'] }\ncategory", "'5*' is not a reply code"),
        ("category", "when = { status = ['5.1'] }\ncategory", "'5.1' is not an enhanced status code"),
        ("category", "pattern = 'a+'\ncategory", "upper bound"),
        ("category", "abandoned = 'yes'\ncategory", "abandoned"),
        ('"mailbox-full"', '"spam-content"\nabandoned = true', "not the recipient's fault"),
        (RULE, RULE + RULE, "used twice"),
        ("[[rule]]", "[[rule", "site.toml"),
    ],
)
def test_bad_rule(tmp_path, old, new, reason):
    """A fault in a pack is reported with its file and the reason."""
    site = write(tmp_path, RULE.replace(old, new))
    with pytest.raises(RulesInvalid, match=re.escape(reason)) as caught:
        Classifier.load(site)

    assert str(site / "site.toml") in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("550 gone fishing until May", "550 at home", "does not match: '550 at home'"),
        ("550 gone fishing until May", "550 gone fishings", "does not match"),
        ("examples", 'not_examples = ["gone fishing"]\nexamples', "counter-example matches: 'gone fishing'"),
        ("category", "when = { reply = [450] }\ncategory", "does not match"),
        ("category", 'unless = ["until may"]\ncategory', "does not match"),
        ("category", "pattern = 'june'\ncategory", "does not match"),
        (RULE, RULE + RULE.replace("site.away", "site.again"), "is taken by site.away"),
    ],
)
def test_bad_example(tmp_path, old, new, reason):
    """An example that does not hold is reported with its rule."""
    with pytest.raises(RulesInvalid, match=re.escape(reason)) as caught:
        Classifier.load(write(tmp_path, RULE.replace(old, new)))

    assert "site.a" in str(caught.value)


def test_two_packs_one_id(tmp_path):
    """A site's pack may not use an id of a packaged rule."""
    with pytest.raises(RulesInvalid, match="two packs"):
        Classifier.load(write(tmp_path, RULE.replace("site.away", "generic.dmarc"), "generic.toml"))


def test_missing_folder(tmp_path):
    """A site's folder that is not there is an error, not an empty one."""
    with pytest.raises(RulesInvalid, match="no such folder"):
        Classifier.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[[status]]\ncode = "5.1.1"\ncategory = "unknowable"\nmeaning = "m"', "no category 'unknowable'"),
        ('[[status]]\ncode = "5.1.1"\ntransient = "x"\ncategory = "unknown"\nmeaning = "m"', "no category 'x'"),
        ('[[status]]\ncode = "5.1"\ncategory = "unknown"\nmeaning = "m"', "'5.1' is not an enhanced status code"),
        ('[[status]]\ncode = "2.1.5"\ncategory = "unknown"\nmeaning = "m"', "'2.1.5' is not an enhanced status code"),
        ('[[status]]\ncode = "5.7.9-2"\ncategory = "unknown"\nmeaning = "m"', "is not an enhanced status code"),
        (
            '''[[status]]\ncode = "5.7.1-3"\ncategory = "unknown"\nmeaning = "m"
            [[status]]\ncode = "5.7.3"\ncategory = "unknown"\nmeaning = "m"''',
            "5.7.3 has a row",
        ),
        ('[[reply]]\ncode = 250\ncategory = "unknown"\nmeaning = "m"', "250 is not a reply code of class 4 or 5"),
        (
            '[[reply]]\ncode = 550\ncategory = "unknown"\nmeaning = "m"\n[[reply]]\ncode = 550\ncategory = "unknown"\nmeaning = "m"',
            "550 has a row already",
        ),
        ('[[bare]]\ncodes = [600]\ncategory = "unknown"\nmeaning = "m"\nremedy = "r"', "600 is not a reply code"),
        ('[[bare]]\ncodes = [550]\ncategory = "unknown"\nmeaning = "m"', "remedy"),
        ("[[bear]]\ncodes = [550]", "bear"),
    ],
)
def test_bad_code_table(tmp_path, text, reason):
    """A fault in a table of codes is reported with its file and the reason."""
    with pytest.raises(RulesInvalid, match=re.escape(reason)) as caught:
        codes.load(CATEGORIES, write(tmp_path, text, "codes.toml"))

    assert str(tmp_path / "codes.toml") in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('fault = "sender"', 'fault = "nobody"', "nobody"),
        ('fault = "recipient"\ndisposition = "suppress"', 'fault = "network"\ndisposition = "suppress"', "may not suppress"),
        ('fault = "sender"\ndisposition = "retry"', 'fault = "sender"\ndisposition = "suppress"', "the sender's fault may not suppress"),
        ('disposition = "retry"', 'disposition = "none"', "must be retry or suppress"),
        ("[complaint]", "[praise]", "the category complaint is missing"),
        ("weight = 0.0", 'weight = "none"', "weight"),
        ("[unknown]", "nothing = 1\n\n[unknown]", "nothing"),
    ],
)
def test_bad_categories(tmp_path, old, new, reason):
    """A fault in the table of categories is reported; above all one that would suppress for what is not the recipient's."""
    text = (PACKAGED / "categories.toml").read_text(encoding="utf-8")
    write(tmp_path, text.replace(old, new, 1), "categories.toml")
    with pytest.raises(RulesInvalid, match=re.escape(reason)):
        category.load(tmp_path / "categories.toml")


def test_bad_providers(tmp_path):
    """A host that two receivers claim is reported."""
    write(
        tmp_path,
        '[[provider]]\nname = "a"\ntitle = "A"\nhosts = ["x.example"]\n[[provider]]\nname = "b"\ntitle = "B"\nhosts = ["x.example"]',
        "p.toml",
    )
    with pytest.raises(RulesInvalid, match=re.escape("'x.example' stands there twice")):
        Providers.load(tmp_path / "p.toml")


def test_bad_vetoes(tmp_path):
    """A veto word that could never be found is reported."""
    write(tmp_path, 'words = ["RBL"]', "v.toml")
    with pytest.raises(RulesInvalid, match="RBL"):
        Vetoes.load(tmp_path / "v.toml")


@pytest.mark.parametrize(
    "pattern",
    ["a*", "a+", "a{2,}", "(?=a)", "(?!a)", "(?<!a)", r"(a)\1", "(?P<n>a)", "(?i)a", "(a{1,9}){1,9}", "(a", "[a", "a{1,70}b{1,70}"],
)
def test_pattern_refused(pattern):
    """What could cost more than linear time, or is no RE2 syntax, is refused."""
    with pytest.raises(ValueError, match=r"."):
        compile_linear(pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("aup#(?:in|i)-13[0-4]0", "aup#in-1310"), (r"\d{3}[*+]", "550+"), ("a[^ ]{1,40}z", "abcz"), (r"\*", "*"), ("x(?:yz)?", "x")],
)
def test_pattern_allowed(pattern, text):
    """Bounded repetitions, optional groups, classes and escaped signs are allowed, and match."""

    assert compile_linear(pattern).fullmatch(text)


def test_patterns_are_re2():
    """The packaged patterns stay within the bound."""
    patterns = [rule.pattern for rule in CLASSIFIER.rules if rule.pattern]

    assert patterns == [compile_linear(pattern).pattern for pattern in patterns]
    assert MAX_WAYS == 4096


def test_packs_are_all_read():
    """Every file in the folder of packs is a pack, and every rule of it is there."""
    expected = {path.name.partition(".")[0] for path in (PACKAGED / "packs").glob("*.toml")}

    assert expected == {rule.id.partition(".")[0] for rule in CLASSIFIER.rules}
    assert pack.GENERIC in expected
