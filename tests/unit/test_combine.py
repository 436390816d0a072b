"""Several readers of one message: what a lesser one may add, and what not."""

from msgspec import structs

from bounced.model import Failure, Recipient, Source
from bounced.parse.combine import combine, is_complete
from bounced.parse.draft import Draft


def _draft(reader: str, *failures: Failure, confidence: float = 1.0) -> Draft:
    return Draft(reader=reader, failures=list(failures), confidence=confidence)


def _failure(name: str, final: str | None = None, *, diagnostic: str = "", reply: int | None = None) -> Failure:
    return Failure(recipient=Recipient(name, Source.TEXT, final), diagnostic=diagnostic, reply=reply)


def test_code_of_another() -> None:
    """A reader that is not certain gives no code to one of several recipients who has words of his own."""
    first = _draft(
        "exim", _failure("anna@example.org", diagnostic="Unrouteable address"), _failure("bert@example.org", diagnostic="550 no", reply=550)
    )
    combined = combine([first, _draft("prose", _failure("anna@example.org", reply=550), confidence=0.9)])

    assert [None, 550] == [each.reply for each in combined.failures]


def test_code_of_the_only_one() -> None:
    """Where one recipient failed, the only code in the words is his."""
    first = _draft("listing", _failure("anna@example.org", diagnostic="no such user"))
    combined = combine([first, _draft("prose", _failure("anna@example.org", reply=550), confidence=0.9)])

    assert [(550, (("reply", "prose"),))] == [(each.reply, each.read_by) for each in combined.failures]


def test_final() -> None:
    """Where the mail ended up is told by whichever reader knows it."""
    combined = combine([_draft("rfc3464", _failure("anna@example.org")), _draft("exim", _failure("Anna@example.org", "bert@example.com"))])

    assert [Recipient("anna@example.org", Source.TEXT, "bert@example.com")] == [each.recipient for each in combined.failures]


def test_cut_diagnostic() -> None:
    """Of a reply of several lines the report may keep the first; the whole of it stands in another reader's words."""
    first = "550-5.7.1 Unfortunately, your mail was not sent."
    cut, whole = (_failure("anna@example.org", diagnostic=words, reply=550) for words in (first, f"{first} 550 5.7.1 You are on a list."))

    assert not is_complete(_draft("rfc3464", structs.replace(cut, status="5.7.1")))
    assert [whole.diagnostic] == [each.diagnostic for each in combine([_draft("rfc3464", cut), _draft("sendmail", whole)]).failures]
