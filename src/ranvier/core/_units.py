"""Quantities with units in files and on the command line: "50 ms" is 0.05 s."""

from __future__ import annotations

import math
import re
from typing import Dict, Tuple, Union

from ranvier.core._errors import GraphError

# factor to the first unit of the same family
_UNITS: Dict[str, Tuple[str, float]] = {
    "s": ("s", 1.0),
    "ms": ("s", 1e-3),
    "us": ("s", 1e-6),
    "µs": ("s", 1e-6),
    "ns": ("s", 1e-9),
    "min": ("s", 60.0),
    "h": ("s", 3600.0),
    "Hz": ("Hz", 1.0),
    "kHz": ("Hz", 1e3),
    "MHz": ("Hz", 1e6),
    "fps": ("Hz", 1.0),
    "B": ("B", 1.0),
    "kB": ("B", 1e3),
    "MB": ("B", 1e6),
    "GB": ("B", 1e9),
    "KiB": ("B", 1024.0),
    "MiB": ("B", 1024.0**2),
    "GiB": ("B", 1024.0**3),
    "V": ("V", 1.0),
    "mV": ("V", 1e-3),
    "uV": ("V", 1e-6),
    "µV": ("V", 1e-6),
    "m": ("m", 1.0),
    "cm": ("m", 1e-2),
    "mm": ("m", 1e-3),
    "um": ("m", 1e-6),
    "µm": ("m", 1e-6),
    "deg": ("deg", 1.0),
    "rad": ("deg", 180.0 / math.pi),
    "l": ("l", 1.0),
    "ml": ("l", 1e-3),
    "ul": ("l", 1e-6),
    "µl": ("l", 1e-6),
    "W": ("W", 1.0),
    "mW": ("W", 1e-3),
    "px": ("px", 1.0),
    "%": ("%", 1.0),
}
_QUANTITY = re.compile(
    r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([^\W\d_]+|%)?\s*\Z"
)


def parse_quantity(text: Union[str, float], unit: str) -> float:
    """Read a quantity and give it in the unit asked for.

    A bare number is taken to be in that unit already.

    Parameters
    ----------
    text
        For example "50 ms", "2GB", 0.05.
    unit
        The unit wanted, one of those that the glossary lists.

    Returns
    -------
    float
        The number in `unit`.

    Raises
    ------
    GraphError
        If the text is no quantity, or its unit is unknown or of another kind.

    Examples
    --------
    >>> parse_quantity("50 ms", "s")
    0.05
    >>> parse_quantity(3, "Hz")
    3.0
    """
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return float(text)
    # Keyboards give the Greek letter where the table has the micro sign.
    match = _QUANTITY.match(str(text).replace("\u03bc", "\u00b5"))
    if match is None:
        raise _not_a_quantity(text, unit)
    number, given = float(match.group(1)), match.group(2) or unit
    if given == unit:
        return number
    if given not in _UNITS or unit not in _UNITS:
        raise _not_a_quantity(text, unit)
    family, factor = _UNITS[given]
    wanted_family, wanted_factor = _UNITS[unit]
    if family != wanted_family:
        raise _not_a_quantity(text, unit)
    return number * factor / wanted_factor


def _not_a_quantity(text: object, unit: str) -> GraphError:
    known = [name for name, (family, _) in _UNITS.items() if family == _family(unit)]
    return GraphError(
        f"{text!r} is not a quantity in {unit}.",
        code="RV-C02",
        wanted="a number, or a number and one of: " + ", ".join(known or [unit]),
        mend="write it as a number with its unit",
    )


def _family(unit: str) -> str:
    return _UNITS.get(unit, (unit, 1.0))[0]


def format_quantity(value: float, unit: str) -> str:
    """Write a quantity for a person, with three or four significant digits.

    Returns
    -------
    str
        Times, rates and bytes in the unit that gives a number from 1 to 1000.

    Examples
    --------
    >>> format_quantity(0.0042, "s")
    '4.2 ms'
    >>> format_quantity(7_340_032, "B")
    '7.34 MB'
    """
    ladders: Dict[str, Tuple[str, ...]] = {
        "s": ("ns", "µs", "ms", "s"),
        "Hz": ("Hz", "kHz", "MHz"),
        "B": ("B", "kB", "MB", "GB"),
    }
    for name in reversed(ladders.get(unit, ())):
        scaled = value / _UNITS[name][1]
        if abs(scaled) >= 1:
            # From 999.5 on three digits would be written as 1e+03.
            digits = ".3g" if abs(scaled) < 999.5 else ",.0f"
            return f"{scaled:{digits}} {name}"
    return f"{value:.3g} {unit}".rstrip()
