"""What one of several workers is given of the settings: limits are those of the whole node, each worker has its part. Pure."""

from msgspec import structs

from bounced.config import Admin, Config


def share_of(config: Config, workers: int) -> Config:
    """Make the settings of one of *workers*, who has no pages for operators: the parent has them."""
    return structs.replace(
        config,
        admin=Admin(listen=""),
        smtp=structs.replace(
            config.smtp,
            max_sessions=_part(config.smtp.max_sessions, workers),
            max_sessions_per_network=_part(config.smtp.max_sessions_per_network, workers),
        ),
        journal=structs.replace(
            config.journal,
            max_bytes=_part(config.journal.max_bytes, workers),
            keep_done_bytes=_part(config.journal.keep_done_bytes, workers),
        ),
    )


def _part(whole: int, workers: int) -> int:
    return -(-whole // workers)
