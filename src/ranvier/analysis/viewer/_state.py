"""What the viewer shows, and what each key makes of it. No figure, no file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from ranvier.analysis.figures import TRIAL_GROUPINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Mode: TypeAlias = Literal["look", "reason", "help", "closed"]
Task: TypeAlias = Literal["", "draw", "load", "keep", "close"]
"""What is to be done after a step: nothing, draw anew, load the session that is now
chosen, keep the verdict (and draw), close."""

ACCEPTED, REJECTED = "accepted", "rejected"
ZOOMS_S: tuple[float, ...] = (0.0, 300.0, 30.0)
"""Stretches of the session that can be looked at; 0 is all of it."""
LONGEST_REASON = 200

ACTIONS: dict[str, str] = {
    "left": "previous",
    "right": "next",
    "up": "region up",
    "down": "region down",
    "e": "events",
    "b": "baseline",
    "m": "mask",
    "s": "sort",
    "t": "trial types",
    "z": "zoom",
    ",": "back",
    ".": "forth",
    "a": "accept",
    "r": "reject",
    "?": "help",
    "h": "help",
    "q": "close",
}
"""Key → action."""

BY_NAMES: dict[str, str] = {
    "feedbackType": "feedback",
    "contrast": "contrast",
    "stim_side": "side",
    "choice": "choice",
    "none": "nothing",
}
"""Trial types → what they are called."""

HELP: dict[str, str] = {
    "← →": "previous, next session",
    "↑ ↓": "region",
    "e": "ticks at the events",
    "b": "subtract the baseline before the event",
    "m": "mask what comes after the next event",
    "s": "sort: incorrect, then correct; high contrast first",
    "t": "trial types: feedback, contrast, side, choice, nothing",
    "z": "all of the session, 5 min, 30 s",
    ", .": "back and forth in it",
    "a": "accept the recording",
    "r": "reject it, with a reason",
    "?": "this page",
    "q": "close",
}
"""Keys → what they do, for people."""


@dataclass(frozen=True)
class ViewState:
    """What is shown, of which recording, and how.

    Parameters
    ----------
    n_sessions
        How many there are to go through; one at least.
    session
        Which of them, from 0.
    regions
        Brain regions of this session; one at least, "" if it has none.
    region
        Which of them, from 0.
    verdicts, reasons
        Of each region: "", "accepted" or "rejected"; why, if rejected.
    times
        First and last time of the session, s.
    events, baseline, mask, sort
        Ticks at events; baseline subtracted; what follows masked; trials sorted.
    by
        Trial types, of `TRIAL_GROUPINGS`.
    zoom, place
        Which of `ZOOMS_S`; how many halves of it from the session's start.
    mode
        What keys mean: actions, letters of a reason, or nothing.
    typed
        The reason so far.
    said
        What the last step has to say; "" if nothing.
    """

    n_sessions: int = 1
    session: int = 0
    regions: tuple[str, ...] = ("",)
    region: int = 0
    verdicts: tuple[str, ...] = ("",)
    reasons: tuple[str, ...] = ("",)
    times: tuple[float, float] = (0.0, 0.0)
    events: bool = False
    baseline: bool = True
    mask: bool = True
    sort: bool = True
    by: str = "feedbackType"
    zoom: int = 0
    place: int = 0
    mode: Mode = "look"
    typed: str = ""
    said: str = ""

    @property
    def brain_region(self) -> str:
        """Name of the region that is shown."""
        return self.regions[self.region]

    @property
    def verdict(self) -> str:
        """Verdict on the recording that is shown."""
        return self.verdicts[self.region]

    @property
    def reason(self) -> str:
        """Why it was rejected."""
        return self.reasons[self.region]

    @property
    def window(self) -> tuple[float, float] | None:
        """Part of the session that is shown, s; None is all of it."""
        width = ZOOMS_S[self.zoom]
        if width == 0:
            return None
        start = self.times[0] + self.place * width / 2
        return start, start + width


def open_session(
    state: ViewState,
    regions: Sequence[str],
    times: tuple[float, float],
    judged: Sequence[tuple[str, str]] = (),
) -> ViewState:
    """Take what was loaded of the session that is now chosen.

    Parameters
    ----------
    state
        Before.
    regions
        Of the session. The region looked at before stays, if it is one of them.
    times
        First and last time, s.
    judged
        Verdict and reason of each region; none unless given.

    Returns
    -------
    ViewState
    """
    names = tuple(regions) or ("",)
    known = judged or [("", "")] * len(names)
    old = state.brain_region
    return replace(
        state,
        regions=names,
        region=names.index(old) if old in names else 0,
        verdicts=tuple(verdict for verdict, _ in known),
        reasons=tuple(reason for _, reason in known),
        times=times,
        place=0,
        said="",
    )


def press(state: ViewState, key: str) -> tuple[ViewState, Task]:
    """Take a key.

    Parameters
    ----------
    state
        Before.
    key
        Its name, as matplotlib gives it: "a", "left", "enter", "backspace".

    Returns
    -------
    state : ViewState
        After.
    task : str
        What is to be done about it.

    Examples
    --------
    >>> state, task = press(ViewState(n_sessions=3), "right")
    >>> state.session, task
    (1, 'load')
    """
    if state.mode == "reason":
        return _type(state, key)
    if state.mode == "help":
        return replace(state, mode="look"), "draw"
    return act(state, ACTIONS.get(key, ""))


def act(state: ViewState, action: str) -> tuple[ViewState, Task]:
    """Do an action: that of a key, or of a button.

    Parameters
    ----------
    state
        Before.
    action
        Of `ACTIONS`, or "region N"; what is not known does nothing.

    Returns
    -------
    state : ViewState
        After.
    task : str
        What is to be done about it.
    """
    if state.mode in ("reason", "closed"):
        return state, ""
    if state.mode == "help":
        state = replace(state, mode="look")
    if action.startswith("region ") and action[7:].isdigit():
        return _go_to_region(state, int(action[7:]))
    step = _STEPS.get(action)
    return step(replace(state, said="")) if step else (state, "")


def _go_to_session(state: ViewState, place: int) -> tuple[ViewState, Task]:
    if 0 <= place < state.n_sessions:
        return replace(state, session=place), "load"
    words = "the first session" if place < 0 else "the last session"
    return replace(state, said=f"this is {words}"), "draw"


def _go_to_region(state: ViewState, place: int) -> tuple[ViewState, Task]:
    if place == state.region or not 0 <= place < len(state.regions):
        return state, ""
    return replace(state, region=place), "draw"


def _change_types(state: ViewState) -> tuple[ViewState, Task]:
    place = TRIAL_GROUPINGS.index(state.by) + 1
    return replace(state, by=TRIAL_GROUPINGS[place % len(TRIAL_GROUPINGS)]), "draw"


def _change_zoom(state: ViewState) -> tuple[ViewState, Task]:
    old = state.window
    zoomed = replace(state, zoom=(state.zoom + 1) % len(ZOOMS_S), place=0)
    width = ZOOMS_S[zoomed.zoom]
    if old is None or width == 0:
        return zoomed, "draw"
    # Closer: what was in the middle stays near it.
    middle = (old[0] + old[1]) / 2 - state.times[0]
    return _move(zoomed, int((middle - width / 2) // (width / 2)))


def _move(state: ViewState, place: int) -> tuple[ViewState, Task]:
    width = ZOOMS_S[state.zoom]
    if width == 0:
        return replace(state, said="press z to look at a part of the session"), "draw"
    last = max(int((state.times[1] - state.times[0]) // (width / 2)) - 1, 0)
    return replace(state, place=min(max(place, 0), last)), "draw"


def _judge(state: ViewState, verdict: str, reason: str) -> ViewState:
    verdicts, reasons = [*state.verdicts], [*state.reasons]
    verdicts[state.region], reasons[state.region] = verdict, reason
    return replace(
        state,
        verdicts=tuple(verdicts),
        reasons=tuple(reasons),
        mode="look",
        typed="",
        said=verdict,
    )


def _type(state: ViewState, key: str) -> tuple[ViewState, Task]:
    if key == "escape":
        return replace(state, mode="look", typed="", said=""), "draw"
    if key in ("enter", "return"):
        reason = " ".join(state.typed.split())
        if not reason:
            return replace(state, said="a reason is wanted; Escape goes back"), "draw"
        return _judge(state, REJECTED, reason), "keep"
    typed = state.typed[:-1] if key == "backspace" else state.typed
    if len(key) == 1 and key.isprintable() and len(typed) < LONGEST_REASON:
        typed += key
    return replace(state, typed=typed), "" if typed == state.typed else "draw"


def _close(state: ViewState) -> tuple[ViewState, Task]:
    return replace(state, mode="closed"), "close"


_STEPS: dict[str, Callable[[ViewState], tuple[ViewState, Task]]] = {
    "previous": lambda state: _go_to_session(state, state.session - 1),
    "next": lambda state: _go_to_session(state, state.session + 1),
    "region up": lambda state: _go_to_region(state, state.region - 1),
    "region down": lambda state: _go_to_region(state, state.region + 1),
    "events": lambda state: (replace(state, events=not state.events), "draw"),
    "baseline": lambda state: (replace(state, baseline=not state.baseline), "draw"),
    "mask": lambda state: (replace(state, mask=not state.mask), "draw"),
    "sort": lambda state: (replace(state, sort=not state.sort), "draw"),
    "trial types": _change_types,
    "zoom": _change_zoom,
    "back": lambda state: _move(state, state.place - 1),
    "forth": lambda state: _move(state, state.place + 1),
    "accept": lambda state: (_judge(state, ACCEPTED, ""), "keep"),
    "reject": lambda state: (replace(state, mode="reason", typed=""), "draw"),
    "help": lambda state: (replace(state, mode="help"), "draw"),
    "close": _close,
}
