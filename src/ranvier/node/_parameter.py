"""Parameters, as a node class declares them."""

from __future__ import annotations

import copy
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Optional,
    Sequence,
    Type,
    TypeVar,
    Union,
    overload,
)

import msgspec

from ranvier.core import NodeError, format_value
from ranvier.spec import ItemType, ParameterSpec, ParameterType

if TYPE_CHECKING:
    from ranvier.node._node import Node

T = TypeVar("T")
_REQUIRED: Any = object()
_TYPES = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    list: "list",
    tuple: "list",
    dict: "mapping",
}


class Parameter(Generic[T]):
    """A value that the graph sets and that may change during a run.

    Written as a class attribute; on an instance it is the value itself.

    Parameters
    ----------
    default
        The value where the graph gives none; leave it out to demand one.
    type
        "float", "int", "bool", "str", "path", "list", "mapping" or "any"; taken from
        the default where there is one. With None as default it must be given.
    unit
        Unit of a number. In a graph file "50 ms" is understood where the unit is s.
    minimum, maximum
        Limits, included.
    choices
        The values allowed.
    items
        What each item of a list must be: "float", "int", "bool" or "str"; taken from
        the default if all its items are of one of these types.
    live
        If true it may change between two messages of a run.
    help
        One sentence for the catalogue.

    Raises
    ------
    NodeError
        If no type can be told, or the default is not a value of the parameter.
    """

    def __init__(  # noqa: PLR0913 - the fields of a declaration
        self,
        default: T = _REQUIRED,
        *,
        type: Optional[ParameterType] = None,  # noqa: A002 - the word of the catalogue
        unit: str = "",
        minimum: Optional[float] = None,
        maximum: Optional[float] = None,
        choices: Sequence[Any] = (),
        items: Optional[ItemType] = None,
        live: bool = False,
        help: str = "",  # noqa: A002
    ) -> None:
        required = default is _REQUIRED
        self._fields = {
            "type": type or _tell_type(default),
            "default": None if required else default,
            "required": required,
            "unit": unit,
            "minimum": minimum,
            "maximum": maximum,
            "choices": tuple(choices),
            "live": live,
            "nullable": default is None,
            "help": help,
            "items": items or _tell_items(default),
        }
        self.spec = ParameterSpec(name="", **self._fields)  # pyright: ignore[reportArgumentType]
        self._check_default()

    def _check_default(self) -> None:
        if not self.spec.required:
            default = self.spec.validate(self.spec.default)
            self._fields["default"] = default

    def __set_name__(self, owner: Type[Any], name: str) -> None:
        if self.spec.name:
            # One declaration written at two places is two parameters.
            other = copy.copy(self)
            other.spec = msgspec.structs.replace(self.spec, name=name)
            setattr(owner, name, other)
            return
        self.spec = ParameterSpec(name=name, **self._fields)  # pyright: ignore[reportArgumentType]

    @overload
    def __get__(self, node: None, owner: Type[Any]) -> Parameter[T]: ...
    @overload
    def __get__(self, node: Node, owner: Type[Any]) -> T: ...
    def __get__(self, node: Optional[Node], owner: Type[Any]) -> Union[T, Parameter[T]]:
        """Give the value on an instance, the declaration on the class."""
        if node is None:
            return self
        return node.parameters[self.spec.name]

    def __set__(self, node: Node, value: T) -> None:
        node.set_parameter(self.spec.name, value)


def _tell_type(default: Any) -> ParameterType:
    if hasattr(default, "__fspath__"):
        return "path"
    kind: Any = _TYPES.get(type(default))  # pyright: ignore[reportUnknownArgumentType]
    if kind is None:
        raise NodeError(
            f"the type of a parameter can't be told from {format_value(default)}."
            if default is not _REQUIRED
            else "a parameter without a default must say its type.",
            code="RV-N04",
            wanted=", ".join(sorted(set(_TYPES.values()))) + ", path or any",
            mend='declare for example Parameter(type="path")',
        )
    return kind


def _tell_items(default: Any) -> Optional[ItemType]:
    """Tell what the items of a list are; whole numbers among others are floats."""
    if not isinstance(default, (list, tuple)):
        return None
    kinds = {_TYPES.get(type(item)) for item in default}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if kinds == {"int", "float"}:
        return "float"
    only = kinds.pop() if len(kinds) == 1 else None
    return only if only in ("float", "int", "bool", "str") else None
