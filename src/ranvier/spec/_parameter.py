"""A parameter's declaration, and the check of a value against it."""

from __future__ import annotations

import math
from typing import Any, List, Literal, Optional, Sequence, Tuple

import msgspec

from ranvier.core import GraphError, NodeError, format_value, parse_quantity

ParameterType = Literal["float", "int", "bool", "str", "path", "list", "mapping", "any"]
ItemType = Literal["float", "int", "bool", "str"]


class ParameterSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One parameter of a node.

    Parameters
    ----------
    name
        Name of the parameter within its node.
    type
        What a value must be.
    default
        The value where the graph gives none.
    required
        True if the graph must give one.
    unit
        Unit of a number; a text with a unit of the same kind is converted to it.
    minimum, maximum
        Limits of a number, included. A number is finite in any case: a parameter that
        may be without one is nullable.
    choices
        The values allowed, empty for any.
    live
        True if it may change during a run.
    nullable
        True if None is allowed.
    help
        One sentence for the catalogue.
    items
        What each item of a list must be, with the unit and the limits; None is
        anything.

    Examples
    --------
    >>> ParameterSpec("delays", "list", unit="s", items="float").validate(["5 ms", 1])
    [0.005, 1.0]
    """

    name: str
    type: ParameterType = "any"
    default: Any = None
    required: bool = False
    unit: str = ""
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    choices: Tuple[Any, ...] = ()
    live: bool = False
    nullable: bool = False
    help: str = ""
    items: Optional[ItemType] = None

    def validate(self, value: Any, owner: str = "") -> Any:
        """Give a value in the declared type and unit.

        Parameters
        ----------
        value
            From YAML, a command line or code.
        owner
            The node, for the message.

        Returns
        -------
        object
            The value converted: "50 ms" becomes 0.05 for a parameter in s, an
            integer becomes a float where a float is wanted.

        Raises
        ------
        NodeError
            If the value has the wrong type or lies outside the limits or choices.
        """
        if value is None and self.nullable:
            return None
        try:
            converted = self._convert(value, self.type)
        except _UnfitError as unfit:
            raise self._refuse(value, unfit, owner) from None
        if self.choices and converted not in self.choices:
            raise self._refuse(value, _UnfitError(), owner)
        return converted

    def _convert(self, value: Any, kind: str) -> Any:
        if kind in ("float", "int"):
            return self._convert_number(value, kind)
        if kind == "any":
            return value
        if kind == "list" and isinstance(value, (list, tuple)):
            return self._convert_items(value)  # pyright: ignore[reportUnknownArgumentType]
        if kind in ("str", "path") and hasattr(value, "__fspath__"):
            return value.__fspath__()
        wanted = {"str": str, "path": str, "bool": bool, "mapping": dict}.get(kind)
        if wanted is None or not isinstance(value, wanted):
            raise _UnfitError(wanted="true or false" if kind == "bool" else "")
        return value  # pyright: ignore[reportUnknownVariableType]

    def _convert_items(self, values: Sequence[Any]) -> List[Any]:
        converted: List[Any] = []
        for n, value in enumerate(values):
            try:
                converted.append(self._convert(value, self.items or "any"))
            except _UnfitError:
                where = f"item {n + 1} of {len(values)}"
                raise _UnfitError(f"{where} is {_describe(value)}") from None
        return converted

    def _convert_number(self, value: Any, kind: str) -> Any:
        if isinstance(value, bool):
            raise _UnfitError
        try:
            number = float(
                parse_quantity(value, self.unit) if isinstance(value, str) else value
            )
        except (TypeError, ValueError, OverflowError, GraphError):
            raise _UnfitError from None
        if not math.isfinite(number):
            raise _UnfitError(_describe(value), "a finite number")
        low = self.minimum is not None and number < self.minimum
        high = self.maximum is not None and number > self.maximum
        if low or high:
            raise _UnfitError
        if kind == "float":
            return number
        if number != int(number) or abs(number) >= 2**63:
            raise _UnfitError
        return int(number if isinstance(value, str) else value)

    def describe_type(self) -> str:
        """Say in a few words what a value must be.

        Returns
        -------
        str
            For example "a float in s, from 0 to 10".
        """
        if self.choices:
            return "one of " + ", ".join(map(format_value, self.choices))
        words = _with_article(self.type)
        words += f", each item {_with_article(self.items)}" if self.items else ""
        words += f" in {self.unit}" if self.unit else ""
        if self.minimum is not None and self.maximum is not None:
            words += f", from {self.minimum:g} to {self.maximum:g}"
        elif self.minimum is not None:
            words += f", {self.minimum:g} or more"
        elif self.maximum is not None:
            words += f", {self.maximum:g} or less"
        return words

    def _refuse(self, value: Any, unfit: _UnfitError, owner: str) -> NodeError:
        name = ".".join(filter(None, [owner, self.name]))
        # While its class is being written, a parameter has no name yet.
        thing = f'the parameter "{name}"' if name else "the parameter"
        wanted = unfit.wanted or self.describe_type()
        return NodeError(
            f"{format_value(value)} is not a value of {thing}.",
            code="RV-N02",
            found=unfit.found or _describe(value),
            wanted=wanted,
            mend=f"give {wanted}",
        )


class _UnfitError(Exception):
    """A value does not fit: what of it, and what is wanted where that is not plain."""

    def __init__(self, found: str = "", wanted: str = "") -> None:
        super().__init__(found)
        self.found = found
        self.wanted = wanted


def _describe(value: Any) -> str:
    return f"{format_value(value)} ({type(value).__name__})"


def _with_article(kind: str) -> str:
    return f"{'an' if kind in ('int', 'any') else 'a'} {kind}"
