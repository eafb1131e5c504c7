"""Quality control of raw photometry: frames, channels, windows; and what to flag.

Pure functions on arrays. Bleaching time constants come from
`ranvier.analysis.signals.fit_bleaching`; the two packages know nothing of each other.
"""

from __future__ import annotations

from ranvier.analysis.qc._flags import (
    ChannelFlag,
    ChannelReport,
    QCThresholds,
    compute_channel_qc,
    flag_channels,
)
from ranvier.analysis.qc._levels import (
    compute_gap_fraction,
    compute_iso_correlation,
    compute_quantisation_ratio,
    compute_saturation_fraction,
)
from ranvier.analysis.qc._metrics import (
    compute_ar1,
    compute_ar_score,
    compute_median_absolute_deviance,
    compute_percentile_asymmetry,
    compute_percentile_distance,
    compute_unique_fraction,
)
from ranvier.analysis.qc._raw import (
    count_band_inversions,
    count_early_samples,
    count_signal_below_reference,
    fill_band_gaps,
)
from ranvier.analysis.qc._sliding import (
    SLIDING_METRICS,
    SlidingQC,
    compute_sliding_qc,
)
from ranvier.analysis.qc._video import (
    VIDEO_LABEL_VALUES,
    VideoQC,
    compute_video_qc,
)

__all__ = [
    "SLIDING_METRICS",
    "VIDEO_LABEL_VALUES",
    "ChannelFlag",
    "ChannelReport",
    "QCThresholds",
    "SlidingQC",
    "VideoQC",
    "compute_ar1",
    "compute_ar_score",
    "compute_channel_qc",
    "compute_gap_fraction",
    "compute_iso_correlation",
    "compute_median_absolute_deviance",
    "compute_percentile_asymmetry",
    "compute_percentile_distance",
    "compute_quantisation_ratio",
    "compute_saturation_fraction",
    "compute_sliding_qc",
    "compute_unique_fraction",
    "compute_video_qc",
    "count_band_inversions",
    "count_early_samples",
    "count_signal_below_reference",
    "fill_band_gaps",
    "flag_channels",
]
