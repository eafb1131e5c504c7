"""A movie played from a file as if a camera gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ranvier.media import open_movie, pick_frame
from ranvier.node import Output, Parameter, Source, StopProducing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.media import Loop, MovieReader

DEFAULT_RATE_HZ = 15.0


class MoviePlayer(Source):
    """Play a movie frame by frame, at its own rate.

    Reads HDF5 and NWB, NPY, TIFF and folders of TIFFs (extra `tiff`), AVI and MP4
    (extra `video`), and streams of frames in a recording of ranvier; never more of it
    than is about to be shown. With `when_late:
    skip` it drops what a camera would have shown while nobody took it, and counts
    each frame: the output `shown` says with every frame how many are gone, and both
    outputs leave out their sequence numbers, so that readers count them as missed. A
    camera goes on during a pause of the run, and then so does the movie.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> file = Path(tempfile.mkdtemp()) / "movie.npy"
    >>> np.save(file, np.arange(24).reshape(2, 3, 4))
    >>> player = MoviePlayer(path=str(file), loop="pingpong")
    >>> player.setup()
    >>> [int(player.produce()["frame"][0, 0]) for _ in range(4)]
    [0, 12, 0, 12]
    >>> player.teardown()
    """

    frame = Output("array", help="One frame, (rows, columns) or with colours behind.")
    shown = Output(
        "mapping",
        help="With each frame: `frame` (its index in the file), `tick` (camera ticks "
        "since the start) and `dropped` (frames dropped since the start).",
    )

    path = Parameter(
        type="path", help="The movie: a file, a folder of TIFF files, or a session."
    )
    dataset = Parameter(
        "",
        help="Path of the array within an HDF5 file, or the stream of a recording "
        '("camera.frame"), if not clear.',
    )
    rate_hz = Parameter(
        None,
        type="float",
        unit="Hz",
        minimum=0.001,
        help="Frames per second; by default what the file says, else 15.",
    )
    loop = Parameter(
        "once",
        choices=("once", "repeat", "pingpong"),
        help="After the last frame: end, begin again, or play back and forth.",
    )
    n_frames = Parameter(
        None, type="int", minimum=1, help="End after this many ticks; default: never."
    )
    when_late = Parameter(
        "catch_up",
        choices=("catch_up", "skip"),
        help="When a frame is a period late: show it all the same, or drop it.",
    )
    first_frame = Parameter(0, minimum=0, help="Index of the first frame to show.")

    def setup(self) -> None:
        """Open the movie.

        Raises
        ------
        NodeError
            If it is missing, damaged, empty, or needs a library that is not there.
        """
        self._movie: MovieReader = open_movie(self.path, self.dataset)
        self._tick = 0
        self._dropped = 0
        self._start_ns: int | None = None

    def teardown(self) -> None:
        """Close the movie and say what was dropped."""
        self._movie.close()
        if self._dropped:
            self.context.note(f"{self._dropped} of {self._tick} frames were dropped")

    def pace_hz(self) -> float:
        """Give the rate of the movie.

        Returns
        -------
        float
            The parameter, else the file's own rate, else 15 Hz.
        """
        return self.rate_hz or self._movie.rate_hz or DEFAULT_RATE_HZ

    def produce(self) -> dict[str, Any] | None:
        """Give the frame of this tick.

        Returns
        -------
        dict or None
            `frame` and `shown`; None while the next frame is not due.

        Raises
        ------
        StopProducing
            After the last frame.
        NodeError
            If the file is damaged at this frame.
        """
        if self.when_late == "skip" and not self._skip_late():
            return None
        index = self._index_at(self._tick)
        if index is None:
            raise StopProducing
        frame = self.context.loan("frame", self._movie.frame_shape, self._movie.dtype)
        self._movie.read_into(index, frame)
        shown = {"frame": index, "tick": self._tick, "dropped": self._dropped}
        self._tick += 1
        return {"frame": frame, "shown": shown}

    def checkpoint(self) -> dict[str, int]:
        """Hand over the place in the movie.

        Returns
        -------
        dict
            `tick` and `dropped`.
        """
        return {"tick": self._tick, "dropped": self._dropped}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a place handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._tick = int(state["tick"])
        self._dropped = int(state["dropped"])

    def _index_at(self, tick: int) -> int | None:
        # The place of a tick depends on nothing but the parameters, so dropping
        # frames never shifts the ones that come after.
        if self.n_frames is not None and tick >= self.n_frames:
            return None
        left = self._movie.n_frames - self.first_frame
        if left < 1:
            return None
        index = pick_frame(tick, left, cast("Loop", self.loop))
        return None if index is None else index + self.first_frame

    def _skip_late(self) -> bool:
        # Drop and count the ticks that are over; true if one is due now.
        if not self.context.is_real_time:
            return True
        now = self.context.now_ns()
        if self._start_ns is None:
            self._start_ns = now - round(self._tick * 1e9 / self.pace_hz())
        elapsed = (now - self._start_ns) * 1e-9 * self.pace_hz()
        late = int(elapsed) - self._tick
        if late > 0:
            end = next(
                (k for k in range(late) if self._index_at(self._tick + k) is None), late
            )
            self._drop(end)
        # After dropping, the worker's schedule lags behind: it calls too often until
        # the two agree again. Half a period covers the jitter of an ordinary call.
        return elapsed > self._tick - 0.5

    def _drop(self, count: int) -> None:
        self._tick += count
        self._dropped += count
        # Both outputs leave out the numbers, so that they stay in step and every
        # reader, the status and the audit trail see the loss.
        for output in ("frame", "shown"):
            self.context.skip(output, count)
