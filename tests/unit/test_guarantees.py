"""docs/guarantees.md is complete: every cause and setting that it should explain, and none that isn't there."""

import re
from pathlib import Path

import msgspec

from bounced.config import Config
from bounced.health import Cause
from bounced.metrics import METRICS

PAGE = (Path(__file__).parents[2] / "docs" / "guarantees.md").read_text(encoding="utf-8")


def test_causes():
    """Every cause for being degraded has its line, in the order of the code."""

    assert list(Cause) == re.findall(r"^\| `([a-z]+-[a-z]+)` \|", PAGE, re.MULTILINE)


def test_metrics():
    """Every metric that is named is one."""
    named = set(re.findall(r"`(bounced_[a-z_]+)`", PAGE))

    assert named
    assert set() == named - {metric.name for metric in METRICS}


def test_settings():
    """Every setting that is named is one."""
    settings = {f"{table}.{key}" for table, keys in msgspec.to_builtins(Config()).items() for key in keys}
    named = set(re.findall(r"`((?:smtp|journal|sink|admin)\.[a-z_]+)[`\s]", PAGE))

    assert named
    assert set() == named - settings
