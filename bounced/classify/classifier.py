"""The classifier: one failure in, one finding out, by the order in which evidence counts.

Pure: no clock, no log, nothing looked up; the packaged tables and packs are read when it is built. It names the cause
and how it is known; whether the address is suppressed is for `decide`. In doubt it names a cause that does not suppress.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from msgspec import structs

from bounced.classify import category, clues, codes, hints, pack
from bounced.classify.matcher import Match, Matcher
from bounced.classify.provider import Providers
from bounced.classify.surroundings import Surroundings
from bounced.classify.table import PACKAGED
from bounced.classify.verdict import Verdict
from bounced.classify.veto import Vetoes
from bounced.classify.weigh import Scales
from bounced.errors import RulesInvalid
from bounced.model import Action, Basis, Evidence, Failure, Finding, Kind, Report

#: Words of more characters are not remembered.
_MOST_REMEMBERED = 400
#: Feedback types (RFC 5965 §7.3) by which a reader says *unwanted*; the others say nothing against the address.
UNWANTED = frozenset({"abuse", "fraud", "virus", "opt-out", "opt-out-list"})


class Classifier:
    """Categories, codes, receivers and rules, ready to judge.

    `categories`, `codes`, `providers` and `rules` may be looked into; none of them changes after it is built. What
    it remembers, the text of the report that it judged last and the rules that matched the latest words, changes no judgement.
    """

    def __init__(self, packs: list[pack.Rule], categories: dict[str, category.Category], table: codes.Codes, providers: Providers) -> None:
        self.categories = categories
        self.codes = table
        self.rules = tuple(packs)
        self.providers = providers
        self._matcher = Matcher(packs)
        # Of the reports that come in a flood, most say the same words about another address.
        self._remembered = lru_cache(maxsize=1024)(self._matcher.match)
        self._scales = Scales(categories, table, Vetoes.load())
        self._latest: Surroundings | None = None

    @classmethod
    def load(cls, site_folder: Path | None = None) -> "Classifier":
        """Build a classifier from the packaged data, and from the packs in *site_folder*, which go first.

        The examples of the site's rules are tried; those of the packaged ones were, before they were released.

        Raises:
            RulesInvalid: a table or pack is not in order, with its file and the reason; or an example does not hold.
        """
        categories = category.load(PACKAGED / "categories.toml")
        providers = Providers.load()
        site, packaged = pack.load_all(categories, providers.names, site_folder)
        classifier = cls([*site, *packaged], categories, codes.load(categories), providers)
        classifier.check(site)
        return classifier

    def check(self, rules: Iterable[pack.Rule] | None = None) -> None:
        """Try the examples of *rules*, by default of every one, against all rules.

        Raises:
            RulesInvalid: one does not hold; with the rule and the example.
        """
        for rule, example, reason in self._matcher.problems(self.rules if rules is None else rules):
            raise RulesInvalid(f"{rule.id}: {reason}: {example!r}")

    def classify(self, failure: Failure, report: Report) -> Finding:
        """Name the cause of *failure*, a recipient of *report*. Never raises, whatever the words."""
        if failure.kind is Kind.COMPLAINT:
            return self._judge_complaint(failure)
        given = clues.read(failure, self._surroundings(report))
        if failure.kind in {Kind.AUTO_REPLY, Kind.NOT_A_REPORT}:
            return self._say_nothing_failed(failure.kind, "No bounce: nothing is said against the address")
        if clues.is_delivery(given, failure):
            return self._say_nothing_failed(Kind.DELIVERY, "Delivered, says the report")
        provider = self.providers.find(failure, report, given.words or given.around)
        verdict = self._scales.weigh(given, self._match(given.words, given, provider), self._match(given.around, given, provider))
        is_permanent = clues.is_permanent(given, failure)
        if verdict.is_final_in_any_class and failure.action is Action.FAILED and given.is_final:
            is_permanent = True
        found = self._find(failure.kind, verdict, provider, is_permanent=is_permanent)
        told = hints.read(failure.diagnostic or report.text, given.words or given.around)
        return found if told is hints.NONE else structs.replace(found, hints=told)

    def matches(self, failure: Failure, report: Report) -> Sequence[Match]:
        """List the rules that match what is said of *failure*, in the order in which they are tried: for whoever asks why."""
        given = clues.read(failure, self._surroundings(report))
        provider = self.providers.find(failure, report, given.words or given.around)
        return self._match(given.words, given, provider) or self._match(given.around, given, provider)

    def _surroundings(self, report: Report) -> Surroundings:
        """Return what is around the recipients of *report*; its text is shared out once, though they are judged one by one."""
        latest = self._latest  # read once: another thread may be at another report
        if latest is None or latest.report is not report:
            self._latest = latest = Surroundings(report)
        return latest

    def _match(self, words: str, given: clues.Clues, provider: str | None) -> Sequence[Match]:
        if not words:
            return ()
        match = self._remembered if len(words) <= _MOST_REMEMBERED else self._matcher.match
        return match(words, given.reply, given.status, (provider,) if provider else (), given.command)

    def _find(self, kind: Kind, verdict: Verdict, provider: str | None, *, is_permanent: bool) -> Finding:
        row = self.categories[verdict.category]
        who = (Evidence("provider", provider),) if provider else ()
        return Finding(
            kind=kind,
            category=row.name,
            fault=row.fault,
            advice=verdict.advice or row.advice,
            remedy=verdict.remedy or row.remedy,
            because=verdict.because or row.meaning,
            rule=verdict.rule,
            basis=verdict.basis,
            confidence=verdict.confidence,
            permanent=is_permanent,
            abandoned=verdict.is_abandoned,
            provider=provider,
            evidence=(*who, *verdict.evidence),
        )

    def _judge_complaint(self, failure: Failure) -> Finding:
        said = (failure.feedback_type or "").strip().lower() or "abuse"
        is_unwanted = said in UNWANTED
        name = category.COMPLAINT if is_unwanted else "auth-failure" if said == "auth-failure" else category.UNKNOWN
        verdict = Verdict(
            category=name,
            rule=f"feedback.{said}",
            basis=Basis.FEEDBACK,
            confidence=0.99,
            because="" if is_unwanted else f"A feedback report of type {said}, which says nothing against the address",
            evidence=(Evidence("feedback-type", said),),
        )
        return self._find(Kind.COMPLAINT, verdict, None, is_permanent=is_unwanted)

    def _say_nothing_failed(self, kind: Kind, because: str) -> Finding:
        verdict = Verdict(category=category.UNKNOWN, rule="", basis=Basis.NOTHING, confidence=1.0, because=because, remedy="Nothing to do.")
        return self._find(kind, verdict, None, is_permanent=False)
