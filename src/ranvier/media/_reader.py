"""What every open movie file offers, whatever its format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ranvier.core import NodeError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class MovieReader(ABC):
    """An open movie whose frames are read one at a time.

    Parameters
    ----------
    path
        The file or folder.
    n_frames
        Frames in it, at least 1.
    frame_shape
        Shape of a frame: (rows, columns), or (rows, columns, colours).
    dtype
        Element type of a frame, in this machine's byte order.
    rate_hz
        Frames per second as the file says, None where it does not say.

    Raises
    ------
    NodeError
        If there is no frame, or a frame is not an image of numbers.
    """

    def __init__(
        self,
        path: Path,
        n_frames: int,
        frame_shape: tuple[int, ...],
        dtype: np.dtype[Any],
        rate_hz: float | None = None,
    ) -> None:
        if n_frames < 1 or 0 in frame_shape:
            raise refuse_content(path, f"{n_frames} frames of shape {frame_shape}")
        if len(frame_shape) not in (2, 3) or dtype.kind not in "biuf":
            raise refuse_content(path, f"frames of shape {frame_shape}, {dtype}")
        self.path = path
        self.n_frames = n_frames
        self.frame_shape = frame_shape
        self.dtype = dtype.newbyteorder("=")
        usable = rate_hz is not None and np.isfinite(rate_hz) and rate_hz > 0
        self.rate_hz = float(rate_hz) if usable and rate_hz is not None else None

    def read_into(self, index: int, out: NDArray[Any]) -> None:
        """Write one frame into an array that is there already.

        Parameters
        ----------
        index
            Frame, 0 to n_frames - 1.
        out
            Writable array of `frame_shape` and `dtype`.

        Raises
        ------
        IndexError
            If the movie has no such frame.
        NodeError
            If the file is damaged there.
        """
        if not 0 <= index < self.n_frames:
            raise IndexError(f"frame {index} of {self.n_frames}")
        try:
            self._copy_frame(index, out)
        except (OSError, ValueError, EOFError, RuntimeError) as error:
            raise NodeError(
                f'frame {index} of the movie "{self.path.name}" can\'t be read.',
                code="RV-N72",
                where=str(self.path),
                found=str(error),
                wanted=f"a frame of shape {self.frame_shape}, {self.dtype}",
                mend="copy the file anew from its source, or set n_frames below this",
            ) from error

    def read(self, index: int) -> NDArray[Any]:
        """Read one frame into a new array.

        Parameters
        ----------
        index
            Frame, 0 to n_frames - 1.

        Returns
        -------
        numpy.ndarray
            Of `frame_shape` and `dtype`.

        Raises
        ------
        IndexError
            If the movie has no such frame.
        NodeError
            If the file is damaged there.
        """
        out: NDArray[Any] = np.empty(self.frame_shape, self.dtype)
        self.read_into(index, out)
        return out

    @abstractmethod
    def close(self) -> None:
        """Let go of the file; a second time does nothing."""

    @abstractmethod
    def _copy_frame(self, index: int, out: NDArray[Any]) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def refuse_content(path: Path, found: str) -> NodeError:
    """Build the error for a file that opens but holds no movie.

    Returns
    -------
    NodeError
        To be raised.
    """
    return NodeError(
        f'"{path.name}" holds no movie.',
        code="RV-N71",
        where=str(path),
        found=found,
        wanted="one or more frames of shape (rows, columns) of numbers",
        mend="give a file with a (frames, rows, columns) array, or name its dataset",
    )


def refuse_choice(path: Path, found: str, movies: list[str]) -> NodeError:
    """Build the error for a file in which the movie is not the only thing.

    Parameters
    ----------
    path
        The file.
    found
        What was asked for.
    movies
        What could be meant.

    Returns
    -------
    NodeError
        To be raised.
    """
    return NodeError(
        f'it is not clear what in "{path.name}" is the movie.',
        code="RV-N75",
        where=str(path),
        found=found,
        wanted="frames of shape (rows, columns)",
        mend="set the parameter dataset to one of: "
        + (", ".join(movies) or "none in this file"),
    )


def refuse_file(path: Path, error: Exception) -> NodeError:
    """Build the error for a file that does not open in its format.

    Returns
    -------
    NodeError
        To be raised.
    """
    return NodeError(
        f'the movie "{path.name}" can\'t be opened.',
        code="RV-N70",
        where=str(path),
        found=str(error) or type(error).__name__,
        wanted="a readable, undamaged file of the format its name says",
        mend="open it in its own program to see whether it is whole; copy it anew",
    )
