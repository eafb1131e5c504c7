"""What a node may ask for during a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Sequence

import numpy as np

from ranvier.links import OutputWriter
from ranvier.node import Context
from ranvier.worker._words import Noted, ParameterAsked, Showed, StopAsked


class RunContext(Context):
    """A context with a run behind it.

    Parameters
    ----------
    name
        Of the node.
    seed
        Of the run.
    folder
        For the node's own files.
    writers
        The node's outputs, by name.
    tell
        Sends a word to the supervisor.
    is_real_time
        False when the run goes as fast as it can.
    """

    def __init__(
        self,
        name: str,
        *,
        seed: int,
        folder: Path,
        writers: Dict[str, OutputWriter],
        tell: Callable[[Any], object],
        is_real_time: bool,
    ) -> None:
        super().__init__(name, seed=seed, folder=folder)
        self.is_real_time = is_real_time
        self._writers, self._tell = writers, tell

    def loan(self, output: str, shape: Sequence[int], dtype: Any) -> np.ndarray:
        """Give an array in the memory of the output's links; see `Context.loan`.

        Returns
        -------
        numpy.ndarray
            Writable until it is sent.
        """
        return self._writers[output].loan(shape, dtype)

    def skip(self, output: str, count: int) -> None:
        """Count items that the source lost before it could send them."""
        self._writers[output].skip(count)

    def ask(self, node: str, parameter: str, value: Any) -> None:
        """Ask that a live parameter of another node be changed."""
        self._tell(ParameterAsked(self.name, node, parameter, value))

    def show(self, name: str, value: Any) -> None:
        """Show a value to the operator."""
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
        if self.shown.get(name) != text:
            self.shown[name] = text
            self._tell(Showed(self.name, name, text))

    def note(self, text: str) -> None:
        """Write a line into the audit trail."""
        self._tell(Noted(self.name, text))

    def report(self, kind: str, text: str, **fields: Any) -> None:
        """Write an event of a kind of its own into the audit trail."""
        self._tell(Noted(self.name, text, kind, fields))

    def stop_run(self, reason: str) -> None:
        """Ask for the end of the run."""
        self._tell(StopAsked(self.name, reason))
