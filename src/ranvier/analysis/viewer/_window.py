"""The viewer on a figure: keys and buttons in, a drawing and kept verdicts out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ranvier.analysis.viewer._panels import draw_view
from ranvier.analysis.viewer._state import (
    BY_NAMES,
    HELP,
    LONGEST_REASON,
    ViewState,
    act,
    open_session,
    press,
)
from ranvier.core import RanvierError

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ranvier.analysis.viewer._state import Task
    from ranvier.analysis.viewer._viewed import Viewed

_INK, _PAPER = "#222222", "#ffffff"
_OFF, _ON, _OVER = "#eeeeee", "#b9d3ea", "#dddddd"
_STRIP = 0.09  # of the height: buttons, and a line for words
_HEIGHT, _GAP = 0.42, 0.004
_LEAST_LETTERS = 110.0  # so many share the width, that few buttons are not too wide
_BEFORE = {"previous": "◀ previous", "next": "next ▶"}
_AFTER = {
    "events": "Events",
    "baseline": "Baseline",
    "mask": "Mask",
    "sort": "Sort trials",
    "trial types": "By feedback",
    "zoom": "Zoom",
    "accept": "Accept",
    "reject": "Reject …",
    "help": "?",
}
"""Action → what is on its button; regions stand between the two."""


class Sessions(Protocol):
    """The sessions that a window goes through."""

    def __len__(self) -> int:
        """Give how many there are."""
        ...

    def open(self, place: int) -> Viewed:
        """Load one."""
        ...

    def read_verdicts(
        self, eid: str, regions: tuple[str, ...]
    ) -> list[tuple[str, str]]:
        """Give verdict and reason of each region, "" if there is none."""
        ...

    def keep(self, eid: str, region: str, verdict: str, reason: str) -> None:
        """Keep a verdict."""
        ...


class ViewerWindow:
    """A figure that shows one session of several, and answers keys and buttons.

    Parameters
    ----------
    figure
        Empty; of a window, or of none.
    sessions
        To go through.
    place
        The first that is shown.
    close
        Closes the window.

    Attributes
    ----------
    state : ViewState
        What is shown.
    axes : dict of matplotlib.axes.Axes
        As of `draw_view`.
    buttons : dict of matplotlib.widgets.Button
        By action.
    """

    def __init__(
        self,
        figure: Figure,
        sessions: Sessions,
        place: int = 0,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.figure = figure
        self.state = ViewState(n_sessions=len(sessions), session=place)
        self.axes: dict[str, Axes] = {}
        self.buttons: dict[str, Any] = {}
        self._sessions = sessions
        self._close = close
        self._regions: tuple[str, ...] | None = None
        self._body: Any = None
        self._foot: Any = None
        self._viewed = self._load()
        # Not the bound method: of that the canvas keeps no hold, and it would be gone.
        figure.canvas.mpl_connect("key_press_event", lambda event: self._on_key(event))
        self.draw()

    def draw(self) -> None:
        """Draw the state anew."""
        if self.state.regions != self._regions:
            self._divide()
        self.figure.set_layout_engine("constrained")
        self._body.clear()
        if self.state.mode == "help":
            self.axes = {"help": _write_help(self._body)}
        else:
            self.axes = draw_view(self._body, self._viewed, self.state)
        self._paint_buttons()
        self._write_foot()
        self.figure.canvas.draw_idle()

    def do(self, action: str) -> None:
        """Do an action, as its button does.

        Parameters
        ----------
        action
            Of `ACTIONS`, or "region N".
        """
        self._take(*act(self.state, action))

    def _on_key(self, event: Any) -> None:
        if event.key:
            self._take(*press(self.state, event.key))

    def _take(self, state: ViewState, task: Task) -> None:
        before, self.state = self.state, state
        if task == "close":
            self._close()
        elif task == "load":
            self._viewed = self._load()
        elif task == "keep":
            self._keep(before)
        if before.mode == state.mode == "reason":
            # Each letter at once: the panels stay as they are, and where they are.
            self.figure.set_layout_engine("none")
            self._write_foot()
            self.figure.canvas.draw_idle()
        elif task not in ("", "close"):
            self.draw()

    def _load(self) -> Viewed:
        viewed = self._sessions.open(self.state.session)
        problem, judged = "", []
        try:
            judged = self._sessions.read_verdicts(viewed.session.eid, viewed.regions)
        except RanvierError as error:
            problem = error.problem
        self.state = open_session(self.state, viewed.regions, viewed.times, judged)
        self.state = replace(self.state, said=problem)
        return viewed

    def _keep(self, before: ViewState) -> None:
        now = self.state
        eid = self._viewed.session.eid
        try:
            self._sessions.keep(eid, now.brain_region, now.verdict, now.reason)
        except RanvierError as error:
            words = f"{error.problem} {error.found}".strip()
            self.state = replace(before, said=words)

    def _divide(self) -> None:
        """Divide the figure into panels and buttons: anew if regions are others."""
        for button in self.buttons.values():
            button.disconnect_events()
        self.figure.clear()
        parts: Any = self.figure.subfigures(2, 1, height_ratios=(1.0, _STRIP))
        self._body, strip = parts
        self._regions = self.state.regions
        names = {f"region {i}": name for i, name in enumerate(self._regions) if name}
        labels = {**_BEFORE, **names, **_AFTER}
        widths = {name: 2.5 + len(label) for name, label in labels.items()}
        unit = (0.98 - _GAP * len(labels)) / max(sum(widths.values()), _LEAST_LETTERS)
        x, self.buttons = 0.01, {}
        for name, label in labels.items():
            box = (x, 0.5, widths[name] * unit, _HEIGHT)
            axes = strip.add_axes(box, label=f"button {name}")
            self.buttons[name] = self._add_button(axes, name, label)
            x += widths[name] * unit + _GAP
        self._foot = strip.text(0.01, 0.22, "", va="center", fontsize=9, color=_INK)
        self._foot.set_parse_math(False)
        self._foot.set_in_layout(False)

    def _add_button(self, axes: Axes, action: str, label: str) -> Any:
        from matplotlib.widgets import Button

        button = Button(axes, label, color=_OFF, hovercolor=_OVER)
        button.label.set_fontsize(8.5)
        for spine in axes.spines.values():
            spine.set_visible(False)
        button.on_clicked(lambda _: self.do(action))
        return button

    def _paint_buttons(self) -> None:
        """Show by colour what is on."""
        state = self.state
        is_on = {
            f"region {state.region}": True,
            "events": state.events,
            "baseline": state.baseline,
            "mask": state.mask,
            "sort": state.sort,
            "zoom": state.zoom > 0,
            "accept": state.verdict == "accepted",
            "reject": state.verdict == "rejected",
        }
        for name, button in self.buttons.items():
            button.color = _ON if is_on.get(name) else _OFF
            button.ax.set_facecolor(button.color)
        self.buttons["trial types"].label.set_text(f"By {BY_NAMES[state.by]}")

    def _write_foot(self) -> None:
        """Write the line below: the reason while it is typed, or what is said."""
        state, foot = self.state, self._foot
        words = state.said
        if state.mode == "reason":
            left = LONGEST_REASON - len(state.typed)
            typed = state.typed[-120:]
            words = f"Why? {typed}▏   (Enter rejects, Escape goes back; {left} left)"
            words += f"   {state.said}" if state.said else ""
        elif not words:
            words = "keys: ← → session, ↑ ↓ region, a accept, r reject, ? all of them"
        foot.set_text(words)
        is_box = state.mode == "reason"
        box = {"facecolor": _PAPER, "edgecolor": _INK, "linewidth": 0.8, "pad": 4}
        foot.set_bbox(box if is_box else None)


def _write_help(body: Any) -> Axes:
    axes = body.subplots()
    axes.set_axis_off()
    axes.set_label("help")
    for row, (keys, words) in enumerate(HELP.items()):
        y = 0.9 - 0.055 * row
        for x, text in ((0.3, keys), (0.36, words)):
            axes.text(x, y, text, fontsize=11, color=_INK, transform=axes.transAxes)
    axes.text(0.3, 0.1, "any key goes back", fontsize=9, color="#8a8a8a")
    return axes
