"""How often bounced is right, measured on what this repository holds: the page docs/accuracy.md, as `make accuracy` writes it.

Two sources. `tests/corpus`: reports that real mail servers made when a receiver of ours answered as it was told, so that
the truth is known; they say how well messages are read. The examples of the rule packs: what receivers answer; each is
judged as a whole, words against codes, not by its own rule alone. It says nothing of mail that nobody here has seen.
"""

import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from bounced.classify import Classifier
from bounced.classify.question import Question, report_of
from bounced.decide.trust import ASSUMED
from bounced.judging import Judge
from bounced.model import Disposition, Envelope, Failure, History, Kind
from bounced.parse import parse

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "accuracy.md"
#: Suppressions may depend on the day; this page may not.
_NOW = datetime(2026, 11, 23, tzinfo=UTC)

_HEAD = """# Accuracy

What this page says was measured, not claimed: `make accuracy` writes it, and a test fails when it is out of date. Two things are measured.

- **Our own corpus** (`tests/corpus`): {messages} reports on {recipients} recipients, made by {servers} real mail servers that got the
  answers of a scripted receiver, so that the truth is known for each.
- **The rule packs' examples**: {examples} answers of receivers and mail servers, each judged as a final failure, by all rules and codes
  together.

Both are known to whoever writes readers and rules, so read the figures as *nothing known is got wrong*, not as what to expect of mail that
nobody here has seen. A **false suppression** is a live address given up: the worst error. A **missed** one is a dead address kept in use.
"""


class Judged(NamedTuple):
    """One recipient: what is true, what was found; `right` tells of each field that has a truth whether it was found."""

    name: str
    group: str
    reader: str
    category: str
    disposition: str
    found_category: str
    found_disposition: str
    right: dict[str, bool]


def main() -> None:
    """Write the page and name each miss; with `-`, print the page and nothing else."""
    judge = Judge.load()
    corpus, examples = list(_corpus(judge)), list(_examples(judge))
    page = _page(corpus, examples)
    if sys.argv[1:] == ["-"]:
        print(page, end="")
        return
    PAGE.write_text(page, encoding="utf-8")
    for each in (*corpus, *examples):
        if wrong := [field for field, is_right in each.right.items() if not is_right]:
            print(f"{each.name}: {', '.join(wrong)}; is {each.category}, judged {each.found_category}: {each.found_disposition}")


def _page(corpus: list[Judged], examples: list[Judged]) -> str:
    messages = list((ROOT / "tests" / "corpus").glob("*/*.eml"))
    head = _HEAD.format(
        messages=len(messages), recipients=len(corpus), servers=len({each.parent for each in messages}), examples=len(examples)
    )
    fields = ("address", "status", "reply", "category", "disposition")
    return "\n".join(
        [
            head,
            "## Reading, by mail server\n",
            *_table(("server", "recipients", *fields), _by(corpus, "group", fields)),
            "## Reading, by reader\n",
            "The reader is the one that said who failed; others may have filled in what it left open.\n",
            *_table(("reader", "recipients", *fields), _by(corpus, "reader", fields)),
            "## Judging, by receiver\n",
            "A receiver is a rule pack; `generic` is everybody. Named: the receiver is known by its host; unnamed: by the words alone.\n",
            *_table(("pack", "examples", "category", "disposition", "category, unnamed", "disposition, unnamed"), _by_pack(examples)),
            "## Judging, by category\n",
            "Corpus and examples together. *Found* is how many of a category were judged so, *precise* how many that were judged so are.\n",
            *_table(
                ("category", "recipients", "found", "precise", "false suppressions", "missed suppressions"), _by_category(corpus, examples)
            ),
            "## Confusion\n",
            *_confusion([*corpus, *examples]),
        ]
    )


def _corpus(judge: Judge) -> Iterator[Judged]:
    """Judge each recipient of each message of the corpus."""
    for path in sorted((ROOT / "tests" / "corpus").glob("*/*.eml")):
        report = parse(path.read_bytes(), Envelope())
        verdicts = {each.failure.recipient.address: each for each in judge.judge(report, ASSUMED, History(), _NOW)}
        for true in tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))["recipient"]:
            verdict = verdicts.get(true["address"])
            is_failure = true["disposition"] != Disposition.NONE
            found = verdict.decision.finding.category if verdict else "(not found)"
            given_up = str(verdict.decision.disposition) if verdict else "(not found)"
            yield Judged(
                name=f"{path.parent.name}/{path.name}: {true['address']}",
                group=path.parent.name,
                reader=report.reader or "(none)",
                category=true.get("category") or "(no failure)",
                disposition=true["disposition"],
                found_category=found if is_failure or verdict is None else _no_failure(verdict.failure, found),
                found_disposition=given_up,
                right={
                    "address": verdict is not None,
                    **_codes(true, verdict.failure if verdict else None),
                    **({"category": found == true["category"]} if true.get("category") else {}),
                    "disposition": given_up == true["disposition"],
                },
            )


def _no_failure(failure: Failure, category: str) -> str:
    return "(no failure)" if failure.kind is Kind.DELIVERY else category


def _codes(true: dict[str, Any], failure: Failure | None) -> dict[str, bool]:
    """Compare the codes that the truth has; of several statuses each counts."""
    right = {}
    if true["status"]:
        right["status"] = failure is not None and bool({failure.status, failure.diagnostic_status} & set(true["status"]))
    if true.get("reply"):
        right["reply"] = failure is not None and failure.reply == true["reply"]
    return right


def _examples(judge: Judge) -> Iterator[Judged]:
    """Judge the examples of all rules: with the receiver named, and without."""
    classifier = judge.classifier
    for rule in classifier.rules:
        pack = rule.id.partition(".")[0]
        for example in rule.examples:
            command = next(iter(rule.when.command), None)
            named, unnamed = (
                _judge_example(judge, Question(example, receiver=receiver, command=command))
                for receiver in (next(iter(rule.when.receiver), pack), None)
            )
            wanted = classifier.categories[rule.category]
            due = _due(classifier, rule.category, example) or rule.abandoned
            disposition = str(Disposition.SUPPRESS if due else Disposition.RETRY)
            yield Judged(
                name=f"{rule.id}: {example}",
                group=pack,
                reader="",
                category=wanted.name,
                disposition=disposition,
                found_category=named[0],
                found_disposition=named[1],
                right={
                    "category": named[0] == wanted.name,
                    "disposition": named[1] == disposition,
                    "category, unnamed": unnamed[0] == wanted.name,
                    "disposition, unnamed": unnamed[1] == disposition,
                },
            )


def _due(classifier: Classifier, category: str, example: str) -> bool:
    """Whether an answer of *category* suppresses: its codes are not of class 4, or it is a domain that is not there."""
    failure = report_of(Question(example), ()).failures[0]
    is_transient = str(failure.reply or failure.diagnostic_status or 5).startswith("4")
    return classifier.categories[category].suppresses and (not is_transient or category == "invalid-domain")


def _judge_example(judge: Judge, question: Question) -> tuple[str, str]:
    report = report_of(question, judge.classifier.providers.rows)
    decision = judge.judge(report, ASSUMED, History(), _NOW)[0].decision
    return decision.finding.category, str(decision.disposition)


def _by(judged: list[Judged], key: str, fields: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    groups: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        groups[getattr(each, key)].append(each)
    for name in sorted(groups):
        yield name, str(len(groups[name])), *(_rate(each.right.get(field) for each in groups[name]) for field in fields)
    yield "**all**", str(len(judged)), *(_rate(each.right.get(field) for each in judged) for field in fields)


def _by_pack(examples: list[Judged]) -> Iterator[tuple[str, ...]]:
    return _by(examples, "group", ("category", "disposition", "category, unnamed", "disposition, unnamed"))


def _by_category(corpus: list[Judged], examples: list[Judged]) -> Iterator[tuple[str, ...]]:
    judged = [*corpus, *examples]
    for name in sorted({each.category for each in judged}):
        own = [each for each in judged if each.category == name]
        so_judged = [each for each in judged if each.found_category == name]
        pairs = [(each.disposition == Disposition.SUPPRESS, each.found_disposition == Disposition.SUPPRESS) for each in own]
        false, missed = pairs.count((False, True)), pairs.count((True, False))
        found = _rate(each.found_category == name for each in own)
        yield name, str(len(own)), found, _rate(each.category == name for each in so_judged), str(false), str(missed)


def _confusion(judged: list[Judged]) -> Iterator[str]:
    """Write the dispositions as a square table, and of the categories the cells off the diagonal: the others are right."""
    words = [str(Disposition.SUPPRESS), str(Disposition.RETRY), str(Disposition.NONE)]
    words += sorted({each.found_disposition for each in judged} - set(words))
    pairs = Counter((each.disposition, each.found_disposition) for each in judged)
    yield from _table(("is \\ judged", *words), ((true, *(str(pairs[true, found]) for found in words)) for true in words[:3]))
    wrong = Counter((each.category, each.found_category) for each in judged if each.category != each.found_category)
    yield f"Of {len(judged)} categories {len(judged) - wrong.total()} were right. Each way in which the others were not:\n"
    rows = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    yield from _table(("is", "judged", "times"), ((true, found, str(count)) for (true, found), count in rows))


def _rate(answers: Iterable[bool | None]) -> str:
    """Write how many of *answers* are true, of those that are answers."""
    known = [answer for answer in answers if answer is not None]
    if not known:
        return ""
    right = sum(known)
    # Rounded down, so that 100 % means all.
    return f"{int(1000 * right / len(known)) / 10:.1f} %" + ("" if right == len(known) else f" ({len(known) - right} wrong)")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


if __name__ == "__main__":
    main()
