"""The folder of the site's own rule packs, as the commands of `bounced rules` are told of it."""

from pathlib import Path

import click

from bounced import config
from bounced.errors import ConfigInvalid

#: The `--rules` option that they share.
rules_option = click.option(
    "--rules",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the site's packs (default: rules.folder of the configuration).",
)


def site_rules(folder: Path | None, config_path: Path | None) -> Path | None:
    """Return the *folder* that was named, else the configuration's, else None.

    Raises:
        ConfigInvalid: the configuration can't be used.
    """
    if folder is not None:
        return folder
    configured = config.load(config_path).rules.folder
    return Path(configured) if configured else None


def needed(folder: Path | None, config_path: Path | None) -> Path:
    """Return the same, where there has to be one.

    Raises:
        ConfigInvalid: the configuration can't be used, or names no folder.
    """
    found = site_rules(folder, config_path)
    if found is None:
        raise ConfigInvalid("rules.folder: not set; name the folder of the site's packs there, or with --rules")
    return found
