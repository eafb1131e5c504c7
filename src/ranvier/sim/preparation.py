"""A preparation to close a loop on: a real movie whose cells answer stimuli."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ranvier.core import NodeError
from ranvier.media import open_movie, pick_frame
from ranvier.node import Input, Output, Parameter, Source, StopProducing
from ranvier.sim.calcium import CalciumDynamics, Cells, PhotonPainter, read_cells
from ranvier.sim.motion import Drift, move
from ranvier.sim.tuning import DIRECTIONS_DEG, TuningTruth, hidden_tuning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ranvier.media import Loop, MovieReader

_EXAMPLE = "examples/closed_loop"


def find_shipped(name: str) -> Path:
    """Give the place of a file of the closed-loop example.

    Parameters
    ----------
    name
        "mesoscope.h5" (the movie) or "cells.h5" (footprints).

    Returns
    -------
    Path
        Where it is installed.
    """
    return Path(str(resources.files("ranvier"))) / _EXAMPLE / name


class SimulatedPreparation(Source):
    """Play a real two-photon movie in which real cells answer moving gratings.

    The movie is played again and again. At the footprints of real cells in it, calcium
    responses are added: spikes are Poisson draws at a rate that a hidden tuning gives
    for the direction shown, so no two trials are alike, and every added photon has
    its shot noise. A trial is a grating for `on`, then grey for `off`; it shows what
    the loop chose last, or a direction by lot if none has come yet.

    The same seed and the same choices in the same trials give the same frames, bit
    by bit. The truth is `ranvier.sim.tuning.hidden_tuning(seed, n_cells)`.

    Examples
    --------
    >>> preparation = SimulatedPreparation(seed=0)
    >>> preparation.setup()
    >>> first = preparation.produce()
    >>> first["shown"]["trial"], first["shown"]["on"], first["frame"].shape
    (0, True, (128, 128))
    >>> preparation.teardown()
    """

    stimulus = Input(
        "mapping",
        optional=True,
        help="The choice for a trial: `direction_deg`, and `trial` which it is for.",
    )
    shown = Output(
        "mapping",
        help="At each change: `trial`, `direction_deg`, `on`, and `frame`, the number "
        "of the frame from which it holds.",
    )
    frame = Output(
        "array", shape=("height", "width"), unit="count", help="One frame of the movie."
    )

    movie = Parameter(
        None, type="path", help="The movie played; by default the one shipped."
    )
    cells = Parameter(
        None,
        type="path",
        help="Footprints of its cells (HDF5); by default those shipped.",
    )
    loop = Parameter(
        "repeat",
        choices=("repeat", "pingpong"),
        help="After the last frame: begin again, or play back and forth (no jump, but "
        "the real transients then run backwards half of the time).",
    )
    rate_hz = Parameter(
        None,
        type="float",
        unit="Hz",
        minimum=0.001,
        help="Frames per second; by default what the file says, else 15.",
    )
    n_frames = Parameter(
        None, type="int", minimum=1, help="End after this many frames; default: never."
    )
    on = Parameter(
        1.0,
        unit="s",
        minimum=0.0,
        help="How long a grating is shown, in whole frames.",
    )
    off = Parameter(
        1.0, unit="s", minimum=0.0, help="How long grey follows, in whole frames."
    )
    wait_for_choice = Parameter(
        False,
        help="Whether in a run flat out each trial but the first waits for the choice "
        "for it, which makes the run repeatable. In real time no trial ever waits.",
    )
    dff_per_spike = Parameter(
        0.15, minimum=0.0, help="Peak of one spike's transient, ΔF/F of the cell."
    )
    tau_rise = Parameter(
        0.07, unit="s", minimum=0.001, help="Time constant of a transient's rise."
    )
    tau_decay = Parameter(
        0.6, unit="s", minimum=0.002, help="Time constant of a transient's decay."
    )
    motion = Parameter(
        0.0,
        unit="px",
        minimum=0.0,
        help="Standard deviation of a known wandering shift; 0 stands still.",
    )
    seed = Parameter(
        None,
        type="int",
        minimum=0,
        help="Seed of tuning, spikes, photons and motion; by default that of the run.",
    )

    def setup(self) -> None:
        """Open the movie and draw the population.

        Raises
        ------
        NodeError
            If a file is missing or damaged, footprints do not fit the movie, a trial
            has no frame, or the rise of a transient is not shorter than its decay.
        """
        self._movie: MovieReader = open_movie(
            self.movie or find_shipped("mesoscope.h5")
        )
        cells = read_cells(Path(self.cells or find_shipped("cells.h5")))
        rate = self.pace_hz()
        self._n_on, self._n_off = round(self.on * rate), round(self.off * rate)
        self._check(cells)
        seed = self.context.seed if self.seed is None else self.seed
        self.truth: TuningTruth = hidden_tuning(seed, cells.n_cells)
        self._choice_rng, self._spike_rng, photon_rng = (
            np.random.default_rng([seed, *purpose])
            for purpose in (b"choice", b"spikes", b"photons")
        )
        self._calcium = CalciumDynamics(
            cells.n_cells, rate, self.tau_rise, self.tau_decay, self.dff_per_spike
        )
        self._painter = PhotonPainter(cells, photon_rng)
        self._drift = Drift(seed, self.motion)
        self._rates = np.zeros(cells.n_cells)
        self._direction = 0.0
        self._choice: tuple[int, float] | None = None
        self._waits = bool(self.wait_for_choice) and not self.context.is_real_time
        self._tick = 0

    def teardown(self) -> None:
        """Close the movie."""
        self._movie.close()

    def pace_hz(self) -> float:
        """Give the rate of the movie.

        Returns
        -------
        float
            The parameter, else the file's own rate, else 15 Hz.
        """
        return self.rate_hz or self._movie.rate_hz or 15.0

    def on_stimulus(self, value: Mapping[str, Any]) -> None:
        """Take in a choice; it shows from the next trial on, until another comes.

        Parameters
        ----------
        value
            `direction_deg`, and `trial`, the first that it is for; without `trial` it
            is for the next one.

        Raises
        ------
        NodeError
            If there is no finite direction in it.
        """
        direction = value.get("direction_deg")
        if not isinstance(direction, (int, float)) or not np.isfinite(direction):
            raise NodeError(
                "the choice of a stimulus names no direction.",
                code="RV-N79",
                found=str(dict(value)),
                wanted="a finite direction_deg",
                mend="link the input stimulus to a choice among directions",
            )
        trial = int(value.get("trial", self._trial_of(self._tick - 1) + 1))
        self._choice = (trial, float(direction) % 360.0)

    def produce(self) -> dict[str, Any] | None:
        """Give the next frame, and what is shown where that changes.

        Returns
        -------
        dict or None
            `frame`, and at each change `shown` before it; None while the choice for
            a trial is waited for.

        Raises
        ------
        StopProducing
            After `n_frames`.
        NodeError
            If the movie is damaged at this frame.
        """
        tick = self._tick
        if self.n_frames is not None and tick >= self.n_frames:
            raise StopProducing
        phase = tick % (self._n_on + self._n_off)
        if phase == 0 and not self._begin_trial(self._trial_of(tick)):
            return None
        is_on = phase < self._n_on
        # The frame is written first: if the file is damaged, nothing has changed.
        frame = self._make_frame(tick, is_on)
        self._tick += 1
        if phase not in (0, self._n_on):
            return {"frame": frame}
        shown = {
            "trial": self._trial_of(tick),
            "direction_deg": self._direction,
            "on": is_on,
            "frame": tick,
        }
        self.context.show("trial", shown["trial"])
        self.context.show("stimulus", f"{self._direction:g}°" if is_on else "grey")
        return {"shown": shown, "frame": frame}

    def _trial_of(self, tick: int) -> int:
        return tick // (self._n_on + self._n_off)

    def _begin_trial(self, trial: int) -> bool:
        # False while the choice for this trial is still to come.
        choice = self._choice
        if self._waits and trial > 0:
            if choice is None or choice[0] < trial:
                return False
        elif self._waits:
            choice = None  # else trial 0 would depend on who comes first
        if choice is None:
            self._direction = float(self._choice_rng.choice(DIRECTIONS_DEG))
        else:
            self._direction = choice[1]
        self._rates = self.truth.compute_rates(self._direction) / self.pace_hz()
        return True

    def _make_frame(self, tick: int, is_on: bool) -> NDArray[Any]:
        movie = self._movie
        frame = self.context.loan("frame", movie.frame_shape, movie.dtype)
        index = pick_frame(tick, movie.n_frames, cast("Loop", self.loop))
        movie.read_into(index or 0, frame)
        # In grey only the movie's own activity goes on.
        spikes = self._spike_rng.poisson(self._rates if is_on else 0.0 * self._rates)
        self._painter.add(self._calcium.step(spikes), frame)
        shift = self._drift.step()
        if shift.any():
            frame[...] = move(frame, shift)
        return frame

    def _check(self, cells: Cells) -> None:
        wanted = self._movie.frame_shape
        if cells.footprints.shape[1:] != wanted or cells.baseline.shape != wanted:
            found = f"shape {cells.footprints.shape}"
            raise _refuse("the footprints", found, f"(n_cells, *{wanted})", "cells")
        if self._n_on + self._n_off < 1:
            raise _refuse("a trial", "no frame", "one frame or more", "on or off")
        if self.tau_rise >= self.tau_decay:
            found = f"{self.tau_rise:g} s"
            raise _refuse("the rise", found, f"below {self.tau_decay:g} s", "tau_rise")


def _refuse(thing: str, found: str, wanted: str, parameter: str) -> NodeError:
    return NodeError(
        f"{thing} of the simulated preparation can't be used.",
        code="RV-N90",
        found=found,
        wanted=wanted,
        mend=f"change the parameter {parameter}",
    )
