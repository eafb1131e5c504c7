"""A movie in an HDF5 or NWB file."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.media._reader import (
    MovieReader,
    refuse_choice,
    refuse_content,
    refuse_file,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Frames are read a chunk of the file at a time, but never more than this at once.
_BLOCK_BYTES = 16_000_000
_RATE_NAMES = ("rate_hz", "fr_hz", "rate", "fr", "frame_rate", "sampling_rate", "fps")


class Hdf5Movie(MovieReader):
    """Frames of a (frames, rows, columns[, colours]) dataset."""

    def __init__(self, path: Path, dataset: str = "") -> None:
        h5py: Any = importlib.import_module("h5py")
        try:
            self._file: Any = h5py.File(path, "r")
        except (OSError, RuntimeError) as error:
            raise refuse_file(path, error) from error
        try:
            data = _find_dataset(self._file, path, dataset, h5py.Dataset)
            super().__init__(
                path, data.shape[0], data.shape[1:], data.dtype, _find_rate(data)
            )
        except BaseException:
            self._file.close()
            raise
        self._data: Any = data
        # Reading frame by frame would inflate a chunk once for each of its frames.
        fits = max(_BLOCK_BYTES // max(self._frame_bytes(), 1), 1)
        self._step = int(min(data.chunks[0] if data.chunks else 1, fits))
        self._block: NDArray[Any] = np.empty((0, *self.frame_shape), self.dtype)
        self._start = 0

    def _frame_bytes(self) -> int:
        return int(np.prod(self.frame_shape)) * self.dtype.itemsize

    def _copy_frame(self, index: int, out: NDArray[Any]) -> None:
        if self._step == 1:
            self._data.read_direct(out, np.s_[index])
            return
        if not self._start <= index < self._start + len(self._block):
            start = index - index % self._step
            # Read before it is kept: a damaged block must not pass for a good one.
            self._block = self._data[start : start + self._step]
            self._start = start
        out[...] = self._block[index - self._start]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _find_dataset(file: Any, path: Path, name: str, kind: type) -> Any:
    # The named one, or the only one that could be a movie.
    if name:
        data = file.get(name)
        if isinstance(data, kind) and len(getattr(data, "shape", ())) in (3, 4):
            return data
        found = getattr(data, "shape", "nothing of that name")
        words = f'dataset "{name}": {found}'
        raise refuse_choice(path, words, _list_movies(file, kind))
    movies = _list_movies(file, kind)
    if len(movies) == 1:
        return file[movies[0]]
    if movies:
        raise refuse_choice(path, f"{len(movies)} datasets that could be", movies)
    raise refuse_content(path, "no dataset of three dimensions")


def _list_movies(file: Any, kind: type) -> list[str]:
    movies: list[str] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, kind) and len(getattr(item, "shape", ())) == 3:
            movies.append(name)

    file.visititems(visit)
    return movies


def _find_rate(data: Any) -> float | None:
    # Attributes first, then NWB's starting time, then time stamps.
    for attributes in (data.attrs, data.parent.attrs, data.file.attrs):
        for name in _RATE_NAMES:
            if name in attributes:
                return _read_number(attributes[name])
    start = data.parent.get("starting_time")
    if start is not None and "rate" in start.attrs:
        return _read_number(start.attrs["rate"])
    stamps = data.parent.get("timestamps")
    if stamps is not None and stamps.ndim == 1 and stamps.shape[0] > 1:
        # In s, as NWB has them; the median does not mind a gap.
        gap = float(np.median(np.diff(stamps[:1001])))
        return 1.0 / gap if gap > 0 else None
    return None


def _read_number(value: Any) -> float | None:
    try:
        return float(np.asarray(value).reshape(-1)[0])
    except (TypeError, ValueError, IndexError):
        return None
