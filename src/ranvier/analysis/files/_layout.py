"""The layout of a session's file, as data: what the reference page is made from."""

from __future__ import annotations

from dataclasses import dataclass

from ranvier.analysis.files._session_parts import METADATA_LISTS, TRIAL_COLUMNS


@dataclass(frozen=True)
class H5Item:
    """One dataset or attribute of a session's file.

    Parameters
    ----------
    path
        In the file; an attribute stands after "@". `<region>`, `<event>` and `<metric>`
        stand for names.
    type
        Of the values, with the shape: N samples, W samples of a window, T trials, M
        errors, F fibres, B bands.
    description
        What it is, with its unit.
    """

    path: str
    type: str
    description: str


_ATTRIBUTES = {
    "eid": "Session",
    "subject": "Subject",
    "start_time": "Start, ISO 8601",
    "number": "Number of the session on its day",
    "task_protocol": "Protocol of the task",
    "session_type": "training, biased, ephys, …",
    "lab": "Laboratory",
    "NM": "Neuromodulator",
    "strain": "Strain of the subject",
    "line": "Line of the subject",
    "end_time": "End, ISO 8601",
    "session_length": "End less start, s",
    "day_n": "Days since the first session of the subject",
    "session_n": "Rank of its date among those of the subject",
    "url": "Address in the database",
}

_TRIALS = {
    "stimOn_times": "Stimulus onset, s",
    "firstMovement_times": "First movement, s",
    "feedback_times": "Feedback, s",
    "response_times": "Response, s",
    "choice": "-1 right, +1 left, 0 none",
    "feedbackType": "1 rewarded, -1 not",
    "probabilityLeft": "Probability of the left side in the block",
    "signed_contrast": "Contrast, percent; negative on the left",
    "contrast": "Contrast, percent",
    "stim_side": "Side of the stimulus: left, right",
}

_PREPROCESSED = "photometry/<region>/preprocessed"
_RESPONSES = "photometry/<region>/responses"

H5_LAYOUT: tuple[H5Item, ...] = (
    H5Item("@ranvier_format", "int", "Version of what we add to the layout"),
    H5Item("@ranvier_provenance", "str", "JSON: group → where it comes from"),
    *(
        H5Item(f"metadata@{name}", "str, int or float", f"{words}; __none__ if unknown")
        for name, words in _ATTRIBUTES.items()
    ),
    *(
        H5Item(f"metadata/{name}", "str (any,)", "List, see metadata/sessions.pqt")
        for name in METADATA_LISTS
    ),
    H5Item("errors/eid", "str (M,)", "Session; no datasets if there are no errors"),
    H5Item("errors/error_type", "str (M,)", "Name of the fault"),
    H5Item("errors/error_message", "str (M,)", "What is wrong"),
    H5Item("errors/traceback", "str (M,)", "Where it was raised, or __none__"),
    H5Item("errors@stage", "str (M,)", "Stage that found it; empty if not known"),
    H5Item("photometry@regions", "str (F,)", "Regions in the order of the fibres"),
    H5Item(f"{_PREPROCESSED}@fs", "int or float", "Samples per second"),
    H5Item(f"{_PREPROCESSED}/times", "float64 (N,)", "Times, s"),
    H5Item(f"{_PREPROCESSED}/signal", "float64 (N,)", "Corrected GCaMP signal, z"),
    H5Item(f"{_RESPONSES}@fs", "int or float", "Samples per second"),
    H5Item(f"{_RESPONSES}@response_window", "float64 (2,)", "Start and end, s"),
    H5Item(f"{_RESPONSES}@events", "str (any,)", "Events in the order of a trial"),
    H5Item(f"{_RESPONSES}/times", "float64 (W,)", "Times after the event, s"),
    H5Item(f"{_RESPONSES}/trials", "int64 (T,)", "Numbers of the trials, from 0"),
    H5Item(f"{_RESPONSES}/<event>", "float64 (T, W)", "Responses to the event, z"),
    H5Item("photometry/<region>/qc@columns", "str (any,)", "Metrics, in order"),
    H5Item("photometry/<region>/qc/<metric>", "any (B,)", "Metric of each band"),
    H5Item("trials@columns", "str (any,)", "Columns, in order"),
    *(
        H5Item(
            f"trials/{name}",
            "str (T,)" if name == "stim_side" else "float64 (T,)",
            _TRIALS[name],
        )
        for name in TRIAL_COLUMNS
    ),
    H5Item("wheel/responses@fs", "int or float", "Samples per second"),
    H5Item("wheel/responses@t0_event", "str", "Event that the velocity begins at"),
    H5Item("wheel/responses@t1_event", "str", "Event that the velocity ends at"),
    H5Item(
        "wheel/responses/velocity",
        "float32 (T, W)",
        "Velocity, rad/s; NaN after the end of the trial",
    ),
    H5Item("video/<measure>", "any", "Measures of the video, if there are any"),
)
"""Everything in a session's file, in the order of the groups."""
