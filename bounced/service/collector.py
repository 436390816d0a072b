"""Python's collector of cycles, told what a daemon is: its rules stay, and what a message makes has no cycles."""

import gc

#: New objects between two looks of the collector, some MiB of them; Python's own number is 700.
_NEW_OBJECTS = 20_000


def spare() -> None:
    """Have the collector leave alone what there is now, and look less often; call it when all that stays is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
