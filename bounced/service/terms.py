"""From the settings to what arrivals are judged by."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bounced import return_path
from bounced.config import Config
from bounced.decide import Assessor, ReturnPaths, assess
from bounced.decide.signed_original import OwnSignatures
from bounced.decide.storm import Brake
from bounced.dkim_keys import read_keys as read_dkim_keys
from bounced.errors import ConfigInvalid
from bounced.judging import Judge
from bounced.keyring import read_keys
from bounced.pipeline import Site, Terms
from bounced.receive import replies
from bounced.receive.guard import CheckPath
from bounced.return_path import Standing


def terms_of(config: Config) -> Terms:
    """Load the packs, the policy and the keys, and say whose reports are believed and what is published.

    Raises:
        RulesInvalid: a pack can't be used.
        PolicyInvalid: the site's policy can't be used.
        ConfigInvalid: the keys of return paths can't be read, or points live longer than they are kept.
    """
    site = Site(node=config.node.name, site=config.node.site, kinds=frozenset(config.sink.kinds))
    judge = Judge.load(site_rules(config), site_policy(config), is_shadow=config.policy.mode == "shadow")
    if longest := [each.counting.point_days for each in judge.policies.all if each.counting.point_days > config.history.keep_days]:
        raise ConfigInvalid(f"history.keep_days: must be no shorter than a point lives in the policy, {max(longest)} days")
    return Terms(judge, _assessor(config), site, _brake(config))


def _brake(config: Config) -> Brake | None:
    settings = config.storm
    if not settings.addresses:
        return None
    return Brake(
        addresses=settings.addresses,
        minutes=settings.minutes,
        times=settings.times,
        usual_share=settings.usual_share,
        good_days=settings.good_days,
    )


def site_rules(config: Config) -> Path | None:
    """Give the folder of the site's own rule packs, if there is one."""
    return Path(config.rules.folder) if config.rules.folder else None


def site_policy(config: Config) -> Path | None:
    """Give the site's own policy, if there is one."""
    return Path(config.policy.file) if config.policy.file else None


def return_paths(config: Config) -> ReturnPaths | None:
    """Read how our return paths are signed; None when they are not.

    Raises:
        ConfigInvalid: the keys can't be read.
    """
    trust = config.trust
    if not trust.return_path_keys:
        return None
    return ReturnPaths(read_keys(Path(trust.return_path_keys)), trust.return_path_prefix, trust.return_path_days)


def path_check(config: Config, clock: Callable[[], datetime]) -> CheckPath:
    """Make the check of recipients that the settings ask for: which signed return paths are refused at RCPT.

    Raises:
        ConfigInvalid: the keys can't be read.
    """
    paths, trust = return_paths(config), config.trust
    wanted = {Standing.FORGED: (trust.forged, replies.NOT_OURS), Standing.EXPIRED: (trust.expired, replies.TOO_OLD)}
    refused = {standing: reply for standing, (how, reply) in wanted.items() if how == "refuse"}

    def check(recipient: str) -> str | None:
        token = return_path.read(recipient, paths.prefix) if paths else None
        return refused.get(return_path.verify(token, paths.keys, clock(), paths.max_days)) if paths and token else None

    return check if refused else lambda _: None


def _assessor(config: Config) -> Assessor:
    trust = config.trust
    everyone = trust.believe == "everyone"
    own = OwnSignatures(read_dkim_keys(trust.own_dkim), trust.own_dkim_days) if trust.own_dkim else None
    return assess(
        trust.peers,
        trust.reporters,
        trust.senders,
        believe_everyone=everyone,
        return_paths=return_paths(config),
        own_signatures=own,
    )
