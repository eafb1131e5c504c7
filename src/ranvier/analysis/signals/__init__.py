"""Photometry signals: bleaching, reference, z-score, resampling, artefacts, transients.

Pure functions on arrays. Times are seconds, signals float64 of shape (n_samples,) or
(n_samples, n_channels), missing samples NaN. None of them is causal: those for streams
are in `ranvier.causal`.
"""

from __future__ import annotations

from ranvier.analysis.signals._artefacts import (
    find_artefacts,
    find_saturation,
    mask_artefacts,
)
from ranvier.analysis.signals._bleaching import (
    BleachingFit,
    BleachingModel,
    fit_bleaching,
)
from ranvier.analysis.signals._correction import (
    BaselineMethod,
    BleachingCorrection,
    correct_bleaching,
)
from ranvier.analysis.signals._crosscorrelation import (
    CrossCorrelation,
    compute_crosscorrelation,
)
from ranvier.analysis.signals._isosbestic import (
    IsosbesticFit,
    RegressionMethod,
    fit_isosbestic,
)
from ranvier.analysis.signals._lowpass import compute_lowpass_baseline
from ranvier.analysis.signals._preprocessing import (
    Preprocessed,
    PreprocessOptions,
    preprocess,
)
from ranvier.analysis.signals._resampling import (
    Interpolation,
    align_reference,
    find_gaps,
    resample_signal,
)
from ranvier.analysis.signals._scaling import ZscoreKind, compute_dff, compute_zscore
from ranvier.analysis.signals._transients import (
    TRANSIENT_COLUMNS,
    Transients,
    find_transients,
)

__all__ = [
    "TRANSIENT_COLUMNS",
    "BaselineMethod",
    "BleachingCorrection",
    "BleachingFit",
    "BleachingModel",
    "CrossCorrelation",
    "Interpolation",
    "IsosbesticFit",
    "PreprocessOptions",
    "Preprocessed",
    "RegressionMethod",
    "Transients",
    "ZscoreKind",
    "align_reference",
    "compute_crosscorrelation",
    "compute_dff",
    "compute_lowpass_baseline",
    "compute_zscore",
    "correct_bleaching",
    "find_artefacts",
    "find_gaps",
    "find_saturation",
    "find_transients",
    "fit_bleaching",
    "fit_isosbestic",
    "mask_artefacts",
    "preprocess",
    "resample_signal",
]
