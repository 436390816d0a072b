"""A policy tried on what happened: what it would have suppressed and lifted, told failure by failure.

Pure. Two policies are played beside each other on the same failures, each with a memory of its own, as the daemon would have done it;
without the storm brake, which looks at receivers and not at policies.
"""

from collections import Counter
from datetime import datetime

from msgspec import Struct

from bounced.decide import counting, decide, is_believed
from bounced.decide.policy import SLOW, Policies
from bounced.model import Disposition, Finding, Kind, Memory, Suppression, Trust


class Observed(Struct, frozen=True, kw_only=True):
    """Something that was reported of an address: when, in which stream, what it was found to be, and how far it was believed."""

    at: datetime
    stream: str
    address: str
    report_id: str
    finding: Finding
    trust: Trust


class Play:
    """Plays what was observed by *policies*; `suppressed` and `lifted` count by category, `memories` is what is remembered at the end."""

    def __init__(self, policies: Policies) -> None:
        self.suppressed: Counter[str] = Counter()
        self.lifted: Counter[str] = Counter()
        self.memories: dict[tuple[str, str], Memory] = {}
        #: Of each address that was ever suppressed the first time: when, why.
        self.first: dict[tuple[str, str], Suppression] = {}
        self._policies = policies

    def tell(self, observed: Observed) -> None:
        """Go on with what was *observed*, which is no earlier than what was told before."""
        if not is_believed(observed.trust):
            return
        policy, key, finding = self._policies.of(observed.stream), (observed.stream, observed.address), observed.finding
        known = counting.recall(self.memories.get(key, Memory()), policy.counting, observed.at)
        if finding.kind is Kind.DELIVERY:
            self._remember(key, known.memory, counting.forgive(known.memory, policy.suppress.kept, observed.at))
            return
        decision = decide(finding, known, observed.trust, policy, observed.at, report=observed.report_id)
        after = counting.memorise(decision, observed.at, is_slow=finding.fault in SLOW)
        if decision.disposition is Disposition.SUPPRESS and known.memory.suppression is None and after.suppression is not None:
            self.suppressed[finding.category] += 1
            self.first.setdefault(key, after.suppression)
        self._remember(key, known.memory, after)

    def standing(self, now: datetime) -> set[tuple[str, str]]:
        """Name the streams and addresses that are suppressed at *now*."""
        return {key for key, memory in self.memories.items() if counting.standing(memory, now) is not None}

    def _remember(self, key: tuple[str, str], before: Memory, after: Memory) -> None:
        if before.suppression is not None and after.suppression is None:
            self.lifted[before.suppression.category] += 1
        if after != Memory():
            self.memories[key] = after
        else:
            self.memories.pop(key, None)
