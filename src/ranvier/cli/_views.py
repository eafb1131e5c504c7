"""Three ways of looking at a run: live, a line a second, not at all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol, Self

import msgspec

from ranvier.cli._plain import make_line
from ranvier.cli._smooth import Smoother

if TYPE_CHECKING:
    from rich.live import Live

    from ranvier.runtime import RunStatus

_LINE_S = 1.0
# What went wrong stays in the last picture.
_END_STATES = {"down": "down", "waiting": "down"}


class View(Protocol):
    """What shows a run; a context manager."""

    def show(self, status: RunStatus) -> None:
        """Show the newest status."""
        ...

    def say(self, text: str) -> None:
        """Show a line in answer to the operator."""
        ...

    def end(self, reason: str) -> None:
        """Show that the run is over, and why."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_view(*, quiet: bool = False, plain: bool = False) -> View:
    """Choose the view that fits the output.

    Parameters
    ----------
    quiet
        Show nothing.
    plain
        Show lines, also on a terminal.

    Returns
    -------
    View
        Live only where standard output is a terminal.
    """
    if quiet:
        return NoView()
    if plain or not sys.stdout.isatty():
        return LineView()
    return LiveView()


class NoView:
    """Shows nothing."""

    def show(self, status: RunStatus) -> None:
        """Show nothing."""

    def say(self, text: str) -> None:
        """Show nothing."""

    def end(self, reason: str) -> None:
        """Show nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class LineView(NoView):
    """Prints a line a second, each change of state, and each notice."""

    def __init__(self) -> None:
        self._smoother = Smoother()
        self._notices: tuple[str, ...] = ()
        self._state = ""
        self._next_s = 0.0

    def show(self, status: RunStatus) -> None:
        """Print what is new in the status."""
        from ranvier.cli._live_view import describe_line

        steady = self._smoother.smooth(status)
        for text in find_new(self._notices, status.notices):
            self.say(f"» {text}")
        self._notices = status.notices
        if status.state == self._state and status.running_s < self._next_s:
            return
        self._state = status.state
        self._next_s = status.running_s + _LINE_S
        self.say(describe_line(steady))

    def say(self, text: str) -> None:
        """Print one line at once."""
        sys.stdout.write(f"{make_line(text)}\n")
        sys.stdout.flush()


class LiveView:
    """Draws the run again and again in place; its last picture stays."""

    def __init__(self, hint: str = "Ctrl-C stops the run in good order") -> None:
        self._smoother = Smoother()
        self._hint = hint
        self._last: RunStatus | None = None
        self._live: Live | None = None

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.live import Live

        console = Console(highlight=False)
        # The picture is cut to the height before: rich would cut off its end.
        self._live = Live(console=console, auto_refresh=False)
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._hint = ""
        self._draw()
        if self._live is not None:
            self._live.stop()

    def show(self, status: RunStatus) -> None:
        """Draw the newest status."""
        self._last = self._smoother.smooth(status)
        self._draw()

    def say(self, text: str) -> None:
        """Put a line in place of the hint."""
        self._hint = text
        self._draw()

    def end(self, reason: str) -> None:
        """Let the last picture tell how it ended; counts are as last seen."""
        if self._last is not None:
            nodes = tuple(
                msgspec.structs.replace(
                    node, state=_END_STATES.get(node.state, "ended"), busy_s=0.0
                )
                for node in self._last.nodes
            )
            self._last = msgspec.structs.replace(self._last, state=reason, nodes=nodes)

    def _draw(self) -> None:
        from ranvier.cli._live_view import Space, draw

        if self._live is None or self._last is None:
            return
        size = self._live.console.size
        picture = draw(self._last, Space(size.width, size.height), self._hint)
        self._live.update(picture, refresh=True)


def find_new(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """Give the lines that were added to a list that forgets its oldest.

    Parameters
    ----------
    old, new
        The list before and now.

    Returns
    -------
    tuple of str
        The end of `new` that follows the end of `old`.

    Examples
    --------
    >>> find_new(("a", "b"), ("b", "c"))
    ('c',)
    """
    for length in range(min(len(old), len(new)), 0, -1):
        if old[-length:] == new[:length]:
            return new[length:]
    return new
