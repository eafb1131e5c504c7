"""QC of a video by the times of its frames, and by verdicts that others gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ranvier.analysis.faults import MissingVideoTimestamps
from ranvier.analysis.provenance import make_provenance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.arrays import ArrayLike, FloatArray
    from ranvier.analysis.provenance import Provenance

__all__ = ["VIDEO_LABEL_VALUES", "VideoQC", "compute_video_qc"]

VIDEO_LABEL_VALUES: Mapping[str, float] = {
    "PASS": 1.0,
    "WARNING": 0.66,
    "CRITICAL": 0.33,
    "FAIL": 0.0,
    "NOT_SET": np.nan,
}
"""What a verdict counts in the score."""


@dataclass(frozen=True)
class VideoQC:
    """Quality of one video.

    Parameters
    ----------
    n_frames
        Frames with a time.
    video_length
        Last less first time, s.
    length_discrepancy
        Video less session, s; NaN if the length of the session is not known.
    frame_interval
        Median time from one frame to the next, s.
    n_dropped_frames
        Frames that are missing: Σ max(round(Δt / median Δt) - 1, 0).
    longest_gap
        Greatest time from one frame to the next, s.
    labels
        Check → verdict: PASS, WARNING, CRITICAL, FAIL or NOT_SET.
    score
        Mean value of the verdicts that are set; -1 if the video is too short or too
        long, or a check of `timestamps`, `dropped_frames` or `pin_state` that is set
        does not pass; NaN if none is set.
    provenance
        Where it comes from.
    """

    n_frames: int
    video_length: float
    length_discrepancy: float
    frame_interval: float
    n_dropped_frames: int
    longest_gap: float
    labels: Mapping[str, str]
    score: float
    provenance: Provenance

    def to_row(self) -> dict[str, float | int | str]:
        """Give it as a row of `metadata/video.pqt`.

        Returns
        -------
        dict
            The numbers, and one `qc_video_<check>` for each verdict.
        """
        names = (
            "n_frames",
            "video_length",
            "length_discrepancy",
            "frame_interval",
            "n_dropped_frames",
            "longest_gap",
            "score",
        )
        numbers = {name: getattr(self, name) for name in names}
        return numbers | {f"qc_video_{name}": v for name, v in self.labels.items()}


def compute_video_qc(
    times: ArrayLike,
    session_length: float = np.nan,
    labels: Mapping[str, str] | None = None,
    *,
    max_length_mismatch_s: float = 120.0,
    max_dropped_fraction: float = 0.001,
) -> VideoQC:
    """Judge a video by the times of its frames.

    Parameters
    ----------
    times
        Of the frames on the session's clock, s, shape (n_frames,): the dataset
        `_ibl_leftCamera.times.npy`. A frame without a time (NaN) counts as dropped.
    session_length
        Of the session, s.
    labels
        Verdicts of checks that others made ("pin_state" → "PASS"). Those of
        `timestamps` and `dropped_frames` go before ours.
    max_length_mismatch_s
        A video that is off by as much or more is an error.
    max_dropped_fraction
        `dropped_frames` passes if no larger share of the frames is missing, and is a
        WARNING up to ten times that.

    Returns
    -------
    VideoQC

    Raises
    ------
    MissingVideoTimestamps
        If fewer than two frames have a time.

    Notes
    -----
    Score as in the IBL's pipeline: the mean of the verdicts, -1 for a video with an
    error. There the verdicts come from the database only; `timestamps` (finite, each
    later than the one before) and `dropped_frames` are judged here if it has none.

    Examples
    --------
    >>> found = compute_video_qc([0.0, 0.1, 0.2, 0.4, 0.5], session_length=0.5)
    >>> found.n_dropped_frames, found.labels["timestamps"]
    (1, 'PASS')
    """
    given = np.asarray(times, dtype=np.float64).ravel()
    known = given[np.isfinite(given)]
    if known.size < 2:
        raise MissingVideoTimestamps(
            found=f"{given.size} frames, {known.size} with a time",
            wanted="2 frames or more with a time",
        )
    intervals = np.diff(known)
    interval = float(np.median(intervals))
    n_dropped = _count_dropped(intervals, interval) + _count_edges(given)
    own = {
        "timestamps": "PASS" if _is_rising(given, intervals) else "FAIL",
        "dropped_frames": _judge(n_dropped / given.size, max_dropped_fraction),
    }
    verdicts = own | dict(labels or {})
    length = float(known[-1] - known[0])
    discrepancy = length - float(session_length)
    is_off = abs(discrepancy) >= max_length_mismatch_s
    return VideoQC(
        int(known.size),
        length,
        discrepancy,
        interval,
        n_dropped,
        float(intervals.max()),
        verdicts,
        -1.0 if is_off or _has_error(verdicts) else _score(verdicts),
        make_provenance(
            "compute_video_qc",
            {
                "session_length": float(session_length),
                "labels": dict(labels or {}),
                "max_length_mismatch_s": max_length_mismatch_s,
                "max_dropped_fraction": max_dropped_fraction,
            },
            n_frames=int(given.size),
        ),
    )


def _count_dropped(intervals: FloatArray, usual: float) -> int:
    if not usual > 0.0:
        return 0
    missing = np.rint(intervals / usual) - 1.0
    return int(np.maximum(missing, 0.0).sum())


def _count_edges(given: FloatArray) -> int:
    # Within, a frame without a time leaves a gap, which is counted already.
    found = np.flatnonzero(np.isfinite(given))
    return int(given.size - (found[-1] - found[0] + 1))


def _is_rising(given: FloatArray, intervals: FloatArray) -> bool:
    return bool(np.isfinite(given).all() and intervals.min() > 0.0)


def _judge(fraction: float, most: float) -> str:
    if fraction <= most:
        return "PASS"
    return "WARNING" if fraction <= 10.0 * most else "FAIL"


def _has_error(verdicts: Mapping[str, str]) -> bool:
    decisive = ("timestamps", "dropped_frames", "pin_state")
    said = [verdicts.get(name, "NOT_SET") for name in decisive]
    return any(verdict not in ("PASS", "NOT_SET") for verdict in said)


def _score(verdicts: Mapping[str, str]) -> float:
    values = [VIDEO_LABEL_VALUES.get(verdict, np.nan) for verdict in verdicts.values()]
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else np.nan
