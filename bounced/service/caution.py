"""What a daemon can start with and an operator should know all the same: said in the log at the start, and by `config check`.

It stops nothing; what does is refused in `bounced.config`.
"""

import structlog

from bounced.config import Config, host_and_port, is_loopback

log = structlog.get_logger()


def warn(config: Config) -> None:
    """Log what to be careful about."""
    if meaning := unproven(config):
        log.warning("trust.unset", meaning=meaning)
    if meaning := shadowed(config):
        log.warning("policy.shadow", meaning=meaning)
    if meaning := exposed(config):
        log.warning("admin.exposed", meaning=meaning)
    if config.history.store == "embedded" and config.sink.urls[0].startswith("amqp"):
        log.info("history.alone")


def cautions(config: Config) -> list[str]:
    """Say what to be careful about, a sentence each."""
    return [meaning for meaning in (unproven(config), shadowed(config), exposed(config)) if meaning]


def unproven(config: Config) -> str:
    """Say so when no report can be believed: it takes both a peer and a reporter, or something that we sign."""
    trust = config.trust
    if trust.return_path_keys or trust.own_dkim:
        return ""
    missing = [f"trust.{key}" for key in ("peers", "reporters") if not getattr(trust, key)]
    return (
        f"no report can suppress anything: set {' and '.join(missing)}, or sign your return paths (trust.return_path_keys)"
        if missing and trust.believe == "proven"
        else ""
    )


def shadowed(config: Config) -> str:
    """Say so when nothing suppresses because it is only tried."""
    if config.policy.mode == "live":
        return ""
    return 'policy.mode is "shadow": all is decided and published, and what would suppress is published as retry'


def exposed(config: Config) -> str:
    """Say so when other machines can reach the pages for operators."""
    admin = config.admin
    for key, listen, what in (("listen", admin.listen, "its pages ask"), ("postfix_policy", admin.postfix_policy, "it asks")):
        if listen and not is_loopback(host_and_port(listen)[0]):
            return f"admin.{key}: other machines can reach {listen}, and {what} for no password"
    return ""
