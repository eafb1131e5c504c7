"""Input and output ports, as a node class declares them."""

from __future__ import annotations

import copy
from typing import Any, Literal, Optional, Sequence, Tuple, Union

import msgspec
import numpy as np

from ranvier.core import NodeError
from ranvier.spec import PortKind, PortSpec

Size = Union[int, str, None]


class Port:
    """A declared, named end on a node; written as a class attribute.

    Parameters
    ----------
    dtype
        Element type of an array, or of a scalar if `shape` is (); or one of the kinds
        "text", "bytes", "mapping", "table". None leaves it open.
    shape
        Sizes of an array: integers, None (any) or names (same name, same size); ()
        is a scalar; None leaves it open.
    unit
        Unit of the values.
    rate_hz
        Messages per second, where known.
    help
        One sentence for the catalogue.
    """

    direction: Literal["input", "output"] = "input"

    def __init__(
        self,
        dtype: Any = None,
        *,
        shape: Optional[Sequence[Size]] = None,
        unit: str = "",
        rate_hz: Optional[float] = None,
        help: str = "",  # noqa: A002 - the word that the catalogue uses
    ) -> None:
        if isinstance(shape, (int, str)):
            raise _no_shape(shape)
        kind, name = _read_type(dtype, shape)
        self.name = ""
        self.kind: PortKind = kind
        self.dtype = name
        self.shape: Optional[Tuple[Size, ...]] = (
            tuple(shape) if shape and kind == "array" else None
        )
        self.unit = unit
        self.rate_hz = rate_hz
        self.help = help

    def __set_name__(self, owner: type, name: str) -> None:
        if self.name:
            # One declaration written at two places is two ports.
            setattr(owner, name, self._named(name))
        else:
            self.name = name

    def _named(self, name: str) -> Port:
        port = copy.copy(self)
        port.name = name
        return port

    def __repr__(self) -> str:
        return f"<{self.direction} {self.name}: {self.describe().describe()}>"

    def describe(self) -> PortSpec:
        """Give the port as plain data.

        Returns
        -------
        PortSpec
            For checks, catalogue and editor.
        """
        return PortSpec(
            name=self.name,
            direction=self.direction,
            kind=self.kind,
            dtype=self.dtype,
            shape=self.shape,
            unit=self.unit,
            rate_hz=self.rate_hz,
            help=self.help,
        )


class Input(Port):
    """A port that messages come in by.

    Parameters
    ----------
    dtype, shape, unit, rate_hz, help
        See `Port`.
    hold
        If true, its newest value is kept for the next step, and it causes none.
    optional
        If true, the input may stay without a link.

    Examples
    --------
    >>> Input("uint16", shape=("height", "width"), unit="count")
    <input : uint16 array, shape (height, width), count>
    """

    direction = "input"

    def __init__(
        self,
        dtype: Any = None,
        *,
        shape: Optional[Sequence[Size]] = None,
        unit: str = "",
        hold: bool = False,
        optional: bool = False,
        help: str = "",  # noqa: A002
    ) -> None:
        super().__init__(dtype, shape=shape, unit=unit, help=help)
        self.hold = hold
        self.optional = optional

    def describe(self) -> PortSpec:
        """Give the port as plain data.

        Returns
        -------
        PortSpec
            For checks, catalogue and editor.
        """
        return msgspec.structs.replace(
            super().describe(), hold=self.hold, optional=self.optional
        )


class Output(Port):
    """A port that messages go out by; see `Port` for the parameters."""

    direction = "output"


_KINDS: Tuple[PortKind, ...] = ("text", "bytes", "mapping", "table", "any")


def _read_type(
    dtype: Any, shape: Optional[Sequence[Size]]
) -> Tuple[PortKind, Optional[str]]:
    if dtype is None:
        return ("any" if shape is None else "scalar" if not shape else "array"), None
    if dtype in _KINDS:
        return dtype, None
    if dtype is str or dtype is bytes or dtype is dict:
        return {str: "text", bytes: "bytes", dict: "mapping"}[dtype], None  # pyright: ignore[reportReturnType]
    if dtype in ("array", "scalar"):
        return dtype, None
    try:
        name = np.dtype(dtype).name
    except TypeError:
        raise NodeError(
            f"{dtype!r} is not a type that a port can carry.",
            code="RV-N03",
            wanted="a NumPy type, or one of " + ", ".join(_KINDS),
            mend='declare for example Input("float32", shape=(None,))',
        ) from None
    return ("scalar" if shape is not None and not shape else "array"), name


def _no_shape(shape: Union[int, str]) -> NodeError:
    return NodeError(
        f"{shape!r} is not the shape of a port.",
        code="RV-N36",
        wanted="a tuple of sizes, one for each axis",
        mend=f"write shape=({shape!r},)",
    )
