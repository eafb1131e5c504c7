"""Responding: magnitudes, traces, response vectors, and what is made of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.group._consistency import (
    compare_sessions,
    describe_session,
    name_odd_sessions,
)
from ranvier.analysis.group._features import (
    FEATURE_EVENTS,
    NanHandling,
    Normalize,
    build_features,
    handle_gaps,
)
from ranvier.analysis.group._magnitudes import build_magnitudes, make_regressors
from ranvier.analysis.group._mean_traces import build_mean_traces
from ranvier.analysis.group._state import GroupState
from ranvier.analysis.provenance import make_provenance
from ranvier.analysis.responses import cosine_similarity_matrix
from ranvier.analysis.statistics import DecoderSettings, TargetDecoder, decode_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ranvier.analysis.group._store import SessionResponses


class Responding(GroupState):
    """The part of a group that computes responses."""

    def get_response_magnitudes(self) -> pd.DataFrame:
        """Give one number for each recording, event, trial and window.

        All trials are there; analyses take those of `select_trials`.

        Returns
        -------
        pandas.DataFrame
            Columns of responses.pqt, `fiber_idx`, response_<window>; also
            `response_magnitudes`. `trial_regressors` and `consistency` are filled too;
            sessions that differ from most in rate, window, events or parameters are
            named.

        Raises
        ------
        GroupFault
            If the group has no recording, or no session can be read. A session that
            can't be is left out, and its fault is in `errors`.
        """
        recordings = self._need_recordings()
        settings = self.parameters.responses
        described: list[dict[str, Any]] = []
        table, regressors = build_magnitudes(
            self._read_and_describe(described),
            recordings,
            settings.magnitudes,
            settings.baseline,
        )
        self._need_rows(table, "responses")
        self.response_magnitudes, self.trial_regressors = table, regressors
        self.consistency = compare_sessions(described)
        odd = name_odd_sessions(self.consistency)
        if odd:
            self._say(f"get_response_magnitudes: {odd}")
        n_odd = int(self.consistency["is_odd"].sum())
        self._note("response_magnitudes", table, settings.model_dump(), n_odd=n_odd)
        self._note("trial_regressors", regressors, {})
        return table

    def get_trial_regressors(self) -> pd.DataFrame:
        """Give the predictors of each trial: stimulus, choice, timing, wheel.

        Returns
        -------
        pandas.DataFrame
            Columns of trial_regressors.pqt; also `trial_regressors`.

        Raises
        ------
        GroupFault
            As of `get_response_magnitudes`.
        """
        if self.trial_regressors is None:
            self._need_recordings()
            parts = [make_regressors(each) for each in self._store.read(self.eids)]
            table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
            self._need_rows(table, "trials")
            self.trial_regressors = table
            self._note("trial_regressors", table, {})
        return self.trial_regressors

    def enrich_peak_velocity(self) -> pd.DataFrame:
        """Add the greatest speed of the wheel in each trial to the magnitudes.

        Returns
        -------
        pandas.DataFrame
            `response_magnitudes`, with `peak_velocity`, rad/s; NaN without a wheel.

        Raises
        ------
        GroupFault
            As of `get_response_magnitudes`.
        """
        if self.response_magnitudes is None:
            self.get_response_magnitudes()
        table = self.response_magnitudes
        regressors = self.get_trial_regressors()[["eid", "trial", "peak_velocity"]]
        bare = pd.DataFrame(table).drop(columns="peak_velocity", errors="ignore")
        keys = ["eid", "trial"]
        self.response_magnitudes = bare.merge(regressors, on=keys, how="left")
        return self.response_magnitudes

    def get_mean_traces(self) -> pd.DataFrame:
        """Average the responses of each recording, by event, contrast and feedback.

        Returns
        -------
        pandas.DataFrame
            Columns of mean_traces.pqt; also `mean_traces`. Of the trials of
            `select_trials`. Sessions whose rate or window is not that of most are left
            out, and named in `errors`.

        Raises
        ------
        GroupFault
            As of `get_response_magnitudes`.
        """
        if self.response_magnitudes is None:
            self.get_response_magnitudes()
        trials = self.select_trials()
        settings = self.parameters.responses
        sessions = self._read_alike()
        table = build_mean_traces(
            sessions.values(), self.recordings, trials.frame, settings.baseline
        )
        self.mean_traces = table
        said = {"baseline": settings.baseline, "trials": str(trials.waterfall)}
        self._note("mean_traces", table, said, n_sessions=len(sessions))
        return table

    def get_response_features(
        self,
        nan_handling: NanHandling = "drop_sessions",
        nan_threshold: float = 0.3,
        min_trials: int = 1,
        *,
        events: Sequence[str] = FEATURE_EVENTS,
        normalize: Normalize | None = None,
    ) -> pd.DataFrame:
        """Give the response vector of each recording.

        Parameters
        ----------
        nan_handling
            "drop_sessions": recordings that miss more than `nan_threshold` of the
            conditions go, then conditions that are still missing somewhere.
            "drop_features": conditions that more than `nan_threshold` of the recordings
            miss go, then recordings that still miss one. "keep": none goes.
        nan_threshold
            Share, 0 to 1.
        min_trials
            A condition with fewer trials is missing.
        events
            Those that have a part in it.
        normalize
            "minmax" brings each vector to 0 … 1.

        Returns
        -------
        pandas.DataFrame
            Index (eid, target_NM, fiber_idx), columns stimOn_c100_contra_correct, …;
            also `response_features`.

        Raises
        ------
        GroupFault
            If nothing is left; else as of `get_response_magnitudes`.
        """
        if self.response_magnitudes is None:
            self.get_response_magnitudes()
        trials = self.select_trials()
        built = build_features(trials.frame, events, min_trials, normalize)
        features, counts = handle_gaps(built, nan_handling, nan_threshold)
        self.response_features = features
        said = {
            "nan_handling": nan_handling,
            "nan_threshold": nan_threshold,
            "min_trials": min_trials,
            "events": [*events],
            "normalize": normalize,
            "trials": str(trials.waterfall),
        }
        self._note("response_features", features, said, **counts)
        return features

    def response_similarity_matrix(self) -> pd.DataFrame:
        """Compute how alike the response vectors of each two recordings are.

        Returns
        -------
        pandas.DataFrame
            Cosine, recordings × recordings; also `similarity_matrix`.

        Raises
        ------
        GroupFault
            If each recording misses a feature; else as of `get_response_features`.
        """
        features = self._need_features()
        found = cosine_similarity_matrix(features)
        if not len(found):
            raise GroupFault(
                "no recording has all features.",
                found=f"{len(features)} recordings, all with a gap",
                mend="call get_response_features with another nan_handling",
            )
        self.similarity_matrix = found
        self._note("similarity_matrix", self.similarity_matrix, {})
        return self.similarity_matrix

    def decode_target(self, settings: DecoderSettings | None = None) -> TargetDecoder:
        """Tell the target of recordings of a subject left out from their vectors.

        Parameters
        ----------
        settings
            As of `statistics.decode_target`; the seed is that of the parameters unless
            given.

        Returns
        -------
        TargetDecoder
            Also `decoder`.

        Raises
        ------
        GroupFault
            If there are fewer than two targets or three subjects, or a target has one
            subject only; else as of `get_response_features`.
        """
        features = self._need_features()
        usual = DecoderSettings(seed=self.parameters.statistics.seed)
        self.decoder = decode_target(
            features,
            features.index.get_level_values("target_NM").to_numpy(object),
            self.find_subjects(features.index),
            settings or usual,
        )
        return self.decoder

    def _need_features(self) -> pd.DataFrame:
        if self.response_features is None:
            self.get_response_features()
        return pd.DataFrame(self.response_features)

    def _need_rows(self, table: pd.DataFrame, what: str) -> None:
        if not len(table):
            kinds = self.errors["error_type"].value_counts()
            told = ", ".join(f"{name} {n}" for name, n in kinds.items())
            raise GroupFault(
                f"no session has {what}.",
                found=f"{len(self.eids)} sessions ({told or 'no region in common'})",
                mend="see `errors` of the group; run the stage `photometry`",
            )

    def _read_and_describe(
        self, described: list[dict[str, Any]]
    ) -> Iterator[SessionResponses]:
        for session in self._store.read(self.eids):
            described.append(describe_session(session))
            yield session

    def _read_alike(self) -> dict[str, SessionResponses]:
        # Sessions whose traces are at the same times; the others are named.
        found = {each.eid: each for each in self._store.read(self.eids)}
        told = compare_sessions([describe_session(each) for each in found.values()])
        for odd in told[~told["fits_in_time"]].itertuples():
            fault = GroupFault(
                "the responses are not at the times of the other sessions'.",
                session=str(odd.eid),
                found=f"{odd.rate_hz} Hz, {odd.window}",
                mend="run the stage `photometry` of this session again",
            )
            self._log_once(str(odd.eid), fault)
            del found[str(odd.eid)]
        return found

    def _note(
        self, name: str, table: pd.DataFrame, said: dict[str, Any], **n: int
    ) -> None:
        counts = {
            "n_rows": len(table),
            "n_sessions": len(self.eids) - len(self._store.left_out),
            "n_left_out": len(self._store.left_out),
            **n,
        }
        self.provenance[name] = make_provenance(name, said, **counts)
