"""A movie in a recording of ours: the frames that a node sent in an earlier run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import RecordingError
from ranvier.media._reader import MovieReader, refuse_choice, refuse_file

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ranvier.recording import Recording, Stream

_STAMPS = 1001


class RecordedMovie(MovieReader):
    """Frames of one stream of a session folder, or of one of its .mcap files.

    Frames that were lost are not there: the movie closes over them. A replay source
    gives them back at their recorded times.
    """

    def __init__(self, path: Path, stream: str = "") -> None:
        from ranvier.recording import open_recording

        try:
            self._recording: Recording = open_recording(path)
        except RecordingError as error:
            raise refuse_file(path, error) from error
        try:
            self._stream = _find_stream(self._recording, path, stream)
            first = self._stream[0]
            rate_hz = self._stream.info.rate_hz or _measure_rate(self._stream)
            super().__init__(path, len(self._stream), first.shape, first.dtype, rate_hz)
        except BaseException:
            self.close()
            raise

    def _copy_frame(self, index: int, out: NDArray[Any]) -> None:
        try:
            frame = self._stream[index]
        except RecordingError as error:
            raise ValueError(error.problem) from error
        if not _is_frame(frame) or (frame.shape, frame.dtype) != (out.shape, out.dtype):
            raise ValueError(f"the message is {_describe(frame)}")
        out[...] = frame

    def close(self) -> None:
        """Close the files."""
        self._recording.close()


def _find_stream(recording: Recording, path: Path, name: str) -> Stream:
    # The named one, or the only one that could be a movie.
    movies: list[str] = []
    damaged: dict[str, RecordingError] = {}
    for each in recording:
        try:
            if _is_movie(recording[each]):
                movies.append(each)
        except RecordingError as error:
            damaged[each] = error
    if name in movies:
        return recording[name]
    for each, error in damaged.items():
        # Unnamed, it may be the one that was meant.
        if name in ("", each):
            raise refuse_file(path, error) from error
    if not name and len(movies) == 1:
        return recording[movies[0]]
    found = f'stream "{name}"' if name else f"{len(movies)} streams that could be"
    raise refuse_choice(path, found, movies)


def _is_movie(stream: Stream) -> bool:
    if not len(stream) or stream.info.kind not in ("", "any", "array"):
        return False
    return _is_frame(stream[0])


def _is_frame(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim in (2, 3)


def _describe(value: Any) -> str:
    # As a frame that can't be shown is told of.
    shape = getattr(value, "shape", None)
    if shape is None:
        return f"a {type(value).__name__}"
    return f"{value.dtype} of shape {shape}"


def _measure_rate(stream: Stream) -> float | None:
    # The median does not mind frames that were lost.
    gaps_ns = np.diff(stream.times_ns[:_STAMPS])
    gap_ns = float(np.median(gaps_ns)) if len(gaps_ns) else 0.0
    return 1e9 / gap_ns if gap_ns > 0 else None
