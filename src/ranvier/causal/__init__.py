"""Numerics for streams: each value from the past alone, on-line as off-line.

A stage takes a piece of signal of any length, one sample or a whole recording, and goes
on where the last piece ended. What it gives does not depend on how the signal is cut:

>>> import numpy as np
>>> whole, pieces = RunningZScore(rate_hz=1.0), RunningZScore(rate_hz=1.0)
>>> signal = np.sin(np.arange(50.0))
>>> at_once = run_causal(whole, signal)
>>> one_by_one = np.concatenate([pieces.update([value]) for value in signal])
>>> np.array_equal(at_once, one_by_one, equal_nan=True)
True
"""

from __future__ import annotations

from ranvier.causal._bleaching import BleachingBaseline, compute_dff
from ranvier.causal._events import EventAverage, Response
from ranvier.causal._led import NEUROPHOTOMETRICS, BandRows, LedDemux
from ranvier.causal._mean_response import ConditionAverage
from ranvier.causal._pairs import PairAligner, Pairs
from ranvier.causal._photometry import (
    CausalPhotometry,
    CausalSettings,
    Corrected,
    Stage,
    run_causal,
)
from ranvier.causal._regression import RecursiveRegression
from ranvier.causal._zscore import RunningZScore

__all__ = [
    "NEUROPHOTOMETRICS",
    "BandRows",
    "BleachingBaseline",
    "CausalPhotometry",
    "CausalSettings",
    "ConditionAverage",
    "Corrected",
    "EventAverage",
    "LedDemux",
    "PairAligner",
    "Pairs",
    "RecursiveRegression",
    "Response",
    "RunningZScore",
    "Stage",
    "compute_dff",
    "run_causal",
]
