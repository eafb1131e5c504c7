"""A movie in a NumPy file, mapped into memory so that only read pages are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.media._reader import MovieReader, refuse_content, refuse_file

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class NpyMovie(MovieReader):
    """Frames of a (frames, rows, columns[, colours]) array in a .npy file."""

    def __init__(self, path: Path) -> None:
        try:
            # Without pickle, an array of objects is refused here and runs no code.
            frames = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise refuse_file(path, error) from error
        if frames.ndim not in (3, 4):
            raise refuse_content(path, f"an array of shape {frames.shape}")
        super().__init__(path, len(frames), frames.shape[1:], frames.dtype)
        self._frames: NDArray[Any] | None = frames

    def _copy_frame(self, index: int, out: NDArray[Any]) -> None:
        if self._frames is None:
            raise ValueError("the movie is closed")
        out[...] = self._frames[index]

    def close(self) -> None:
        """Let go of the mapping."""
        self._frames = None
