"""Tuning curves on line: how each cell responds to each value of a stimulus.

The node cuts trials out of the activity by frame number, so it does not matter that
activity comes later than the stimulus it answers, nor that frames are missing.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import NodeError
from ranvier.library._response_statistics import ResponseStatistics
from ranvier.library._samples import read_cells
from ranvier.library._trial import FrameMean, Trial
from ranvier.node import Input, Output, Parameter, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Float = NDArray[np.float64]

_BOOKKEEPING = frozenset({"trial", "on", "frame"})


class TuningCurves(Transform):
    """Gather how each cell responds to each value of a stimulus, with its uncertainty.

    A trial begins at the first frame in which `stimulus` says on with a new number.
    Its response is the mean activity in a window after that onset, less the mean in
    the window before it; it is sent with all curves when the window closes. Cells
    found on the way have no part in the trials before them. If there are suddenly
    fewer, the finder of cells began anew, and so do the curves.

    Examples
    --------
    >>> node = TuningCurves(rate_hz=10, response_stop=0.2, baseline=0.1)
    >>> for frame, on in enumerate((False, True, True)):
    ...     shown = {"trial": 0, "direction_deg": 90.0, "on": on, "frame": frame}
    ...     node.on_stimulus(shown)
    ...     level = np.float32([3.0 if on else 1.0])
    ...     result = node.process({"frame": frame, "dff": level})
    >>> result["directions"], result["response"]
    (array([90.]), array([2.]))
    """

    activity = Input(
        "mapping", help="Per frame: the signal of each cell (n_cells,), maybe frame."
    )
    stimulus = Input(
        "mapping",
        hold=True,
        help="What is shown: trial, on, frame, and the stimulus by name.",
    )
    tuning = Output(
        "mapping",
        help="At the end of a trial: the curves so far, and this trial's response.",
    )

    key = Parameter("dff", help="Name of the signal within the activity.")
    value_key = Parameter(
        "direction_deg", help="Name of the value of the stimulus that curves go over."
    )
    rate_hz = Parameter(
        15.0, unit="Hz", minimum=0.001, help="Frames per second of the activity."
    )
    response_start = Parameter(
        0.0,
        unit="s",
        minimum=0.0,
        live=True,
        help="Start of the response window after the onset.",
    )
    response_stop = Parameter(
        1.0,
        unit="s",
        minimum=0.0,
        live=True,
        help="End of the response window after the onset; at least one frame is used.",
    )
    baseline = Parameter(
        0.5,
        unit="s",
        minimum=0.0,
        live=True,
        help="Length of the baseline window before the onset; 0 takes none away.",
    )

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._forget()

    def setup(self) -> None:
        """Begin without cells and without trials."""
        self._forget()

    def on_stimulus(self, value: Mapping[str, Any]) -> None:
        """Take in what is shown from a frame on.

        Parameters
        ----------
        value
            `trial` (number), `on` (bool), `frame` (from which it holds; the next one
            if missing), and the stimulus by name.

        Raises
        ------
        NodeError
            If a stimulus is on that has no such value.
        """
        shown = dict(value)
        if shown.get("on", True) and self.value_key not in shown:
            raise NodeError(
                f'the stimulus has no value "{self.value_key}".',
                code="RV-N83",
                found=", ".join(shown),
                wanted=f"trial, on, frame and {self.value_key}",
                mend='set the parameter "value_key" to one of the names',
            )
        frame = int(shown.get("frame", self._frame + 1))
        if self._changes and _same(self._changes[-1][1], shown):
            return
        if self._changes and frame < self._changes[-1][0]:
            self._changes.clear()  # The source began anew; its old frames are over.
        self._changes.append((frame, shown))

    def process(self, activity: Mapping[str, Any]) -> dict[str, Any] | None:
        """Take in the activity of one frame.

        Parameters
        ----------
        activity
            The signal (n_cells,) under `key`, and `frame` if it is not the number of
            the source's message.

        Returns
        -------
        dict or None
            At the end of a trial: `directions` (k,) the values in rising order;
            `mean`, `sem`, `variance` (n, k); `n_trials` (k,); `counts` (n, k) trials
            that each cell was seen in; `preferred` (n,); `response` (n,) of the trial
            just ended, NaN where unseen; `trial`, and its stimulus by name.

        Raises
        ------
        NodeError
            If the activity holds no such signal.
        """
        row = read_cells(activity, self.key).copy()
        frame = self._read_frame(activity)
        self._begin_anew_if_needed(frame, row.size)
        result = self._close_if_over(frame)
        self._open_if_begun(frame)
        self._gather(frame, row)
        trial = self._trial
        if result is None and trial is not None and frame == trial.onset + trial.last:
            result = self._close(trial)
        return result

    def checkpoint(self) -> dict[str, Any]:
        """Hand over the curves, and the trial under way.

        Returns
        -------
        dict
            Plain data and arrays.
        """
        return {
            "statistics": self._statistics.to_state(),
            "changes": [{"since": since, "shown": s} for since, s in self._changes],
            "recent": [{"frame": frame, "row": row} for frame, row in self._recent],
            "trial": self._trial.to_state() if self._trial else None,
            "last_trial": self._last_trial,
            "frame": self._frame,
            "n_cells": self._n_cells,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._forget()
        self._statistics.take_state(state["statistics"])
        for change in state["changes"]:
            self._changes.append((int(change["since"]), dict(change["shown"])))
        for kept in state["recent"]:
            self._recent.append((int(kept["frame"]), np.array(kept["row"])))
        if state["trial"] is not None:
            self._trial = Trial.from_state(state["trial"])
        self._last_trial = state["last_trial"]
        self._frame, self._n_cells = int(state["frame"]), int(state["n_cells"])

    def _forget(self) -> None:
        self._statistics = ResponseStatistics()
        self._changes: deque[tuple[int, dict[str, Any]]] = deque()
        self._recent: deque[tuple[int, Float]] = deque()
        self._trial: Trial | None = None
        self._last_trial: int | None = None
        self._frame = -1
        self._n_cells = 0

    def _read_frame(self, activity: Mapping[str, Any]) -> int:
        if "frame" in activity:
            return int(activity["frame"])
        message = self.context.message
        return self._frame + 1 if message is None else message.origin.sequence

    def _begin_anew_if_needed(self, frame: int, n_cells: int) -> None:
        if n_cells < self._n_cells:
            # The finder of cells began anew: the same index is another cell now.
            self._statistics = ResponseStatistics()
        if frame < self._frame or n_cells < self._n_cells:
            self._trial = None
            self._recent.clear()
        self._frame, self._n_cells = frame, n_cells

    def _shown_at(self, frame: int) -> tuple[int, dict[str, Any]] | None:
        while len(self._changes) > 1 and self._changes[1][0] <= frame:
            self._changes.popleft()
        if not self._changes or self._changes[0][0] > frame:
            return None
        return self._changes[0]

    def _open_if_begun(self, frame: int) -> None:
        shown = self._shown_at(frame)
        if shown is None or not shown[1].get("on", True):
            return
        since, stimulus = shown
        number = int(stimulus["trial"])
        if number == self._last_trial:
            return
        self._last_trial = number
        first = math.ceil(self.response_start * self.rate_hz - 1e-9)
        last = max(first, math.ceil(self.response_stop * self.rate_hz - 1e-9) - 1)
        baseline = self._take_baseline(since)
        self._trial = Trial(since, stimulus, first, last, baseline)
        for earlier, row in self._recent:  # the word of the onset may come late
            self._trial.add(earlier, row)

    def _take_baseline(self, onset: int) -> FrameMean | None:
        n_frames = round(self.baseline * self.rate_hz)
        if n_frames == 0:
            return None
        window = FrameMean()
        for frame, row in self._recent:
            if onset - n_frames <= frame < onset:
                window.add(row)
        return window

    def _gather(self, frame: int, row: Float) -> None:
        if self._trial is not None:
            self._trial.add(frame, row)
        self._recent.append((frame, row))
        # Twice the window: the activity may be late against the stimulus' onset.
        keep = 2 * round(self.baseline * self.rate_hz) + 1
        while len(self._recent) > keep:
            self._recent.popleft()

    def _close_if_over(self, frame: int) -> dict[str, Any] | None:
        """Close a trial whose last frame never came, or that another one follows."""
        trial = self._trial
        if trial is None:
            return None
        shown = self._shown_at(frame)
        follows = shown is not None and (
            shown[1].get("on", True) and int(shown[1]["trial"]) != self._last_trial
        )
        if follows or frame > trial.onset + trial.last:
            return self._close(trial)
        return None

    def _close(self, trial: Trial) -> dict[str, Any]:
        self._trial = None
        statistics = self._statistics
        response = trial.compute_response(statistics.n_cells)
        statistics.add(float(trial.stimulus[self.value_key]), response)
        stimulus = {k: v for k, v in trial.stimulus.items() if k not in _BOOKKEEPING}
        return {
            **stimulus,
            "trial": int(trial.stimulus["trial"]),
            "response": response,
            "directions": statistics.values,
            "mean": statistics.mean,
            "sem": statistics.sem,
            "variance": statistics.variance,
            "n_trials": statistics.n_trials,
            "counts": statistics.counts,
            "preferred": statistics.preferred,
        }


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(k) == v for k, v in other.items() if k != "frame")
