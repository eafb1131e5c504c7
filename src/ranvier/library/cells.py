"""Find cells in a movie as its frames arrive, and give the fluorescence of each.

One frame at a time, in bounded time: what the known cells explain is taken off, and
what still flickers in what remains is looked at, one place a block of frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import NodeError
from ranvier.library._film import Film
from ranvier.library._footprints import Candidate, fit_candidate
from ranvier.node import Input, Output, Parameter, Transform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]


class CellFinder(Transform):
    """Find cells as frames arrive, and demix their fluorescence in each frame.

    A pixel's baseline follows the movie slowly. What cells found so far leave over of
    a frame is kept, a block of frames at a time; where cell-sized brightness above the
    noise has added up (see `ranvier.library._evidence`), a footprint is fitted by
    non-negative matrix factorisation of rank one on the kept blocks (seeding of
    CNMF-E, Zhou et al. 2018; online as OnACID, Giovannucci et al. 2017). A cell is
    taken in when it is large enough, bright enough, and both halves of its footprint
    tell the same time course. Found cells stay.

    Fluorescence is in the unit of the movie. `trace` is the weighted mean over the
    cell, baseline included, less the share of overlapping cells and less the
    fluctuation of the neuropil around it; it is never negative.

    Examples
    --------
    >>> finder = CellFinder()
    >>> frame = np.zeros((64, 64), "float32")
    >>> [output["activity"]["trace"].size for output in finder.process(frame)]
    [0]
    """

    frame = Input("float32", shape=("height", "width"), help="Corrected movie.")
    activity = Output(
        "mapping",
        help="frame (number of the source's frame); raw, neuropil, trace (n_cells,).",
    )
    cells = Output(
        "mapping",
        help="When the set changes: n, centers (n, 2), shape, and footprints in rows: "
        "offsets (n + 1,), pixels, weights.",
    )

    cell_diameter = Parameter(
        7.0, unit="px", minimum=3.0, maximum=60.0, help="Diameter of a typical cell."
    )
    max_cells = Parameter(200, minimum=1, help="Cells after which no more are sought.")
    initial_frames = Parameter(
        60,
        minimum=10,
        help="Frames that give the first baseline; no cell is sought before.",
    )
    block_frames = Parameter(
        3, minimum=1, help="Frames averaged for the search, about 0.2 s of them."
    )
    kept_blocks = Parameter(
        200, minimum=20, help="Blocks that the search looks back over."
    )
    baseline_frames = Parameter(
        600, minimum=10, help="Frames over which a pixel's baseline follows."
    )
    min_energy = Parameter(
        150.0, minimum=0.0, live=True, help="Evidence, noise variances, of a seed."
    )
    min_agreement = Parameter(
        0.7,
        minimum=-1.0,
        maximum=1.0,
        live=True,
        help="Least correlation of the two halves of a footprint.",
    )
    min_peak = Parameter(
        6.0, minimum=0.0, live=True, help="Least peak, standard deviations of noise."
    )
    min_area = Parameter(
        0.4, minimum=0.0, live=True, help="Least area, parts of a full disk."
    )
    max_area = Parameter(
        2.5, minimum=0.0, live=True, help="Largest area, parts of a full disk."
    )
    max_length = Parameter(
        2.5,
        minimum=1.0,
        live=True,
        help="Longest over shortest axis; neurites pass it.",
    )
    max_overlap = Parameter(
        0.5,
        minimum=0.0,
        maximum=1.0,
        live=True,
        help="Cosine of two footprints from which on they are one cell.",
    )
    max_likeness = Parameter(
        0.6,
        minimum=0.0,
        maximum=1.0,
        live=True,
        help="Correlation with a touching cell from which on it is part of that cell.",
    )
    neuropil_part = Parameter(
        0.7,
        minimum=0.0,
        maximum=1.0,
        live=True,
        help="Part of the surrounding neuropil that is in a cell's pixels.",
    )

    _film: Film | None = None
    _frames = 0

    def process(self, frame: Floats) -> Iterator[dict[str, dict[str, Any]]]:
        """Demix one frame, and look for new cells in what it leaves over.

        Parameters
        ----------
        frame
            Shape (height, width).

        Yields
        ------
        dict
            `activity` for each frame, NaN where the frame is not finite; then
            `cells`, if the set has changed.

        Raises
        ------
        NodeError
            If the frame is no image, or of another size than the first.
        """
        image = np.asarray(frame, np.float32)
        if self._film is None:
            self._film = self._prepare(image)
        film = self._film
        if image.shape != film.shape:
            raise NodeError(
                "the size of the frames changed.",
                code="RV-N60",
                found=f"shape {image.shape}",
                wanted=f"{film.shape[0]} x {film.shape[1]} px",
                mend="start a new run for a movie of another size",
            )
        message = self.context.message
        number = self._frames if message is None else int(message.origin.sequence)
        self._frames += 1
        flat = image.ravel()
        readout = film.population.read(flat, film.baseline, self.neuropil_part)
        yield {"activity": {"frame": number, **readout.to_dict()}}
        if np.isfinite(flat).all():
            film.follow(flat, readout.explained, self.baseline_frames)
            if self._seek(film):
                cells = film.population.describe()
                self.context.show("cells found", cells["n"])
                yield {"cells": cells}

    def checkpoint(self) -> dict[str, Any]:
        """Hand over the cells and all that the search has seen.

        Returns
        -------
        dict
            Arrays and numbers; empty before the first frame.
        """
        if self._film is None:
            return {}
        return {"frames": self._frames, **self._film.save()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what was handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._film = None
        if state:
            self._frames = int(state["frames"])
            self._film = self._prepare(np.array(state["baseline"], np.float32))
            self._film.load(state)

    def _prepare(self, image: Floats) -> Film:
        # The memory of a movie of which this is the first frame.
        if image.ndim != 2 or min(image.shape) < 2 * self.cell_diameter:
            raise NodeError(
                "a frame is not an image that cells could be found in.",
                code="RV-N62",
                found=f"shape {image.shape}",
                wanted=f"(height, width), {2 * self.cell_diameter:g} px or more each",
                mend="link a port of frames, or lower the parameter cell_diameter",
            )
        n_start = -(-self.initial_frames // self.block_frames)
        return Film(
            image, self.cell_diameter, self.kept_blocks, self.block_frames, n_start
        )

    def _seek(self, film: Film) -> bool:
        # One place in each frame that filled no block; true if the cells changed.
        # Filling a block is work enough for its own frame.
        if film.phase == 0 and self.block_frames > 1:
            return False
        if not film.has_begun:
            return False
        cell = film.due()
        if cell is not None:
            return self._look_again(film, cell)
        if film.population.n >= self.max_cells:
            return False
        seed = film.evidence.best_seed(self.min_energy)
        return seed is not None and self._look_at(film, seed)

    def _look_at(self, film: Film, seed: tuple[int, int]) -> bool:
        # True if there is a cell that was not known.
        rows, columns, movie = film.evidence.window(seed, self._half)
        corner = (rows.start, columns.start)
        inside = (seed[0] - corner[0], seed[1] - corner[1])
        found = fit_candidate(movie, inside, self.cell_diameter)
        if not self._is_cell(found) or self._is_known(film, found, corner):
            film.evidence.clear(seed, 0.5 * self.cell_diameter)
            return False
        movie -= found.trace[:, None, None] * found.footprint
        film.take_in(found, corner)
        film.evidence.clear(seed, 0.8 * self.cell_diameter)
        return True

    def _look_again(self, film: Film, cell: int) -> bool:
        # Fit a cell on more than it was found by; true if it changed.
        seed = film.population.center(cell)
        rows, columns, movie = film.evidence.window(seed, self._half)
        corner = (rows.start, columns.start)
        inside = (seed[0] - corner[0], seed[1] - corner[1])
        before = film.amounts(cell)[:, None, None]
        whole = movie + before * film.population.cut(cell, rows, columns)
        found = fit_candidate(whole, inside, self.cell_diameter)
        likest = film.population.overlap(found.footprint, *corner, but=cell)
        if not self._is_cell(found) or likest > self.max_overlap:
            film.leave(cell)
            return False
        movie[...] = whole - found.trace[:, None, None] * found.footprint
        film.put_right(cell, found, corner)
        film.evidence.clear(seed, 0.8 * self.cell_diameter)
        return True

    @property
    def _half(self) -> int:
        # Reach of the window around a seed, px: the cell and as much around it.
        return int(np.ceil(1.5 * self.cell_diameter))

    def _is_cell(self, found: Candidate) -> bool:
        # Say whether a candidate is large, bright, round and of one time course.
        disk = np.pi * (self.cell_diameter / 2.0) ** 2
        return (
            self.min_area * disk <= found.n_pixels <= self.max_area * disk
            and found.peak >= self.min_peak
            and found.length <= self.max_length
            and found.agreement >= self.min_agreement
        )

    def _is_known(self, film: Film, found: Candidate, corner: tuple[int, int]) -> bool:
        # Say whether a candidate is a cell found before, or a part of one.
        if film.population.overlap(found.footprint, *corner) > self.max_overlap:
            return True
        center = film.population.center_of(found.footprint, *corner)
        near = film.population.near(center, 1.5 * self.cell_diameter)
        return film.likeness(found.trace, near) > self.max_likeness
