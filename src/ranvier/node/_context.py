"""All that a node may ask for; outside a run, the same without a run behind it."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from ranvier.core import Clock, SystemClock

if TYPE_CHECKING:
    from ranvier.links import Message


class Asked(NamedTuple):
    """A parameter change that a node asked another node for."""

    node: str
    parameter: str
    value: Any


class Context:
    """What a node may ask for. This one stands outside a run: it keeps what it is told.

    Parameters
    ----------
    name
        Name of the node in its graph.
    seed
        What `rng` is seeded by, together with the name.
    clock
        Where `now_ns` looks.
    folder
        A folder for the node's own files; a new temporary one if None.

    Examples
    --------
    >>> context = Context("eye", seed=1)
    >>> context.note("the light flickered")
    >>> context.notes
    ['the light flickered']
    """

    def __init__(
        self,
        name: str = "node",
        *,
        seed: int = 0,
        clock: Optional[Clock] = None,
        folder: Optional[Path] = None,
    ) -> None:
        self.name = name
        self.seed = seed
        self.message: Optional[Message] = None
        self.is_real_time = False
        self.notes: List[str] = []
        self.asked: List[Asked] = []
        self.skipped: Dict[str, int] = {}
        self.shown: Dict[str, Any] = {}
        self.stop_reason: Optional[str] = None
        self.log = logging.getLogger(f"ranvier.node.{name}")
        self._clock = clock or SystemClock()
        self._folder = folder
        self._rng: Optional[np.random.Generator] = None

    def now_ns(self) -> int:
        """Give the time of this host.

        Returns
        -------
        int
            ns on the monotonic clock of this host.
        """
        return self._clock.now_ns()

    @property
    def rng(self) -> np.random.Generator:
        """Random numbers that are the same for the same seed and node name."""
        if self._rng is None:
            words = [self.seed, *self.name.encode()]
            self._rng = np.random.default_rng(words)
        return self._rng

    @property
    def folder(self) -> Path:
        """A folder of the session for the node's own files."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix=f"ranvier-{self.name}-"))
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    def loan(self, output: str, shape: Sequence[int], dtype: Any) -> np.ndarray:
        """Give an array to write the next message of an output into, in place.

        Send it by returning or yielding it. Then it may be read and kept, but not
        written again. About 16 may be held at once: copy what is kept for longer.

        Parameters
        ----------
        output
            Name of the output.
        shape, dtype
            Sizes and element type.

        Returns
        -------
        numpy.ndarray
            Writable, its values undefined; in a run it lies in the memory of the
            link, so that large frames are never copied.
        """
        del output
        return np.empty(tuple(shape), dtype)

    def skip(self, output: str, count: int) -> None:
        """Count items that the source lost before it could send them.

        Their sequence numbers are passed over, so that every reader, the recording
        and the audit trail count them as missed.

        Parameters
        ----------
        output
            Name of the output.
        count
            Number of items lost.
        """
        self.skipped[output] = self.skipped.get(output, 0) + count

    def report(self, kind: str, text: str, **fields: Any) -> None:
        """Write an event of a kind of its own into the audit trail."""
        self.notes.append(f"{kind}: {text} {fields}" if fields else f"{kind}: {text}")

    def ask(self, node: str, parameter: str, value: Any) -> None:
        """Ask that a live parameter of another node be changed.

        The change is checked, applied between two messages and audited as any other;
        a refusal stands in the audit trail.
        """
        self.asked.append(Asked(node, parameter, value))

    def show(self, name: str, value: Any) -> None:
        """Show a value to the operator, such as the number of cells found.

        For values that change a few times a second at most; only the newest is kept,
        and nothing of it is recorded.

        Parameters
        ----------
        name
            A word or two.
        value
            A number or a short text.
        """
        self.shown[name] = value

    def note(self, text: str) -> None:
        """Write a line into the audit trail."""
        self.notes.append(text)

    def stop_run(self, reason: str) -> None:
        """Ask for the end of the run."""
        self.stop_reason = reason
