"""The scales: rules against codes, codes against each other, in their order of evidence.

Receiver's or site's rule; a rule for the words; the enhanced status code; a code that stands alone; the reply code
beside unknown words; nothing. What loses is kept as evidence, with what it would have been.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from bounced.classify import verdict
from bounced.classify.bare import says_more
from bounced.classify.category import UNKNOWN, Category
from bounced.classify.clues import Clues
from bounced.classify.codes import BareRow, Codes, ReplyRow, StatusRow, category_named
from bounced.classify.matcher import Match
from bounced.classify.verdict import Verdict
from bounced.classify.veto import Vetoes
from bounced.model import Basis, Evidence, Fault
from bounced.status import is_vague

#: The category whose cause may stand inside the words.
EXPIRED = "expired"
#: The category that a code of class 4 can't take back, once words say it: a name that does not exist will not come.
INVALID_DOMAIN = "invalid-domain"
#: Faults that a specific code may be trusted to tell from the recipient's, against words that blame the recipient.
_OURS = frozenset({Fault.SENDER, Fault.CONTENT, Fault.RECIPIENT})
#: Commands (of `model.Failure`) whose refusal can't be about a recipient, who is named later (RFC 5321 §3.3).
_BEFORE_RECIPIENT = frozenset({"CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL"})

Row = StatusRow | BareRow | ReplyRow


class _Said(NamedTuple):
    """A code that speaks: the name of its row, what it rests on, where it stood, and how far it is believed."""

    rule: str
    basis: Basis
    source: str
    value: str
    confidence: float


class _Doubt(NamedTuple):
    """What keeps evidence from suppressing: its kind, its word, and a clause that says so."""

    source: str
    value: str
    because: str


class Scales:
    """What is needed to weigh: categories, codes, veto words."""

    def __init__(self, categories: Mapping[str, Category], codes: Codes, vetoes: Vetoes) -> None:
        self._categories = categories
        self._codes = codes
        self._vetoes = vetoes

    def weigh(self, clues: Clues, matches: Sequence[Match], around: Sequence[Match]) -> Verdict:
        """Weigh the rules that match the words (*matches*), or those *around* where it has none, against the codes."""
        status = clues.inner or clues.status
        coded = category_named(self._codes.status(status), status) if status else UNKNOWN
        heard = matches or around
        # "Retry timeout exceeded" says why a relay gave up, not what it was told: its words put no cause in doubt.
        given_up = [phrase for match in heard if match.rule.category == EXPIRED for phrase in match.phrases]
        credible = [match for match in heard if not self._doubt_rule(match, clues, given_up)]
        best = _innermost(credible)
        if best and self._beats(best, status, coded):
            confidence = verdict.DISPUTED if not matches else self._confidence(best, status, coded)
            return self._by_rule(best, clues, status, coded, confidence)
        best = best or next(iter(heard), None)
        lost = (Evidence("text", best.words, best.rule.category),) if best else ()
        if status and coded != UNKNOWN and not self._is_bare(clues, status):
            return self._by_status(clues, status, coded, lost)
        if clues.bare and self._is_bare(clues, status):
            return self._by_bare_code(clues, clues.bare)
        if clues.reply and (row := self._codes.reply(clues.reply)):
            return self._by_reply(clues, row, lost)
        return self._by_nothing(clues, status, lost)

    def _beats(self, match: Match, status: str | None, coded: str) -> bool:
        """Whether *match* is believed more than the status: that says little, agrees, or blames somebody else."""
        rule, told, code = match.rule, self._categories[match.rule.category], self._categories[coded]
        if rule.decisive or status is None or coded in {UNKNOWN, EXPIRED, told.name} or _says_little(status):
            return True
        if told.name == EXPIRED or (rule.vague and not code.suppresses):
            return False
        if told.suppresses:
            return code.suppresses or code.fault not in _OURS
        return code.suppresses or told.fault is not code.fault

    def _doubt_rule(self, match: Match, clues: Clues, given_up: Sequence[str]) -> "_Doubt | None":
        """Return what puts a rule that would suppress in doubt; a rule that is decisive is in none."""
        return None if match.rule.decisive else self._doubt(match.rule.category, clues, (*match.phrases, *given_up))

    def _doubt(self, name: str, clues: Clues, phrases: Sequence[str] = ()) -> "_Doubt | None":
        """Return what keeps the category *name* from suppressing: a veto word outside *phrases*, or the command that was answered."""
        if not self._categories[name].suppresses:
            return None
        veto = self._vetoes.find(clues.around or clues.words, phrases)
        if veto:
            return _Doubt("veto", veto, f"the words beside it speak of something else: {veto}")
        if clues.command in _BEFORE_RECIPIENT and not any("recipient" in phrase for phrase in phrases):
            return _Doubt("command", str(clues.command), f"the refusal came at {clues.command}, before the recipient was named")
        return None

    def _confidence(self, match: Match, status: str | None, coded: str) -> float:
        if match.rule.decisive or coded == match.rule.category:
            return verdict.AGREED
        return verdict.TOLD if status is None or coded == UNKNOWN or _says_little(status) else verdict.DISPUTED

    def _by_rule(self, match: Match, clues: Clues, status: str | None, coded: str, confidence: float) -> Verdict:
        rule = match.rule
        evidence = [Evidence("text", match.words)]
        if status:
            evidence.append(Evidence("status", status, None if coded == rule.category else coded))
        elif clues.reply:
            evidence.append(Evidence("reply", str(clues.reply)))
        return Verdict(
            category=rule.category,
            rule=rule.id,
            basis=Basis.RULE,
            confidence=confidence,
            because=rule.because,
            remedy=rule.remedy,
            advice=rule.advice,
            is_abandoned=rule.abandoned,
            is_final_in_any_class=rule.category == INVALID_DOMAIN,
            evidence=tuple(evidence),
        )

    def _by_status(self, clues: Clues, status: str, coded: str, lost: tuple[Evidence, ...]) -> Verdict:
        said = _Said(f"codes.{status}", Basis.STATUS, "status", status, verdict.VAGUE if _says_little(status) else verdict.CODED)
        return self._by_row(self._codes.status(status), coded, said, clues, lost)

    def _by_bare_code(self, clues: Clues, code: int) -> Verdict:
        row = self._codes.bare(code)
        said = _Said(f"codes.{code}", Basis.BARE_CODE, "reply", str(code), verdict.ALONE)
        return self._by_row(row, category_named(row), said, clues)

    def _by_reply(self, clues: Clues, row: ReplyRow, lost: tuple[Evidence, ...]) -> Verdict:
        said = _Said(f"codes.{row.code}", Basis.REPLY, "reply", str(row.code), verdict.BESIDE)
        category = row.greeting if row.greeting and clues.command == "CONNECT" else row.category
        return self._by_row(row, category, said, clues, lost)

    def _by_row(self, row: Row | None, name: str, said: "_Said", clues: Clues, lost: tuple[Evidence, ...] = ()) -> Verdict:
        """Believe the code, unless it would suppress and something beside it puts it in doubt."""
        doubt = self._doubt(name, clues)
        if doubt:
            return Verdict(
                category=UNKNOWN,
                rule=said.rule,
                basis=said.basis,
                confidence=verdict.DOUBTFUL,
                because=f"The code alone would blame the address, but {doubt.because}",
                evidence=(Evidence(said.source, said.value, name), Evidence(doubt.source, doubt.value), *lost),
            )
        return Verdict(
            category=name,
            rule=said.rule,
            basis=said.basis,
            confidence=said.confidence,
            because=row.meaning if row else "",
            remedy=row.remedy if row else "",
            evidence=(Evidence(said.source, said.value), *lost),
        )

    def _by_nothing(self, clues: Clues, status: str | None, lost: tuple[Evidence, ...]) -> Verdict:
        code, source = (status, "status") if status else (clues.reply, "reply")
        veto = self._vetoes.find(clues.words)
        evidence = [Evidence(source, str(code))] if code else []
        evidence += [Evidence("veto", veto)] if veto else []
        return Verdict(
            category=UNKNOWN,
            rule=f"codes.{code}" if code else "",
            basis=Basis.STATUS if status else Basis.REPLY if code else Basis.NOTHING,
            confidence=verdict.DOUBTFUL,
            evidence=(*evidence, *lost),
        )

    def _is_bare(self, clues: Clues, status: str | None) -> bool:
        row = self._codes.bare(clues.bare) if clues.bare else None
        return clues.bare is not None and not says_more(status, clues.bare, row.alternatives if isinstance(row, BareRow) else ())


def _innermost(matches: Sequence[Match]) -> Match | None:
    """Return the first match that names a cause and is not vague; else the first that names one; else the first."""
    causes = [match for match in matches if match.rule.category != EXPIRED]
    clear = (match for match in causes if not match.rule.vague)
    return next(chain(clear, causes, matches), None)


def _says_little(status: str) -> bool:
    """Whether *status* leaves open what it is about: vague, or with the detail 0, *other or undefined* (RFC 3463 §3)."""
    return is_vague(status) or status.endswith(".0")
