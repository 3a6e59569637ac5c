"""What every section of the document shares: strictness, and refusals that name the choices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from clustermodels.errors import choices, nearest

# What is said of a value of the wrong kind, and of one that breaks a rule.
WRONG = "not what belongs here"
OUTSIDE = "not allowed here"
UNKNOWN_KEY = "unknown key"
# Marks in the JSON Schema where an open table of kinds belongs.
OPEN = "x-kinds"

Whole = Annotated[int, Field(ge=0)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
ColumnName = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A part of the document: unknown keys are refused, nothing is coerced, nothing changes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _name_the_choices(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as error:
            fields = {field.alias or name: field for name, field in cls.model_fields.items()}
            needed = [key for key, field in fields.items() if field.is_required()]
            details = [_detail(item, [*fields], needed) for item in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(cls.__name__, details) from None


def _detail(
    item: Mapping[str, Any], known: Iterable[str], needed: Iterable[str]
) -> InitErrorDetails:
    """Carry one error over unchanged, but an unknown key of this section with its choices."""
    kind, loc, given = item["type"], item["loc"], item["input"]
    context = item.get("ctx", {})
    if kind == "extra_forbidden" and len(loc) == 1:
        return InitErrorDetails(type=unknown(str(loc[0]), known), loc=loc, input=given)
    if kind in ("model_type", "model_attributes_type") and not loc:
        return InitErrorDetails(type=not_a_mapping(given, known, needed), loc=loc, input=given)
    if kind == "refused":
        return InitErrorDetails(type=_custom(context), loc=loc, input=given)
    return InitErrorDetails(type=kind, loc=loc, input=given, ctx=context)


def _custom(context: Mapping[str, Any]) -> PydanticCustomError:
    return PydanticCustomError("refused", "{what}", dict(context))


def refuse(
    what: str, fix: str = "", *, expected: str | None = None, got: str | None = None
) -> PydanticCustomError:
    """Make the error that a validator raises: what is wrong, and the way out."""
    return _custom({"what": what, "fix": fix, "expected": expected, "got": got})


def not_a_mapping(
    given: object, known: Iterable[str], needed: Iterable[str]
) -> PydanticCustomError:
    """Make the error for a value that stands where settings belong."""
    keys = list(known)
    listed = [key for key in keys if key != "kind"] or keys
    written = dict.fromkeys([*listed[:1], *needed])
    fix = f"Write {{{', '.join(f'{key}: ...' for key in written)}}}."
    rule = f"a mapping of {choices(listed)}"
    return refuse(WRONG, fix, expected=rule, got=shown(given))


def shown(value: object, most: int = 60) -> str:
    """Write a value as a document would hold it, cut to ``most`` characters.

    Examples
    --------
    >>> shown({"add": {"policies": True}}), shown("one"), shown(None)
    ('{add: {policies: true}}', "'one'", 'nothing')
    """
    text = repr(value) if isinstance(value, str) else "nothing" if value is None else _flow(value)
    return text if len(text) <= most else text[: most - 3] + "..."


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)


def unknown(name: str, known: Iterable[str], what: str = UNKNOWN_KEY) -> PydanticCustomError:
    """Make the error for a name that is not among the known ones."""
    listed = list(known)
    close = nearest(name, listed)
    lost = "Remove it, or use one of these." if what == UNKNOWN_KEY else "Use one of these."
    fix = f"Did you mean '{close}'?" if close else lost
    return refuse(what, fix, expected=choices(listed), got=repr(name))


class Kinds[T: Section]:
    """An open table of the kinds of one sort of item: ``register`` adds one from outside.

    Parameters
    ----------
    what
        What the kinds are of, for messages (``treatment``).
    default
        The kind of an item that names none.
    example
        What to write where settings are missing.
    """

    def __init__(self, what: str, default: str, example: str = "") -> None:
        self.what = what
        self.default = default
        self.example = example or f"{{kind: {default}}}, or {{}} for its defaults"
        self.classes: dict[str, type[T]] = {}

    def register(self, kind: type[T]) -> type[T]:
        """Add a kind: a final class whose ``kind`` is a literal. Usable as a decorator.

        Raises
        ------
        ValueError
            If the class has no literal ``kind``, or its name is taken.
        """
        field = kind.model_fields.get("kind")
        names = _literals(field.annotation) if field else ()
        if not names:
            raise ValueError(f"{kind.__name__} needs a field kind: Literal['NAME'] = 'NAME'")
        for name in names:
            if name in self.classes:
                raise ValueError(f"the {self.what} kind {name!r} is registered already")
            self.classes[name] = kind
        return kind

    def pick(self, value: object) -> T:
        """Validate an item by the class that its ``kind`` names."""
        for kind in self.classes.values():
            if isinstance(value, kind):
                return value
        if not isinstance(value, Mapping):
            raise refuse(
                WRONG,
                f"Write {self.example}.",
                expected=f"settings of the {self.what}",
                got=shown(value),
            )
        if "kind" not in value:
            self._refuse_another(value)
        name = value.get("kind", self.default)
        if not isinstance(name, str) or name not in self.classes:
            refusal = unknown(str(name), self.classes, f"unknown kind of {self.what}")
            error = InitErrorDetails(type=refusal, loc=("kind",), input=name)
            raise ValidationError.from_exception_data(self.what, [error])
        return self.classes[name].model_validate(value)

    def _refuse_another(self, settings: Mapping[str, object]) -> None:
        """Refuse settings that another kind has and the default has not: 'kind' was forgotten."""
        default = self.classes.get(self.default)
        strange = [key for key in settings if key not in _keys(default)]
        of_kind = {
            name: [key for key in strange if key in _keys(kind)]
            for name, kind in self.classes.items()
        }
        name = max(of_kind, key=lambda kind: len(of_kind[kind]), default="")
        keys = [repr(key) for key in of_kind.get(name, ())]
        if keys:
            listed = " and ".join(part for part in (", ".join(keys[:-1]), keys[-1]) if part)
            verb = "belong" if len(keys) > 1 else "belongs"
            raise refuse(f"{listed} {verb} to kind: {name}", f"Write 'kind: {name}'.")


def _keys(kind: type[Section] | None) -> set[str]:
    """Give the keys that a document may write in a section."""
    return {field.alias or name for name, field in kind.model_fields.items()} if kind else set()


def _literals(annotation: object) -> tuple[str, ...]:
    """Give the texts of a Literal, also where None is allowed beside it."""
    inner = get_args(annotation)
    texts = tuple(text for text in inner if isinstance(text, str))
    return texts + tuple(text for part in inner for text in _literals(part))


def filled[T: Section](name: Callable[[T, str], T]) -> Callable[[Mapping[str, T]], dict[str, T]]:
    """Make a validator that tells every item of a mapping its key, once they are valid."""

    def fill(items: Mapping[str, T]) -> dict[str, T]:
        return {key: name(item, key) for key, item in items.items()}

    return fill


def with_column[T: Section](item: T, key: str) -> T:
    """Give an item that names no ``column`` its key as the column."""
    if getattr(item, "column", None) is not None:
        return item
    named: T = item.model_copy(update={"column": key})
    return named
