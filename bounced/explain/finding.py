"""A decision, written for a person: what follows, by which rule, what spoke for it, what lost and why."""

from collections.abc import Iterator, Sequence

from msgspec import structs
from rich.table import Table
from rich.text import Text

from bounced.classify.matcher import Match
from bounced.explain.printable import printable
from bounced.judging import Verdict
from bounced.model import Basis, Decision, Disposition, Evidence, Finding

#: Rules that lost are listed up to this number.
MOST_LOST = 5
#: Characters of a stranger's words that are shown in one cell.
MOST_WORDS = 240

_COLOURS = {Disposition.SUPPRESS: "bold red", Disposition.RETRY: "bold yellow", Disposition.NONE: "bold green"}


def describe(verdict: Verdict, matches: Sequence[Match]) -> Table:
    """Make a table of two columns of *verdict*; *matches* are the rules that matched the words, in their order."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _rows(verdict.decision, matches):
        grid.add_row(name, value)
    return grid


def colour(disposition: Disposition) -> str:
    """Return the style that a *disposition* is written in."""
    return _COLOURS[disposition]


def cell(text: str) -> str:
    """Return a stranger's *text* as it may be shown: on one line, printable, cut."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= MOST_WORDS else f"{line[:MOST_WORDS]} …"


def _rows(decision: Decision, matches: Sequence[Match]) -> Iterator[tuple[str, Text]]:
    finding = decision.finding
    yield "decision", _decided(decision)
    yield "because", Text(cell(decision.because))
    yield "remedy", Text(f"{finding.remedy} (advice: {finding.advice})")
    yield "category", Text.assemble((finding.category, "bold"), f", the fault is {_whose(finding)}; confidence {finding.confidence:g}")
    yield "rule", Text.assemble((finding.rule or "none", "bold" if finding.rule else ""), f", by {_basis(finding)}")
    if finding.provider:
        yield "receiver", Text(finding.provider)
    for evidence in finding.evidence:
        if evidence.source != "provider":
            yield _spoke(evidence, finding)
    yield from _lost(finding, matches)
    for name, value in structs.asdict(finding.hints).items():
        if value is not None:
            yield "hint", Text(f"{name.replace('_', ' ')}: {cell(str(value))}")


def _decided(decision: Decision) -> Text:
    text = Text(decision.disposition, _COLOURS[decision.disposition])
    if decision.disposition is Disposition.SUPPRESS:
        text.append(f" until {decision.until:%Y-%m-%d}" if decision.until else " until it is lifted", "default")
    if decision.withheld:
        text.append(f", withheld: {decision.withheld}", "default")
    return text


def _whose(finding: Finding) -> str:
    return "nobody's yet" if finding.fault == "unknown" else f"the {finding.fault}'s"


def _basis(finding: Finding) -> str:
    return {
        Basis.RULE: "its words",
        Basis.STATUS: "the enhanced status code",
        Basis.BARE_CODE: "a reply code that stands alone",
        Basis.REPLY: "the reply code beside unknown words",
        Basis.FEEDBACK: "the type of the feedback report",
        Basis.NOTHING: "nothing that could be read",
    }[finding.basis]


def _spoke(evidence: Evidence, finding: Finding) -> tuple[str, Text]:
    said = f"{evidence.source} {cell(evidence.value)}"
    if evidence.would_be is None:
        return "", Text.assemble(("+ ", "green"), said)
    why = "the words say more than the code" if finding.basis is Basis.RULE else "something else was more telling, or put it in doubt"
    return "", Text.assemble(("- ", "red"), said, (f" would be {evidence.would_be}: {why}", "dim"))


def _lost(finding: Finding, matches: Sequence[Match]) -> Iterator[tuple[str, Text]]:
    """List the rules that matched and did not decide."""
    others = [match for match in matches if match.rule.id != finding.rule]
    won = next((place for place, match in enumerate(matches) if match.rule.id == finding.rule), None)
    for match in others[:MOST_LOST]:
        if won is not None and matches.index(match) > won:
            why = "it comes later"
        elif won is not None:
            why = "the words name a cause that is more telling, or put it in doubt"
        else:
            why = "the code is more telling, or the words put it in doubt"
        yield "", Text.assemble(("- ", "red"), f"rule {match.rule.id} ({match.rule.category}), by {cell(match.words)}", (f": {why}", "dim"))
    if len(others) > MOST_LOST:
        yield "", Text(f"  and {len(others) - MOST_LOST} more rules that match", "dim")
