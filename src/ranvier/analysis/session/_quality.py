"""Quality of the raw bands of one session."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ranvier.analysis import qc
from ranvier.analysis.faults import MissingRawData, SignalFault, exception_logger
from ranvier.analysis.session._checks import PREPROCESSED
from ranvier.analysis.session._state import SessionState

_FLAGS = {
    "saturated": "saturated",
    "quantised": "no more than steps of the digitiser",
    "gaps": "full of gaps",
}


class Quality(SessionState):
    """The part of a session that looks at its raw bands."""

    @exception_logger
    def run_raw_qc(self) -> None:
        """Count raw frames that came early, or twice from the same LED, into `qc`.

        Raises
        ------
        MissingRawData
            If the photometry was not loaded.
        """
        if self.raw is None:
            raise MissingRawData(
                "the photometry was not loaded.",
                session=self.eid,
                mend="call load_photometry",
            )
        frames = self.raw.frames
        counts: dict[str, float] = {"n_early_samples": 0, "n_band_inversions": 0}
        if frames is not None:
            counts = {
                "n_early_samples": qc.count_early_samples(frames.times),
                "n_band_inversions": qc.count_band_inversions(
                    frames.colors, frames.times
                ),
            }
        bands = self.raw_bands()
        rows = [(region, band) for band, each in bands.items() for region in each]
        self.qc = pd.DataFrame(rows, columns=["brain_region", "band"]).assign(**counts)

    @exception_logger
    def run_sliding_qc(self) -> None:
        """Compute the quality of each channel in sliding windows, into `qc`.

        Channels that are saturated, coarse or full of gaps are logged as faults.

        Raises
        ------
        MissingRawData
            If the photometry was not loaded.
        SignalFault
            If a band has fewer than two samples.
        """
        if self.qc.empty:
            self.run_raw_qc()
        settings = self.parameters.qc
        # The pipeline counts different values after detrending, when almost all are.
        unique = "n_unique_samples"
        counted = f"{unique}_detrended" if settings.compat else unique
        metrics = [counted if name == unique else name for name in qc.SLIDING_METRICS]
        bands = self.raw_bands()
        # It also cut all bands to the shortest, from their end.
        n_frames = min(map(len, bands.values())) if settings.compat else None
        tables = [
            qc.compute_channel_qc(
                frame.index.to_numpy(np.float64)[:n_frames],
                frame.to_numpy(np.float64)[:n_frames],
                settings.window_s,
                settings.step_s,
                settings.detrend,
                metrics,
            ).assign(brain_region=[*frame.columns], band=band)
            for band, frame in bands.items()
        ]
        table = pd.concat(tables, ignore_index=True).rename(columns={counted: unique})
        keys = ["brain_region", "band"]
        old = self.qc[[name for name in self.qc if name not in table or name in keys]]
        self.qc = old.merge(table, on=keys, how="left")
        self._flag(table.set_index(table["brain_region"] + " " + table["band"]))

    def raw_bands(self) -> dict[str, pd.DataFrame]:
        """Give the bands as they were loaded, without what was made of them.

        Returns
        -------
        dict
            Band → frame.
        """
        return {
            band: frame
            for band, frame in self.photometry.items()
            if not band.endswith(PREPROCESSED)
        }

    def _flag(self, table: pd.DataFrame) -> None:
        """Log what else speaks against channels that take enough different values."""
        least = self.parameters.qc.min_unique_fraction
        alive = table[table["n_unique_samples"] >= least]
        limits = qc.QCThresholds(dead_unique=None, few_unique=None)
        for flag in qc.flag_channels(alive, limits).flags:
            fault = SignalFault(
                f"the channel is {_FLAGS[flag.flag]}.",
                session=self.eid,
                channel=str(flag.channel),
                found=f"{flag.metric} {flag.value:.3g}",
                wanted=f"{flag.limit:g} or less",
                mend="look at the raw signal of the channel, its gain and its light",
            )
            self.log_error(fault)
