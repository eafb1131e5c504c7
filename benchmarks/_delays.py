"""From delays to figures."""

from __future__ import annotations

import numpy as np

WARM_UP = 0.1
"""Part of the messages at the beginning that is left out."""


def describe_delays(delays_ns: np.ndarray) -> dict[str, float]:
    """Give median and 99th percentile, µs, without the first messages.

    Raises
    ------
    RuntimeError
        If there are none.
    """
    kept = np.asarray(delays_ns)[int(len(delays_ns) * WARM_UP) :] / 1e3
    if not len(kept):
        raise RuntimeError("no message arrived")
    return {"p50": float(np.median(kept)), "p99": float(np.percentile(kept, 99))}
