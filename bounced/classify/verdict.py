"""A verdict: the category that won, by what, how surely, and what it won against.

`confidence` runs from 0 to 1 and says on what kind of evidence a verdict rests, not how often it is right:

    0.97  the receiver's own rule, or a rule and a code that say the same
    0.9   a rule for words, beside a code that says little
    0.85  an enhanced status code, specific in itself
    0.8   a rule against a code that says otherwise; words taken from around the failure
    0.6   a status that says little (5.7.1) and nothing else
    0.5   a code that stands alone
    0.4   a reply code beside unknown words
    0.2   nothing but a class, or a code that words beside it put in doubt
"""

from msgspec import Struct

from bounced.model import Advice, Basis, Evidence

AGREED, TOLD, CODED, DISPUTED, VAGUE, ALONE, BESIDE, DOUBTFUL = 0.97, 0.9, 0.85, 0.8, 0.6, 0.5, 0.4, 0.2


class Verdict(Struct, frozen=True, kw_only=True):
    """What the evidence comes to; see `model.Finding` for the fields of the same name."""

    category: str
    rule: str
    basis: Basis
    confidence: float
    because: str = ""
    remedy: str = ""
    #: Where the rule knows better than its category.
    advice: Advice | None = None
    is_abandoned: bool = False
    #: The words name a cause that no second try mends, whatever class the code has: the domain is not there.
    is_final_in_any_class: bool = False
    evidence: tuple[Evidence, ...] = ()
