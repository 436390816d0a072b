"""The AsyncAPI 3.0 document of what goes over the broker: exchanges, queues, routing keys, and the messages with their schemas.

Made of what is used (queues, structs), so that it can't say anything else. https://www.asyncapi.com/docs/reference/specification/v3.0.0.
"""

from importlib.metadata import version
from typing import Any

import msgspec

from bounced import model
from bounced.admin.api.shapes import Deliveries, Replies
from bounced.config import Sink
from bounced.publish.event import CONTENT_TYPE, CloudEvent
from bounced.publish.notice import ListEvent, StormEvent
from bounced.publish.queues import DELIVERIES, QUEUES, REPLIES

#: As config/bounced.toml has it for who wants it.
_LIST_EXCHANGE = "bounced.list.v1"
_BINDING = "0.3.0"
#: What goes over the broker: its name here, its struct, its title, its type of content.
_MESSAGES: dict[str, tuple[type[msgspec.Struct], str, str]] = {
    "decision": (CloudEvent, "A decision on one recipient", CONTENT_TYPE),
    "storm": (StormEvent, "A storm has begun at a receiver", CONTENT_TYPE),
    "listChange": (ListEvent, "The suppression list has changed", CONTENT_TYPE),
    "deliveries": (Deliveries, "Addresses that got a message", "application/json"),
    "replies": (Replies, "What receivers answered to the sending MTA itself", "application/json"),
}


def document() -> dict[str, Any]:
    """Make the document, with the names that are there by default."""
    kinds = [kind for kind, _, _ in _MESSAGES.values()]
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    messages = {
        name: {"name": name, "title": title, "contentType": content, "payload": schema}
        for (name, (_, title, content)), schema in zip(_MESSAGES.items(), schemas, strict=True)
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "bounced",
            "version": version("bounced-daemon"),
            "description": "What comes of bounces, and what bounced takes from senders. At least once: drop by `id` what comes twice.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            "decisions": _exchange(Sink().exchange, "{kind}.{disposition}.{fault}.{category}.{stream}", _words(), "decision", "storm"),
            **{queue.name.replace("bounced.", ""): _queue(queue.name, f"Takes `{queue.binding}`.", "decision") for queue in QUEUES},
            "listChanges": _exchange(_LIST_EXCHANGE, "{change}.{category}.{stream}", _list_words(), "listChange"),
            "deliveries": _queue(DELIVERIES, "Read where `sink.inputs` is set.", "deliveries"),
            "replies": _queue(REPLIES, "Read where `sink.inputs` is set.", "replies"),
        },
        "operations": {
            "publishDecisions": _operation("send", "decisions", "Each decision is confirmed by the broker before its arrival is done."),
            "publishListChanges": _operation("send", "listChanges", "Where `sink.list_exchange` is set."),
            "takeDeliveries": _operation("receive", "deliveries", "Forgives those addresses."),
            "takeReplies": _operation("receive", "replies", "Judges them as it judges bounces."),
        },
        "components": {"messages": messages, "schemas": components},
    }


def _words() -> dict[str, Any]:
    return {
        "kind": {"enum": [*(str(kind) for kind in model.Kind if kind is not model.Kind.NOT_A_REPORT), "storm"]},
        "disposition": {"enum": [str(each) for each in model.Disposition]},
        "fault": {"enum": [str(each) for each in model.Fault], "description": "Who must act."},
        "category": {"description": "The cause; the set may grow."},
        "stream": {"description": "The kind of mail (`smtp.streams`)."},
    }


def _list_words() -> dict[str, Any]:
    return {
        "change": {"enum": ["created", "changed", "lifted", "expired"]},
        "category": {"description": "The cause; `manual` is what was done by hand."},
        "stream": {"description": "The kind of mail."},
    }


def _exchange(name: str, key: str, parameters: dict[str, Any], *messages: str) -> dict[str, Any]:
    exchange = {"name": name, "type": "topic", "durable": True, "vhost": "/"}
    return {
        "address": key,
        "description": f"The topic exchange `{name}`; the address is the routing key.",
        "parameters": parameters,
        "messages": _named(messages),
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": _BINDING}},
    }


def _queue(name: str, description: str, *messages: str) -> dict[str, Any]:
    queue = {"name": name, "durable": True, "exclusive": False, "autoDelete": False, "vhost": "/"}
    return {
        "address": name,
        "description": f"A quorum queue. {description}",
        "messages": _named(messages),
        "bindings": {"amqp": {"is": "queue", "queue": queue, "bindingVersion": _BINDING}},
    }


def _operation(action: str, channel: str, summary: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _named(messages: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
