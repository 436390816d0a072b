"""The policy file of a site: what it may change, and what it is told when it may not."""

import pytest

from bounced.classify import Classifier
from bounced.decide import policy
from bounced.errors import PolicyInvalid
from bounced.model import Fault

CATEGORIES = Classifier.load().categories


@pytest.fixture
def load(tmp_path):
    """Load a policy of this text."""

    def load(text):
        file = tmp_path / "policy.toml"
        file.write_text(text, encoding="utf-8")
        return policy.load(CATEGORIES, file)

    return load


def test_shipped():
    """Only the recipient's fault suppresses at once; nothing else than that, the network's and an unknown one counts."""
    shipped = policy.load(CATEGORIES).default

    assert {Fault.RECIPIENT} == {CATEGORIES[name].fault for name in shipped.at_once}
    assert {Fault.RECIPIENT, Fault.NETWORK, Fault.UNKNOWN} == {CATEGORIES[name].fault for name in shipped.weights}


def test_changes(load):
    """What is named changes, for all streams or for one; the rest stays."""
    shipped = policy.load(CATEGORIES).default
    policies = load(
        "[suppress]\ncounted_days = 90\n[counting]\nthreshold = 4\n[category.mailbox-full]\nweight = 0.5\n"
        "[category.mailbox-disabled]\ndisposition = 'retry'\n[stream.weekly.counting]\npoint_days = 180\n"
    )
    weekly = policies.of("weekly")

    assert (90, 4, 0.5) == (
        policies.default.suppress.counted_days,
        policies.default.counting.threshold,
        policies.default.weights["mailbox-full"],
    )
    assert shipped.at_once - {"mailbox-disabled"} == policies.default.at_once
    assert shipped.suppress.bare_code_days == policies.default.suppress.bare_code_days
    assert (180, 4, 90) == (weekly.counting.point_days, weekly.counting.threshold, weekly.suppress.counted_days)
    assert policies.default == policies.of("daily")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[category.reputation-block]\ndisposition = 'suppress'", "category.reputation-block: the sender's fault may not suppress"),
        ("[category.network]\ndisposition = 'suppress'", "category.network: the network's fault may not suppress"),
        ("[category.spam-content]\nweight = 1.0", "category.spam-content: the content's fault may not count"),
        ("[stream.news.category.greylisted]\nweight = 1", "stream.news: category.greylisted: the policy's fault may not count"),
        ("[category.unwell]\nweight = 1.0", "there is no category 'unwell'"),
        ("[category.mailbox-full]\nweight = -1", "weight"),
        ("[category.mailbox-full]\ndisposition = 'none'", "disposition must be retry or suppress"),
        ("[counting]\nthreshold = 0", "threshold"),
        ("[counting]\nthreshhold = 5", "threshhold"),
        ("[suppress]\nkept_when_delivered = ['complaints']", "there is no category 'complaints'"),
        ("[counting", "policy.toml"),
        ("\udcff", "policy.toml"),
    ],
)
def test_refused(load, text, told, tmp_path):
    """What may never suppress can't be made to; a slip is named with its place."""
    if text == "\udcff":
        (tmp_path / "policy.toml").write_bytes(b"\xff")
        with pytest.raises(PolicyInvalid, match=told):
            policy.load(CATEGORIES, tmp_path / "policy.toml")
    else:
        with pytest.raises(PolicyInvalid, match=told):
            load(text)


def test_missing(tmp_path):
    """A file that is not there is an error, not the shipped policy."""
    with pytest.raises(PolicyInvalid, match="No such file"):
        policy.load(CATEGORIES, tmp_path / "policy.toml")
