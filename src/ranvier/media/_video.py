"""A movie in a video file, decoded in order; a jump back seeks and decodes again."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import NodeError
from ranvier.media._reader import MovieReader, refuse_content, refuse_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray


class VideoMovie(MovieReader):
    """Frames of the first video stream: grey stays grey, all else becomes RGB.

    Frames are counted at the start by reading the packets without decoding them,
    because the count in a file's header is often missing or wrong.
    """

    def __init__(self, path: Path) -> None:
        self._av = _import_av(path)
        try:
            self._container: Any = self._av.open(str(path))
        except (self._av.FFmpegError, OSError, ValueError) as error:
            raise refuse_file(path, error) from error
        try:
            stream = self._find_stream(path)
            stamps = self._list_stamps(stream)
        except (self._av.FFmpegError, OSError) as error:
            self.close()
            raise refuse_file(path, error) from error
        self._stream = stream
        self._stamps = stamps
        self._next = 0
        self._frames: Iterator[Any] | None = None
        colours = _has_colour(stream.format.name if stream.format else "")
        self._format = "rgb24" if colours else "gray"
        shape = (stream.height, stream.width, 3)[: 3 if colours else 2]
        rate = stream.average_rate
        super().__init__(
            path, len(stamps), shape, np.dtype("uint8"), float(rate) if rate else None
        )

    def _find_stream(self, path: Path) -> Any:
        streams = self._container.streams.video
        if not streams:
            self.close()
            raise refuse_content(path, "no video stream")
        return streams[0]

    def _list_stamps(self, stream: Any) -> list[int]:
        # Presentation stamps, in the order in which frames are shown.
        packets = self._container.demux(stream)
        return sorted(packet.pts for packet in packets if packet.pts is not None)

    def _copy_frame(self, index: int, out: NDArray[Any]) -> None:
        if self._frames is None or index < self._next:
            self._seek(index)
        try:
            out[...] = self._decode_to(index).to_ndarray(format=self._format)
        except self._av.FFmpegError as error:
            raise ValueError(str(error)) from error

    def _seek(self, index: int) -> None:
        """Go to the key frame at or before a frame."""
        self._container.seek(self._stamps[index], stream=self._stream)
        self._frames = self._container.decode(self._stream)
        self._next = index

    def _decode_to(self, index: int) -> Any:
        for frame in self._frames or ():
            if frame.pts is not None and frame.pts >= self._stamps[index]:
                self._next = index + 1
                return frame
        self._frames = None
        raise ValueError("the stream ends before it")

    def close(self) -> None:
        """Close the file."""
        self._container.close()


def _has_colour(pixel_format: str) -> bool:
    return not pixel_format.startswith("gray")


def _import_av(path: Path) -> Any:
    try:
        return importlib.import_module("av")
    except ImportError as error:
        raise NodeError(
            f'"{path.name}" needs a library that reads video, and it is not there.',
            code="RV-N77",
            where=str(path),
            found=str(error),
            mend='pip install "ranvier[video]"',
        ) from error
