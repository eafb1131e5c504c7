"""A port's declaration, and whether two ports may be joined."""

from __future__ import annotations

from typing import Literal, Optional, Tuple, Union

import msgspec

PortKind = Literal["array", "scalar", "text", "bytes", "mapping", "table", "any"]
_Size = Union[int, str, None]


class PortSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What flows through one port.

    Parameters
    ----------
    name
        Name of the port within its node.
    direction
        "input" or "output".
    kind
        What a message carries.
    dtype
        NumPy name of the element type of an array or scalar; None is any.
    shape
        Sizes of an array: an integer, None (any), or a name that stands for the same
        size at all ports of one node. None in place of the tuple is any shape.
    unit
        Unit of the values, "" where they have none.
    rate_hz
        Messages per second where it is known.
    hold
        An input whose newest value is held, and which does not cause a step.
    optional
        An input that may stay without a link.
    help
        One sentence for the catalogue.
    """

    name: str
    direction: Literal["input", "output"]
    kind: PortKind = "any"
    dtype: Optional[str] = None
    shape: Optional[Tuple[_Size, ...]] = None
    unit: str = ""
    rate_hz: Optional[float] = None
    hold: bool = False
    optional: bool = False
    help: str = ""

    def describe(self) -> str:
        """Say in a few words what flows here.

        Returns
        -------
        str
            For example "uint16 array, shape (height, width), 30 Hz".
        """
        words = [" ".join(filter(None, [self.dtype, self.kind]))]
        if self.shape:
            sizes = ", ".join("any" if s is None else str(s) for s in self.shape)
            words.append(f"shape ({sizes}{',' if len(self.shape) == 1 else ''})")
        words += [self.unit] if self.unit else []
        words += [f"{self.rate_hz:g} Hz"] if self.rate_hz else []
        return ", ".join(words)


def explain_mismatch(output: PortSpec, given_to: PortSpec) -> Optional[str]:
    """Say why an output can't be joined to an input.

    Only what both sides declare is compared; what one leaves open fits.

    Returns
    -------
    str or None
        The reason in a few words, or None if the two fit.

    Examples
    --------
    >>> frame = PortSpec("frame", "output", "array", "uint16", (None, None))
    >>> explain_mismatch(frame, PortSpec("x", "input", "array", "uint16", (None,)))
    'the array has 2 dimensions, 1 is wanted'
    """
    if "any" not in (output.kind, given_to.kind) and output.kind != given_to.kind:
        return f"it carries {output.kind}, {given_to.kind} is wanted"
    if output.dtype and given_to.dtype and output.dtype != given_to.dtype:
        return f"its elements are {output.dtype}, {given_to.dtype} is wanted"
    if output.unit and given_to.unit and output.unit != given_to.unit:
        return f"its unit is {output.unit}, {given_to.unit} is wanted"
    return _explain_shapes(output.shape, given_to.shape)


def _explain_shapes(
    output: Optional[Tuple[_Size, ...]], wanted: Optional[Tuple[_Size, ...]]
) -> Optional[str]:
    if output is None or wanted is None:
        return None
    if len(output) != len(wanted):
        return f"the array has {len(output)} dimensions, {len(wanted)} is wanted"
    for axis, (have, want) in enumerate(zip(output, wanted)):
        if isinstance(have, int) and isinstance(want, int) and have != want:
            return f"its size along axis {axis} is {have}, {want} is wanted"
    return None
