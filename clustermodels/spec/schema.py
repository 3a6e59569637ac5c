"""The JSON Schema of documents, for editors."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from clustermodels.families.table import names
from clustermodels.spec.controls import CONTROLS
from clustermodels.spec.document import Spec
from clustermodels.spec.engine import ENGINES
from clustermodels.spec.moderators import MODERATORS
from clustermodels.spec.outcomes import OUTCOMES
from clustermodels.spec.section import OPEN, Kinds
from clustermodels.spec.ties import TIES, RecordTies, TieTable
from clustermodels.spec.treatments import TREATMENTS
from clustermodels.spec.wording import LISTS


def json_schema() -> dict[str, Any]:
    """Make the JSON Schema (draft 2020-12) of the documents that this installation reads.

    Made from the tables of kinds, so kinds that are registered from outside are in it.

    Examples
    --------
    >>> json_schema()["required"]
    ['data', 'outcomes']
    """
    tables: dict[str, Kinds[Any]] = {
        "Outcome": OUTCOMES,
        "Treatment": TREATMENTS,
        "Moderator": MODERATORS,
        "Control": CONTROLS,
        "Engine": ENGINES,
    }
    choices = {name: dict.fromkeys(table.classes.values()) for name, table in tables.items()}
    choices[TIES] = dict.fromkeys((TieTable, RecordTies))
    kinds = [kind for one_of in choices.values() for kind in one_of]
    _, shared = models_json_schema(
        [(kind, "validation") for kind in kinds], ref_template="#/$defs/{model}"
    )
    schema = _pointed(Spec.model_json_schema(by_alias=True))
    definitions = {**schema.pop("$defs", {}), **shared.get("$defs", {})}
    for name, one_of in choices.items():
        definitions[name] = {"anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in one_of]}
    for kind in choices["Outcome"]:
        definitions[kind.__name__]["properties"]["family"]["enum"] = list(names())
    for section in LISTS:
        schema["properties"][section] = _with_list(schema["properties"][section])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A clustermodels document",
        **{key: value for key, value in schema.items() if key != "title"},
        "$defs": dict(sorted(definitions.items())),
    }


def _pointed(schema: Any) -> Any:
    """Point the marks of open tables to their definitions."""
    if isinstance(schema, list):
        return [_pointed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if OPEN in schema:
        rest = {key: value for key, value in schema.items() if key != OPEN}
        return {"$ref": f"#/$defs/{schema[OPEN]}", **rest}
    return {key: _pointed(value) for key, value in schema.items()}


def _with_list(mapping: dict[str, Any]) -> dict[str, Any]:
    """Allow the short forms: a list of names, and names without settings."""
    item = mapping.get("additionalProperties", {})
    loose = {"anyOf": [item, {"type": "null"}]}
    keep = {key: mapping[key] for key in ("description",) if key in mapping}
    entry = {
        "type": "object",
        "additionalProperties": loose,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {
        **keep,
        "anyOf": [
            {"type": "object", "additionalProperties": loose},
            {"type": "array", "items": {"anyOf": [{"type": "string"}, entry]}},
        ],
    }
