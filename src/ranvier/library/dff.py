"""Fluorescence relative to its own running baseline, ΔF/F."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import NodeError
from ranvier.library._running_baseline import RunningBaseline
from ranvier.node import Input, Output, Parameter, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping


class DeltaFOverF(Transform):
    """Turn the fluorescence of each cell into ΔF/F, with a running baseline.

    ΔF/F = (F - F0) / F0. F0 is a low percentile over the last `window` of means over
    `smoothing` (after Jia et al., Nature Protocols 2011), known at once and renewed
    with each mean; nothing of the future is used. Cells may join at any time. If
    there are suddenly fewer, the finder of cells began anew, and so does this node.

    Examples
    --------
    >>> node = DeltaFOverF(rate_hz=10)
    >>> for level in (100.0, 100.0, 150.0):
    ...     result = node.process({"trace": np.float32([level])})
    >>> result["dff"].round(2), result["baseline"].round(1)
    (array([0.29], dtype=float32), array([116.7], dtype=float32))
    """

    activity = Input("mapping", help="Per frame: the fluorescence of each cell.")
    dff = Output(
        "mapping",
        help="All of the input, with `dff` and `baseline` (n_cells,) float32.",
    )

    key = Parameter("trace", help="Name of the fluorescence within the activity.")
    rate_hz = Parameter(15.0, unit="Hz", minimum=0.001, help="Frames per second.")
    window = Parameter(
        30.0, unit="s", minimum=0.01, help="How far back the baseline looks."
    )
    smoothing = Parameter(
        1.0, unit="s", minimum=0.0, help="Length of the means before the percentile."
    )
    percentile = Parameter(
        20.0,
        minimum=0.0,
        maximum=100.0,
        live=True,
        help="Which percentile of them the baseline is.",
    )
    min_baseline = Parameter(
        1.0,
        minimum=1e-9,
        live=True,
        help="Lowest baseline divided by, in the unit of the fluorescence.",
    )

    _tracker: RunningBaseline | None = None

    def setup(self) -> None:
        """Begin without cells."""
        self._tracker = self._build()

    def process(self, activity: Mapping[str, Any]) -> dict[str, Any]:
        """Take in one frame.

        Parameters
        ----------
        activity
            Fluorescence (n_cells,) under `key`, and anything else.

        Returns
        -------
        dict
            The same, with `dff` (n_cells,), NaN where the fluorescence is, and
            `baseline` (n_cells,) in the unit of the fluorescence.

        Raises
        ------
        NodeError
            If the activity holds no such fluorescence.
        """
        values = self._read(activity)
        tracker = self._tracker
        if tracker is None or len(values) < tracker.n_cells:
            tracker = self._tracker = self._build()
        baseline = tracker.update(values, self.percentile)
        dff = (values - baseline) / np.maximum(baseline, self.min_baseline)
        return {
            **activity,
            "dff": dff.astype(np.float32),
            "baseline": baseline.astype(np.float32),
        }

    def checkpoint(self) -> dict[str, Any]:
        """Hand over the baselines.

        Returns
        -------
        dict
            State of the running baseline; empty before the first frame.
        """
        return {} if self._tracker is None else self._tracker.to_state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from baselines handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._tracker = self._build()
        if state:
            self._tracker.take_state(state)

    def _build(self) -> RunningBaseline:
        bin_frames = max(round(self.smoothing * self.rate_hz), 1)
        n_bins = max(round(self.window * self.rate_hz / bin_frames), 1)
        return RunningBaseline(bin_frames, n_bins)

    def _read(self, activity: Mapping[str, Any]) -> np.ndarray[Any, Any]:
        values = activity.get(self.key)
        if values is None or np.ndim(values) != 1:
            raise NodeError(
                f'the activity holds no fluorescence "{self.key}", one value a cell.',
                code="RV-N82",
                found=", ".join(f"{k} {np.shape(v)}" for k, v in activity.items()),
                wanted=f"{self.key} (n_cells,)",
                mend='set the parameter "key" to one of the names',
            )
        return np.asarray(values, np.float64)
