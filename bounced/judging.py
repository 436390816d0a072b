"""Classify and decide in one go: what the daemon, the command line and the library all do with a report."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path

from msgspec import Struct

from bounced.classify import Classifier
from bounced.classify.table import PACKAGED
from bounced.decide import Policy, decide, policy, report_id
from bounced.model import Decision, Failure, History, Report, Trust


class Verdict(Struct, frozen=True):
    """One recipient's failure and what is decided about it, by the rules of this version."""

    failure: Failure
    decision: Decision
    rules_version: str = ""


class Judge:
    """The packs and the policy, loaded once; judging is pure and may be done from several threads.

    `rules_version` names the release that the rules came with, and a digest that any change of theirs changes.
    """

    def __init__(self, classifier: Classifier, policy: Policy, rules_version: str = "") -> None:
        self.classifier = classifier
        self.policy = policy
        self.rules_version = rules_version

    @classmethod
    def load(cls, site_rules: Path | None = None) -> "Judge":
        """Load the shipped packs and policy, and before them the packs in the folder *site_rules*.

        Raises:
            RulesInvalid: a pack or a table can't be used, or an example of the site's rules does not hold.
        """
        classifier = Classifier.load(site_rules)
        return cls(classifier, policy.load(classifier.categories), _version(site_rules))

    def judge(self, report: Report, trust: Trust | Sequence[Trust], history: History, now: datetime) -> list[Verdict]:
        """Judge each recipient of *report* alone, in the report's order; *trust* is one for all, or one for each."""
        trusts = [trust] * len(report.failures) if isinstance(trust, Trust) else trust
        verdicts = []
        seen: dict[str | None, int] = {}
        for failure, believed in zip(report.failures, trusts, strict=True):
            recipient = failure.recipient.address
            occurrence = seen[recipient] = seen.get(recipient, -1) + 1
            finding = self.classifier.classify(failure, report)
            name = report_id(report.identity, recipient, occurrence)
            decision = decide(finding, history, believed, self.policy, now, report=name)
            verdicts.append(Verdict(failure, decision, self.rules_version))
        return verdicts


def _version(site_rules: Path | None) -> str:
    """Name the rules in force: the release they came with, and a digest that any change of theirs or the site's changes."""
    digest = hashlib.blake2b(digest_size=4)
    for folder in (PACKAGED, site_rules):
        for file in sorted(folder.rglob("*.toml")) if folder else ():
            digest.update(file.read_bytes())
    return f"{metadata.version('bounced-daemon')}+{digest.hexdigest()}"
