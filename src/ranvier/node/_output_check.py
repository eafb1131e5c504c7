"""What a node gives out, held against what its output declares."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ranvier.core import NodeError
from ranvier.spec import PortSpec

# Kinds of numbers, and the kinds in which each can be given.
_STANDS_FOR = {"b": "biufc", "i": "iufc", "u": "iufc", "f": "fc"}
_TYPES = {"text": str, "bytes": (bytes, bytearray, memoryview), "mapping": dict}


class OutputCheck:
    """Refuses values that are not what an output declares.

    Whoever is linked to the output was checked against its declaration: a value of
    another type would be a fault in a node that is not to blame.

    Parameters
    ----------
    port
        The output.
    owner
        Name of the node's class, for the message.

    Examples
    --------
    >>> check = OutputCheck(PortSpec("y", "output", "array", "uint16"), "Camera")
    >>> check(np.zeros(3, np.uint16))
    """

    def __init__(self, port: PortSpec, owner: str) -> None:
        self._port, self._owner = port, owner
        # Of the last array that was right: the next is most often like it.
        self._dtype: Any = None
        self._shape: Any = None

    def __call__(self, value: Any) -> None:
        """Look at a value.

        Raises
        ------
        NodeError
            If it is not what the output declares.
        """
        if type(value) is np.ndarray:
            if value.dtype is self._dtype and value.shape == self._shape:
                return
            self._refuse(explain_misfit(self._port, value))
            self._dtype, self._shape = value.dtype, value.shape
        else:
            self._refuse(explain_misfit(self._port, value))

    def _refuse(self, problem: Optional[str]) -> None:
        if problem is None:
            return
        port = self._port
        example = f'value.astype("{port.dtype}")'
        if port.kind == "scalar":
            example = f"np.{port.dtype}(value)"
        cast = f", for example `{example}`" if port.dtype else ""
        raise NodeError(
            f'{self._owner} gave its output "{port.name}" what it does not declare.',
            code="RV-N25",
            found=problem,
            wanted=port.describe(),
            mend=f"give what is declared{cast}, or declare what is given",
        )


def explain_misfit(port: PortSpec, value: Any) -> Optional[str]:
    """Say why a value is not what a port declares.

    What the port leaves open fits. Of a scalar only the kind of number is asked for,
    since it is given as a number of Python as well.

    Returns
    -------
    str or None
        The reason in a few words, or None if it fits.

    Examples
    --------
    >>> explain_misfit(PortSpec("y", "output", "scalar", "float64"), 1)
    >>> explain_misfit(PortSpec("y", "output", "scalar", "int64"), 0.5)
    'its type is float64'
    >>> explain_misfit(PortSpec("y", "output", "scalar", "uint8"), 256)
    'it is 256'
    """
    if port.kind == "array":
        return _explain_array(port, value)
    if port.kind == "scalar":
        return _explain_scalar(port, value)
    wanted = _TYPES.get(port.kind)
    if wanted is None or isinstance(value, wanted):
        return None
    return f"its type is {type(value).__name__}"


def _explain_array(port: PortSpec, value: Any) -> Optional[str]:
    if not _is_array(value):
        return f"its type is {type(value).__name__}"
    if port.dtype and value.dtype.name != port.dtype:
        return f"its elements are {value.dtype.name}"
    if port.shape is None:
        return None
    if len(port.shape) != value.ndim:
        return f"it has {value.ndim} dimensions"
    for axis, (wanted, size) in enumerate(zip(port.shape, value.shape)):
        if isinstance(wanted, int) and size != wanted:
            return f"its size along axis {axis} is {size}"
    return None


def _explain_scalar(port: PortSpec, value: Any) -> Optional[str]:
    is_number = isinstance(value, (bool, int, float, complex, np.generic))
    if not is_number and not (_is_array(value) and value.ndim == 0):
        return f"its type is {type(value).__name__}"
    if port.dtype is None:
        return None
    given, declared = np.asarray(value), np.dtype(port.dtype)
    have, want = given.dtype.kind, declared.kind
    if want not in _STANDS_FOR.get(have, have):
        return f"its type is {given.dtype.name}"
    if want in "iu" and not _fits(int(given), declared):
        return f"it is {given}"
    return None


def _fits(number: int, dtype: np.dtype[Any]) -> bool:
    limits = np.iinfo(dtype)
    return int(limits.min) <= number <= int(limits.max)


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)
