"""The AsyncAPI document: valid by its specification's own schema, shipped as it is generated, and true of what is published."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from bounced.publish.event import read
from bounced.publish.queues import QUEUES
from bounced.service.asyncapi import document
from tests.events import numbered

ROOT = Path(__file__).parents[2]
SPECIFICATION = ROOT / ".venv" / "npm" / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"


def test_valid():
    """The specification's own schema finds nothing to say."""
    if not SPECIFICATION.exists():
        pytest.fail("the schema of AsyncAPI is missing: run `make servers`")
    schema = json.loads(SPECIFICATION.read_text(encoding="utf-8"))

    assert [] == [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(document())]
    assert list(jsonschema.Draft7Validator(schema).iter_errors(document() | {"channels": 1}))


def test_references():
    """Everything that is referred to is there."""
    whole = document()
    for name in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(whole)):
        found = whole
        for part in name.split("/"):
            found = found[part]


def test_shipped():
    """docs/asyncapi.json is what is generated: write it with `bounced schema asyncapi > docs/asyncapi.json`."""
    assert document() == json.loads((ROOT / "docs" / "asyncapi.json").read_text(encoding="utf-8"))


def test_true():
    """An event fits the payload that it names, and its key the address; the queues are those that there are."""
    whole, event = document(), numbered(1)
    payload = {"$ref": "#/components/schemas/CloudEvent", "components": whole["components"]}
    jsonschema.Draft202012Validator(payload).validate(json.loads(event.body))
    words = dict(zip(re.findall(r"\{(\w+)\}", whole["channels"]["decisions"]["address"]), event.key.split("."), strict=True))

    assert read(event.body).data.decision.disposition == words["disposition"]
    assert all(
        word in of.get("enum", [word])
        for word, of in ((words[name], of) for name, of in whole["channels"]["decisions"]["parameters"].items())
    )
    assert {queue.name for queue in QUEUES} <= {channel["address"] for channel in whole["channels"].values()}
