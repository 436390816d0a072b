"""The keys of signed return paths, as the commands that need them are told of them."""

from bounced.config import Config
from bounced.decide import ReturnPaths
from bounced.errors import ConfigInvalid
from bounced.service.terms import return_paths


def needed_paths(settings: Config) -> ReturnPaths:
    """Read how return paths are signed.

    Raises:
        ConfigInvalid: they are not, or the keys can't be read.
    """
    paths = return_paths(settings)
    if paths is None:
        raise ConfigInvalid("trust.return_path_keys is not set: make a file with `bounced keys new FILE`, and name it there")
    return paths
