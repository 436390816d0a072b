"""What a stranger wrote, made fit for a terminal: no control character of his gets through (ECMA-48)."""


def printable(text: str, but: str = "") -> str:
    """Return *text* with every character that does not print, except those in *but*, replaced by U+FFFD."""
    return "".join(character if character.isprintable() or character in but else "\N{REPLACEMENT CHARACTER}" for character in text)
