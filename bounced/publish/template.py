"""A body of another form than the event's, for a product's own endpoint: JSON with places to be filled in. Pure but for reading the file.

A place is `${data.decision.category}`, a path into the event, and becomes the JSON of what is there, null where nothing is. Words can be
translated: `${data.decision.disposition|suppress=hard,retry=soft}`; a word that is not named becomes null.
"""

import json
import re
from pathlib import Path
from typing import Any, Self

from bounced.errors import ConfigInvalid

_PLACE = re.compile(r"\$\{([a-z_.]+)(?:\|([^{}]*))?\}")
_SAMPLE = "x"


class Template:
    """The text of a template. *origin* names it in errors."""

    def __init__(self, text: str, origin: str) -> None:
        parts = _PLACE.split(text)
        self._texts = parts[::3]
        self._places = [(path.split("."), _words(words)) for path, words in zip(parts[1::3], parts[2::3], strict=True)]
        try:
            json.loads(_PLACE.sub(json.dumps(_SAMPLE), text))
        except ValueError as error:
            raise ConfigInvalid(f"sink.webhook_template: {origin}: no JSON when filled in: {error}") from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the template in *path*.

        Raises:
            ConfigInvalid: it can't be read, or is no JSON when it is filled in.
        """
        try:
            return cls(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigInvalid(f"sink.webhook_template: {path}: {error}") from error

    def fill(self, body: bytes) -> bytes:
        """Fill in what the event in *body* says."""
        event = json.loads(body)
        filled = [self._texts[0]]
        for (path, words), text in zip(self._places, self._texts[1:], strict=True):
            value = _find(event, path)
            filled += [json.dumps(value if words is None else words.get(str(value)), ensure_ascii=False), text]
        return "".join(filled).encode("utf-8", "replace")


def _words(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    return {word.strip(): other.strip() for word, _, other in (each.partition("=") for each in text.split(","))}


def _find(value: Any, path: list[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
