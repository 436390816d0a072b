"""Classify: what went wrong for one recipient, by rules and tables that are data.

`Classifier.load()` reads the packaged tables and packs; `classify(failure, report)` gives a `Finding`. Nothing here
decides what to do with the address, and nothing but the packaged TOML and the site's packs is ever read.
"""

from bounced.classify.category import Category
from bounced.classify.classifier import Classifier
from bounced.classify.explain import Explanation, Reading, explain

__all__ = ["Category", "Classifier", "Explanation", "Reading", "explain"]
