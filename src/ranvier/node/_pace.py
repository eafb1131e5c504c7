"""The pace of a source: the rate at which `produce` is called."""

from __future__ import annotations

import math
from typing import Any, Optional

from ranvier.core import NodeError, format_value


def check_pace(pace_hz: Any, owner: str) -> Optional[float]:
    """Make sure that a value is a pace.

    Parameters
    ----------
    pace_hz
        What a source gave or declared.
    owner
        Name of its class or function, for the message.

    Returns
    -------
    float or None
        Hz; None for at once.

    Raises
    ------
    NodeError
        If it is neither None nor a finite number above 0.
    """
    if pace_hz is None:
        return None
    try:
        number = float(pace_hz)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if 0 < number < math.inf:
        return number
    raise NodeError(
        f"the pace of {owner} is no rate.",
        code="RV-N33",
        found=format_value(pace_hz),
        wanted="a finite number of Hz above 0, or None for as fast as it goes",
        mend="mend pace_hz",
    )
