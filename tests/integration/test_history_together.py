"""Two nodes hear of every bounce at the same moment, and count and decide as one would: the short form of `tests.chaos.together`."""

from tests.chaos.together import is_good, play


async def test_two_nodes(tmp_path, broker, postgresql):
    """Each report is counted once and answered alike by both; each address is suppressed once."""
    result = await play(tmp_path, postgresql.new_database(), [broker.url], 600, 30)

    assert is_good(result, 600, 30), result
