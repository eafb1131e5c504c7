"""A parameter's declaration, and the check of a value against it."""

from __future__ import annotations

import math
from typing import Any, Literal, Optional, Tuple

import msgspec

from ranvier.core import GraphError, NodeError, parse_quantity

ParameterType = Literal["float", "int", "bool", "str", "path", "list", "mapping", "any"]


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
        Limits of a number, included.
    choices
        The values allowed, empty for any.
    live
        True if it may change during a run.
    nullable
        True if None is allowed.
    help
        One sentence for the catalogue.
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
        converted = self._convert(value, owner)
        if self.choices and converted not in self.choices:
            wanted = "one of " + ", ".join(map(repr, self.choices))
            raise self._refuse(value, wanted, owner)
        self._check_limits(converted, owner)
        return converted

    def _convert(self, value: Any, owner: str) -> Any:
        kind = self.type
        if kind in ("float", "int"):
            return self._convert_number(value, owner)
        if kind in ("str", "path"):
            if hasattr(value, "__fspath__"):
                return value.__fspath__()
            if isinstance(value, str):
                return value
        elif kind == "any":
            return value
        elif kind == "list":
            if isinstance(value, (list, tuple)):
                return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        elif isinstance(value, {"bool": bool, "mapping": dict}[kind]):
            return value  # pyright: ignore[reportUnknownVariableType]
        raise self._refuse(value, self.describe_type(), owner)

    def _convert_number(self, value: Any, owner: str) -> Any:
        if isinstance(value, bool):
            raise self._refuse(value, self.describe_type(), owner)
        if isinstance(value, str):
            try:
                value = parse_quantity(value, self.unit)
            except GraphError:
                raise self._refuse(value, self.describe_type(), owner) from None
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise self._refuse(value, self.describe_type(), owner) from None
        if self.type == "float":
            return number
        if not math.isfinite(number) or number != int(number) or abs(number) >= 2**63:
            raise self._refuse(value, self.describe_type(), owner)
        return int(value)

    def _check_limits(self, value: Any, owner: str) -> None:
        if self.type not in ("float", "int"):
            return
        low = self.minimum is not None and not value >= self.minimum
        high = self.maximum is not None and not value <= self.maximum
        if low or high:
            raise self._refuse(value, self.describe_type(), owner)

    def describe_type(self) -> str:
        """Say in a few words what a value must be.

        Returns
        -------
        str
            For example "a float in s, from 0 to 10".
        """
        article = "an" if self.type in ("int", "any") else "a"
        words = f"{article} {self.type}"
        words += f" in {self.unit}" if self.unit else ""
        if self.minimum is not None and self.maximum is not None:
            words += f", from {self.minimum:g} to {self.maximum:g}"
        elif self.minimum is not None:
            words += f", {self.minimum:g} or more"
        elif self.maximum is not None:
            words += f", {self.maximum:g} or less"
        return words

    def _refuse(self, value: Any, wanted: str, owner: str) -> NodeError:
        thing = f'"{owner}.{self.name}"' if owner else f'"{self.name}"'
        return NodeError(
            f"{value!r} is not a value of the parameter {thing}.",
            code="RV-N02",
            found=f"{value!r} ({type(value).__name__})",
            wanted=wanted,
            mend=f"give {wanted}",
        )
