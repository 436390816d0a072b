"""The OpenAPI document (3.1), made of the table of endpoints and of the shapes, so that it can't say anything else than they do."""

from importlib.metadata import version
from typing import Any

import msgspec
from msgspec import Struct, structs

from bounced.admin.api.endpoint import Endpoint
from bounced.admin.api.endpoints import ENDPOINTS
from bounced.admin.api.shapes import Problem

_REFERENCE = "#/components/schemas/{name}"
_PROBLEMS = {
    401: "No token, or one that nobody has.",
    403: "The token is not good for this.",
    422: "What is given is not in order; `field` says where.",
    503: "The journal or the history can't be used now: try again later.",
}


def document() -> bytes:
    """Make the document, JSON."""
    shapes = dict.fromkeys(shape for each in ENDPOINTS for shape in (each.given, each.answer) if shape is each.answer or not each.is_query)
    _, components = msgspec.json.schema_components([*shapes, Problem], ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for each in ENDPOINTS:
        paths.setdefault(each.path.replace(":path", ""), {})[each.method.lower()] = _operation(each)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "bounced", "version": version("bounced-daemon"), "description": "The suppression list and what feeds it."},
            "security": [{"token": []}],
            "paths": paths,
            "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        }
    )


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "description": f"Takes a token with the role {endpoint.role}.",
        "operationId": endpoint.carry_out.__name__,
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint),
    }
    if not endpoint.is_query:
        operation["requestBody"] = {"required": True, "content": _json(endpoint.given)}
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = []
    if endpoint.name:
        parameters.append({"name": endpoint.name, "in": "path", "required": True, "schema": msgspec.json.schema(endpoint.schema)})
    if endpoint.is_query:
        for field in structs.fields(endpoint.given):
            schema = msgspec.json.schema(field.type)
            schema = next((one for one in schema.get("anyOf", []) if one != {"type": "null"}), schema)
            parameters.append({"name": field.encode_name, "in": "query", "required": field.required, "schema": schema})
    return parameters


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    responses: dict[str, Any] = {str(endpoint.status): {"description": "Done.", "content": _json(endpoint.answer)}}
    problems = _PROBLEMS | ({} if endpoint.is_query else {413: "The body is too large."}) | endpoint.others
    for status, meaning in sorted(problems.items()):
        responses[str(status)] = {"description": meaning, "content": _json(Problem)}
    return responses


def _json(shape: type[Struct]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(name=shape.__name__)}}}
