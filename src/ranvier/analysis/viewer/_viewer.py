"""The viewer in a window, or on a file where there is no screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.analysis.figures import make_figure, save_figure
from ranvier.analysis.viewer._panels import draw_view
from ranvier.analysis.viewer._sessions import (
    OneSession,
    StudySessions,
    choose_sessions,
    read_rows,
)
from ranvier.analysis.viewer._state import ViewState, open_session
from ranvier.analysis.viewer._window import ViewerWindow
from ranvier.core import AnalysisError, RanvierError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ranvier.analysis.session import PhotometrySession
    from ranvier.analysis.viewer._window import Sessions

_SIZE = 14.0, 8.6  # inches
_SCREEN_DPI = 100
_NO_WINDOW = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


class PhotometrySessionViewer:
    """Looks at one session in memory.

    Parameters
    ----------
    session
        With what was loaded and computed of it.
    verdicts
        Table that verdicts are added to; unless given they last as long as the viewer.

    Attributes
    ----------
    window : ViewerWindow or None
        After `plot`.

    Examples
    --------
    >>> from ranvier.analysis.session import PhotometrySession
    >>> row = {"eid": "s1", "subject": "m1", "start_time": "2024-11-05T14:03:22"}
    >>> viewer = PhotometrySessionViewer(PhotometrySession(row))
    >>> sorted(viewer.draw())
    ['about', 'fit', 'preprocessed', 'raw']
    """

    def __init__(
        self, session: PhotometrySession, verdicts: Path | str | None = None
    ) -> None:
        self.window: ViewerWindow | None = None
        self._sessions = OneSession(
            session, None if verdicts is None else Path(verdicts)
        )

    def plot(self, *, block: bool | None = None) -> Figure:
        """Show the session in a window, with its buttons and keys.

        Parameters
        ----------
        block
            Wait until the window is closed; as matplotlib does unless given: in a
            script, but not at an interactive prompt.

        Returns
        -------
        matplotlib.figure.Figure
            Without a screen it is drawn too, and no window opens.
        """
        pyplot = _import_pyplot()
        self.window = _open_window(self._sessions, 0)
        if _has_window():
            pyplot.show(block=block)
        return self.window.figure

    def draw(self, figure: Figure | None = None) -> dict[str, Any]:
        """Draw the session without buttons.

        Parameters
        ----------
        figure
            Empty; a new one unless given.

        Returns
        -------
        dict of matplotlib.axes.Axes
            By what they show.
        """
        return _draw(
            self._sessions, 0, make_figure(*_SIZE) if figure is None else figure
        )


def view_study(
    folder: Path | str,
    subject: str = "",
    index: int | None = None,
    *,
    eid: str = "",
    save: Path | str | None = None,
    with_raw: bool = True,
) -> Path | None:
    """Look at the sessions of a study, one after the other; keep verdicts on them.

    Parameters
    ----------
    folder
        The study, or its file.
    subject
        Only this one's sessions.
    index
        Which of them is first, from the end if negative; of a subject the last one
        unless given, of all the first.
    eid
        This session is first, or the only one of that begins so.
    save
        SVG or PNG that one session is drawn on, in place of a window.
    with_raw
        Load raw signals from where they came from, and fit them again.

    Returns
    -------
    pathlib.Path or None
        `save`; None after a window was closed.

    Raises
    ------
    AnalysisError
        If there is no study, no such session (RV-A48), or no screen (RV-A54).
    FileFault
        If the catalogue was not made, or can't be read.
    DataFault
        If `save` is no .svg or .png.
    OSError
        If `save` can't be written.
    """
    path = Path(folder)
    rows, place = choose_sessions(read_rows(path), subject, index, eid)
    sessions = StudySessions(path, rows, with_raw=with_raw)
    if save is not None:
        figure = make_figure(*_SIZE)
        _draw(sessions, place, figure)
        return save_figure(figure, save)
    pyplot = _import_pyplot()
    if not _has_window():
        raise _make_no_screen(f'matplotlib draws with "{pyplot.get_backend()}"')
    try:
        _open_window(sessions, place)
    except ImportError as error:  # the one that was asked for can't start here
        raise _make_no_screen(str(error)) from error
    pyplot.show(block=True)
    return None


def _draw(sessions: Sessions, place: int, figure: Figure) -> dict[str, Any]:
    viewed = sessions.open(place)
    try:
        judged = sessions.read_verdicts(viewed.session.eid, viewed.regions)
    except RanvierError:
        judged = []  # a table that can't be read is no reason to draw nothing
    state = ViewState(n_sessions=len(sessions), session=place)
    state = open_session(state, viewed.regions, viewed.times, judged)
    return draw_view(figure, viewed, state)


def _open_window(sessions: Sessions, place: int) -> ViewerWindow:
    pyplot = _import_pyplot()
    figure = pyplot.figure(
        figsize=_SIZE, dpi=_SCREEN_DPI, layout="constrained", facecolor="white"
    )
    manager = figure.canvas.manager
    if manager is not None:
        # matplotlib's own keys (s saves, q quits, left goes back) would do theirs too.
        own = getattr(manager, "key_press_handler_id", None)
        if own is not None:
            figure.canvas.mpl_disconnect(own)
        manager.set_window_title("ranvier: sessions")
    return ViewerWindow(figure, sessions, place, lambda: pyplot.close(figure))


def _import_pyplot() -> Any:
    import matplotlib.pyplot as plt

    return plt


def _has_window() -> bool:
    import matplotlib as mpl

    return mpl.get_backend().lower() not in _NO_WINDOW


def _make_no_screen(found: str) -> AnalysisError:
    return AnalysisError(
        "there is no screen to show the session on.",
        code="RV-A54",
        found=found,
        wanted="a window: TkAgg, QtAgg, MacOSX or another of matplotlib",
        mend="draw one session on a file: --save FILE.png; or work where there is a "
        "screen, with PyQt6 or tkinter installed",
    )
