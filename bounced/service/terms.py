"""From the settings to what arrivals are judged by."""

from pathlib import Path

from bounced.config import Config
from bounced.decide import Assessor, assess
from bounced.judging import Judge
from bounced.pipeline import Site, Terms


def terms_of(config: Config) -> Terms:
    """Load the packs, and say whose reports are believed and what is published.

    Raises:
        RulesInvalid: a pack can't be used.
    """
    return Terms(Judge.load(site_rules(config)), assessor(config), site_of(config))


def site_rules(config: Config) -> Path | None:
    """Give the folder of the site's own rule packs, if there is one."""
    return Path(config.rules.folder) if config.rules.folder else None


def assessor(config: Config) -> Assessor:
    """Make the judge of trust that the settings ask for."""
    trust = config.trust
    return assess(trust.peers, trust.reporters, trust.senders, believe_everyone=trust.believe == "everyone")


def site_of(config: Config) -> Site:
    """Say what the node knows of itself."""
    return Site(node=config.node.name, site=config.node.site, kinds=frozenset(config.sink.kinds))
