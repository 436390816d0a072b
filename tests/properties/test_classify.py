"""What holds of any words: whose fault may suppress, what a veto word does, and that ordinary words do nothing."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.classify import Classifier
from bounced.classify.table import PACKAGED, read
from bounced.decide import decide, policy
from bounced.decide.trust import ASSUMED
from bounced.model import Action, Decision, Disposition, Failure, Fault, History, Recipient, Report

CLASSIFIER = Classifier.load()
POLICY = policy.load(CLASSIFIER.categories).default
NOW = datetime(2026, 11, 23, tzinfo=UTC)
GENERIC = [rule for rule in CLASSIFIER.rules if not rule.decisive]
VETOES = [word.removesuffix("*") for word in read(PACKAGED / "veto.toml")["words"]]
#: Words of everyday mail, none of which says anything about a recipient.
ORDINARY = [
    word
    for line in (
        "the and of to in we you our this that with for was were has have been will not no is are be a an it on at by as or if any more",
        "morning evening Monday weather garden coffee train window letter picture music river mountain market winter green quiet early",
        "thanks regards please find attached meeting agenda minutes invoice order delivery parcel team project office report summary draft",
        "message mail server system network host reply answer notice error problem code number line text word page site link",
        "guten Tag bonjour merci hola gracias ciao grazie привет спасибо こんにちは 你好",
    )
    for word in line.split()
]

phrases = st.sampled_from([phrase.removesuffix("*") for rule in CLASSIFIER.rules for phrase in (*rule.phrases, *rule.unless)])
generic_phrases = st.sampled_from([phrase.removesuffix("*") for rule in GENERIC for phrase in rule.phrases])
vetoes = st.sampled_from(VETOES)
texts = st.lists(st.one_of(phrases, vetoes, st.sampled_from(ORDINARY), st.text(max_size=12)), max_size=8).map(" ".join)
generic_texts = st.lists(st.one_of(generic_phrases, st.sampled_from(ORDINARY)), max_size=6).map(" ".join)
replies = st.one_of(st.none(), st.integers(400, 599))
statuses = st.one_of(st.none(), st.builds("{}.{}.{}".format, st.sampled_from("45"), st.integers(0, 7), st.integers(0, 30)))
hosts = st.sampled_from([None, "mx.example.net", *(row.hosts[0] for row in CLASSIFIER.providers.rows if row.hosts)])
commands = st.sampled_from([None, "CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])


def judge(words: str, reply=None, status=None, host=None, command=None) -> Decision:
    """Decide on one believed, final report with these words and codes, about an address of which nothing is known."""
    failure = Failure(
        recipient=Recipient("ann@example.com"),
        action=Action.FAILED,
        reply=reply,
        status=status,
        diagnostic_status=status,
        diagnostic=words,
        remote_mta=host,
        command=command,
    )
    finding = CLASSIFIER.classify(failure, Report(kind=failure.kind, identity="i", failures=(failure,)))
    return decide(finding, History(), ASSUMED, POLICY, NOW, report="r")


@settings(max_examples=600, deadline=None)
@given(texts, replies, statuses, hosts, commands)
def test_only_the_recipients_fault_suppresses(words, reply, status, host, command):
    """Whatever the words and codes, one report suppresses for the recipient's own fault alone."""
    decision = judge(words, reply, status, host, command)

    assert decision.disposition is not Disposition.SUPPRESS or decision.finding.fault is Fault.RECIPIENT


@settings(max_examples=1000, deadline=None)
@given(generic_texts, vetoes, replies, statuses, st.booleans())
def test_a_veto_word_never_suppresses(words, veto, reply, status, is_before):
    """A veto word more never turns retry into suppress, where only generic rules and codes had a say."""
    before = judge(words, reply, status)
    after = judge(f"{veto}, {words}" if is_before else f"{words}, {veto}", reply, status)

    assert before.disposition is Disposition.SUPPRESS or after.disposition is not Disposition.SUPPRESS


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(ORDINARY), max_size=40).map(" ".join), hosts)
def test_ordinary_words_do_not_suppress(words, host):
    """Words of everyday mail, without a code, suppress nobody."""

    assert judge(words, host=host).disposition is not Disposition.SUPPRESS


@settings(max_examples=300, deadline=None)
@given(generic_texts, st.sampled_from(["CONNECT", "EHLO", "MAIL"]), statuses, replies)
def test_refused_before_the_recipient(words, command, status, reply):
    """What was refused before RCPT suppresses only where the words themselves name a recipient, or are certain by themselves."""
    decision = judge(words, reply, status, command=command)
    rules = {rule.id: rule for rule in CLASSIFIER.rules}
    is_certain = decision.finding.rule in rules and rules[decision.finding.rule].decisive

    assert decision.disposition is not Disposition.SUPPRESS or is_certain or "recipient" in words
