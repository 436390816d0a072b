"""Classify and decide in one go: what the daemon, the command line and the library all do with a report."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path

from msgspec import Struct

from bounced.classify import Classifier
from bounced.classify.table import PACKAGED
from bounced.decide import Policies, decide, policy, report_id
from bounced.model import Decision, Failure, Finding, History, Report, Trust

#: The stream of what belongs to none.
DEFAULT_STREAM = "default"


class Case(Struct, frozen=True):
    """One recipient's failure, what it is found to be and how far it is believed: all but what is known of the address."""

    failure: Failure
    finding: Finding
    trust: Trust
    report_id: str


class Verdict(Struct, frozen=True):
    """One recipient's failure and what is decided about it, by the rules of this version."""

    failure: Failure
    decision: Decision
    rules_version: str = ""


class Judge:
    """The packs and the policy, loaded once; judging is pure and may be done from several threads.

    `rules_version` names the release that the rules came with, and a digest that any change of theirs changes.
    """

    def __init__(self, classifier: Classifier, policies: Policies, rules_version: str = "") -> None:
        self.classifier = classifier
        self.policies = policies
        self.rules_version = rules_version

    @classmethod
    def load(cls, site_rules: Path | None = None, site_policy: Path | None = None, *, is_shadow: bool = False) -> "Judge":
        """Load the shipped packs and policy, before the packs those in the folder *site_rules*, over the policy the file *site_policy*.

        With *is_shadow* all is decided and nothing suppresses.

        Raises:
            RulesInvalid: a pack or a table can't be used, or an example of the site's rules does not hold.
            PolicyInvalid: the site's policy can't be used.
        """
        classifier = Classifier.load(site_rules)
        return cls(classifier, policy.load(classifier.categories, site_policy, is_shadow=is_shadow), _version(site_rules))

    def cases(self, report: Report, trust: Trust | Sequence[Trust]) -> list[Case]:
        """Find out what is wrong for each recipient of *report*, in the report's order; *trust* is one for all, or one for each."""
        trusts = [trust] * len(report.failures) if isinstance(trust, Trust) else trust
        cases = []
        seen: dict[str | None, int] = {}
        for failure, believed in zip(report.failures, trusts, strict=True):
            recipient = failure.recipient.address
            occurrence = seen[recipient] = seen.get(recipient, -1) + 1
            finding = self.classifier.classify(failure, report)
            cases.append(Case(failure, finding, believed, report_id(report.identity, recipient, occurrence)))
        return cases

    def decide(self, case: Case, history: History, now: datetime, stream: str = DEFAULT_STREAM) -> Verdict:
        """Decide on *case* for an address of which *history* is known, by the policy of *stream*."""
        decision = decide(case.finding, history, case.trust, self.policies.of(stream), now, report=case.report_id)
        return Verdict(case.failure, decision, self.rules_version)

    def judge(self, report: Report, trust: Trust | Sequence[Trust], history: History, now: datetime) -> list[Verdict]:
        """Judge each recipient of *report* alone, with the same *history* for all, by the policy of no stream's own."""
        return [self.decide(case, history, now) for case in self.cases(report, trust)]


def _version(site_rules: Path | None) -> str:
    """Name the rules in force: the release they came with, and a digest that any change of theirs or the site's changes."""
    digest = hashlib.blake2b(digest_size=4)
    for folder in (PACKAGED, site_rules):
        for file in sorted(folder.rglob("*.toml")) if folder else ():
            digest.update(file.read_bytes())
    return f"{metadata.version('bounced-daemon')}+{digest.hexdigest()}"
