"""Every example of the seed's README, with only the import root changed.

The blocks stand here as they stand there; a test holds them against the seed where it
is at hand. They run in order, in one namespace, on a generated study: ALF folders
through ONE in local mode, and without ONE.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.files import write_alf_session
from ranvier.analysis.pipeline import RunOptions, run_study
from ranvier.analysis.readers import AlfSource, find_sessions
from ranvier.core import AnalysisError
from ranvier.iblnm import config, io, util
from ranvier.iblnm.data import PhotometrySession, PhotometrySessionGroup
from ranvier.sim.photometry_session import ChoiceTask, Fibre, simulate_session

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

BLOCKS = {
    "loading from ONE": """\
import pandas as pd
from one.api import ONE
from ranvier.iblnm.config import SESSIONS_FPATH
from ranvier.iblnm.data import PhotometrySession

one = ONE()
df_sessions = pd.read_parquet(SESSIONS_FPATH)
session_row = df_sessions.iloc[0]

ps = PhotometrySession(session_row, one=one)
ps.load_trials()      # → ps.trials (DataFrame with signed_contrast, contrast added)
ps.load_photometry()  # → ps.photometry dict: {'GCaMP': ..., 'Isosbestic': ...}
""",
    "loading from HDF5": """\
from ranvier.iblnm.config import SESSIONS_H5_DIR

ps = PhotometrySession(session_row, one=one)
ps.load_h5(SESSIONS_H5_DIR / f'{ps.eid}.h5')
# → ps.photometry['GCaMP_preprocessed'], ps.trials, ps.responses, ps.wheel_velocity
""",
    "validation": """\
ps.validate_trials_in_photometry_time()  # raises TrialsNotInPhotometryTime
ps.validate_n_trials()                   # raises InsufficientTrials
ps.validate_event_completeness()         # raises IncompleteEventTimes
ps.validate_block_structure()            # raises BlockStructureBug
""",
    "QC": """\
ps.run_raw_qc()                    # n_band_inversions, n_early_samples → ps.qc
ps.validate_qc()                   # raises BandInversion or EarlySamples
ps.run_sliding_qc()                # sliding-window signal quality metrics → ps.qc
ps.validate_few_unique_samples()   # raises FewUniqueSamples (non-fatal)
""",
    "preprocessing": """\
from ranvier.iblnm.config import RESPONSE_EVENTS

ps.preprocess()  # bleach → isosbestic → zscore → resample to 30 Hz
                 # → ps.photometry['GCaMP_preprocessed']

ps.extract_responses(events=RESPONSE_EVENTS)
# → ps.responses: dict[str, xr.DataArray] keyed by brain region,
#   each DataArray has dims (event, trial, time)

ps.save_h5()  # saves all available data groups
""",
    "responses": """\
region_responses = ps.responses['VTA']  # dims: (event, trial, time)

# Baseline subtraction (mean of [-0.1, 0] window)
responses = ps.subtract_baseline(region_responses)

# Mask time points after the next event in a trial sequence
responses = ps.mask_subsequent_events(
    region_responses,
    event_order=['stimOn_times', 'firstMovement_times', 'feedback_times']
)
""",
    "performance": """\
perf = ps.basic_performance()
# {'fraction_correct': 0.81, 'fraction_correct_easy': 0.94, 'nogo_fraction': 0.02,
#  'psych_50_bias': -1.2, 'psych_50_threshold': 8.4, ...}

block_perf = ps.block_performance()   # per-block psychometrics (biased/ephys only)
fit = ps.fit_psychometric()           # {bias, threshold, lapse_left, lapse_right, \
r_squared, n_trials}
""",
    "group": """\
from ranvier.iblnm.config import SESSIONS_FPATH
from ranvier.iblnm.data import PhotometrySessionGroup
from ranvier.iblnm.io import _get_default_connection

one = _get_default_connection()

# Load, filter, and explode in one step
group = PhotometrySessionGroup.from_catalog(
    SESSIONS_FPATH, one=one,
    session_types=('biased', 'ephys'),
)
""",
    "analysis": """\
# Trial-level response magnitudes (one row per recording × event × trial)
group.get_response_magnitudes()
# → group.response_magnitudes (DataFrame)

# Response feature vectors (one row per recording, columns = condition labels)
group.get_response_features(nan_handling='drop_features')
# → group.response_features (DataFrame indexed by (eid, target_NM))

# Pairwise cosine similarity between recordings
group.response_similarity_matrix()
# → group.similarity_matrix (DataFrame)

# Decode target-NM from response vectors (logistic regression with LOSO CV)
group.decode_target()
# → group.decoder (TargetNMDecoder with .accuracy, .confusion, .coefficients, \
.contributions)
""",
    "filtering": """\
# Standard filters (all parameters optional, default to config values)
group.filter_sessions(
    session_types=('biased', 'ephys'),
    exclude_subjects=['excluded_mouse'],
    qc_blockers={'MissingRawData', 'QCValidationError'},
    targetnms=['VTA-DA', 'DR-5HT'],
)

# Boolean mask
group.filter(group.recordings['NM'] == 'DA')

# Indexing
rec, ps = group[0]  # first recording
""",
    "iteration": """\
for rec, ps in group:
    # rec: pd.Series (recording metadata)
    # ps: PhotometrySession (cached by eid, loads H5 on first access)
    ps.load_h5(h5_path)
    ...
""",
    "errors": """\
from ranvier.iblnm.validation import exception_logger, InvalidBrainRegion

@exception_logger
def validate_brain_region(session):
    ...
    raise InvalidBrainRegion(...)

# In scripts — errors logged, pipeline continues:
error_log = []
df = df.apply(validate_brain_region, axis='columns', exlog=error_log)

# In tests — errors raised:
with pytest.raises(InvalidBrainRegion):
    validate_brain_region(bad_session)
""",
}

SUBJECTS = {
    "da_1": ("DA", "VTA", "Ai148xDat"),
    "da_2": ("DA", "VTA", "Ai148xDat"),
    "da_3": ("DA", "VTA", "Ai148xDat"),
    "excluded_mouse": ("DA", "VTA", "Ai148xDat"),
    "s5ht_1": ("5HT", "DR", "Ai148xSert"),
    "s5ht_2": ("5HT", "DR", "Ai148xSert"),
    "s5ht_3": ("5HT", "DR", "Ai148xSert"),
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Seven subjects with two biased sessions each, and one in training; all stages."""
    root = tmp_path_factory.mktemp("study")
    task = ChoiceTask(n_trials=300, duration_s=1700.0)
    subjects, fibers = ["subject,strain,line,NM"], ["subject,targeted_region,X-ml_um"]
    for place, (subject, (nm, region, line)) in enumerate(SUBJECTS.items()):
        subjects.append(f"{subject},B6.Cg,{line},{nm}")
        fibers.append(f"{subject},{region},500")
        kinds = ["biased", "biased", *(["training"] if subject == "da_1" else [])]
        for day, kind in enumerate(kinds, 1):
            session = simulate_session(
                10 * place + day,
                subject_seed=place,
                task=ChoiceTask(kind, task.n_trials, task.duration_s),
                fibres=(Fibre(region=region, hemisphere=""),),
                nm=nm,
            )
            start = f"2024-03-0{day}T10:00:00"
            write_alf_session(session, root / "alf", subject=subject, start_time=start)
    (root / "subjects.csv").write_text("\n".join(subjects))
    (root / "fibers.csv").write_text("\n".join(fibers))
    (root / "study.yaml").write_text(
        "ranvier_study: 1\nname: readme\nsessions: [{alf: alf}]\n"
        "subjects: subjects.csv\nfibers: fibers.csv\nparameters: {vocabulary: ibl}\n"
    )
    if importlib.util.find_spec("one"):  # its tables say the eids
        cache = importlib.import_module("one.alf.cache")
        cache.make_parquet_db(root / "alf", hash_files=False)
    report = run_study(root, RunOptions(n_workers=1))
    assert not report.faults
    return root


class FolderOfSessions:
    """What the analysis asks of a local ONE, on folders alone."""

    offline = True

    def __init__(self, root):
        self._places = {
            AlfSource(place.path).eid: place.path for place in find_sessions(root)
        }

    def eid2path(self, eid):
        return self._places[str(eid)]

    def list_datasets(self, eid):
        path = self._places[str(eid)]
        return [p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()]


@pytest.mark.parametrize("way", ["ONE", "no ONE"])
def test_examples_of_the_readme_run_and_give_what_they_say(way, study, monkeypatch):
    monkeypatch.setenv("IBLNM_ROOT", str(study))
    monkeypatch.setenv("IBLNM_ONE_CACHE", str(study / "alf"))
    blocks, space = dict(BLOCKS), {"pytest": pytest}
    if way == "ONE":
        open_local_one(monkeypatch, study)
    else:
        space["ONE"] = functools.partial(FolderOfSessions, study / "alf")
        blocks = {name: without_one(text) for name, text in BLOCKS.items()}
    for name, text in blocks.items():
        prepare(name, space)
        exec(compile(text, f"<{name}>", "exec"), space)
        CHECKS[name](SimpleNamespace(**space))


def open_local_one(patch, study):
    api = pytest.importorskip("one.api", reason="ONE-api is not installed")
    # ONE() asks for the address of a server; in local mode it is given a folder.
    local = functools.partial(api.ONE, mode="local", cache_dir=study / "alf")
    patch.setattr(api, "ONE", local)


def without_one(text):
    text = text.replace("from one.api import ONE\n", "")
    return text.replace("one = _get_default_connection()\n", "")


def prepare(name, space):
    """Give the names that the README takes as given."""
    if name == "iteration":
        group, eid = space["group"], space["rec"]["eid"]
        space["group"] = group.filter(group.recordings["eid"] == eid)
        space["h5_path"] = space["SESSIONS_H5_DIR"] / f"{eid}.h5"
    if name == "errors":
        space["df"] = space["df_sessions"]
        space["bad_session"] = space["df_sessions"].iloc[0]


def check_loaded_from_one(state):
    ps = state.ps

    assert len(state.df_sessions) == 15
    assert {"signed_contrast", "contrast"} <= set(ps.trials.columns)
    assert len(ps.trials) == 300
    assert set(ps.photometry) == {"GCaMP", "Isosbestic"}
    assert list(ps.photometry["GCaMP"].columns) == ["VTA"]


def check_loaded_from_h5(state):
    ps = state.ps

    assert list(ps.photometry) == ["GCaMP_preprocessed"]
    assert len(ps.trials) == 300
    assert ps.responses["VTA"].dims == ("event", "trial", "time")
    assert ps.wheel_velocity.shape[0] == 300
    again = state.PhotometrySession.from_h5(state.SESSIONS_H5_DIR / f"{ps.eid}.h5")
    assert again.to_dict()["target_NM"] == ["VTA-DA"]
    assert again.trials.equals(ps.trials)


def check_valid(state):
    log = []
    ps = type(state.ps)(state.ps.to_dict())
    ps.trials = state.ps.trials.iloc[:20]
    ps.validate_n_trials(exlog=log)

    assert log[0]["error_type"] == "InsufficientTrials"
    assert state.ps.errors == []


def check_qc(state):
    qc = state.ps.qc

    assert set(qc["brain_region"]) == {"VTA"}
    assert sorted(qc["band"]) == ["GCaMP", "Isosbestic"]
    assert (qc[["n_band_inversions", "n_early_samples"]] == 0).all(axis=None)
    assert qc["ar_score"].between(0, 1).all()


def check_preprocessed(state):
    ps = state.ps
    signal = ps.photometry["GCaMP_preprocessed"]["VTA"]

    assert np.median(np.diff(signal.index)) == pytest.approx(1 / 30)
    assert signal.std() == pytest.approx(1, abs=0.15)
    assert ps.responses["VTA"].shape == (3, 300, 60)
    assert list(ps.responses["VTA"]["event"].to_numpy()) == state.RESPONSE_EVENTS
    assert ps.filepath == state.SESSIONS_H5_DIR / f"{ps.eid}.h5"
    assert ps.filepath.exists()


def check_responses(state):
    whole, clean = state.region_responses, state.responses
    baseline = state.ps.subtract_baseline(whole).sel(time=slice(-0.101, -0.001))

    assert np.nanmax(np.abs(baseline.mean("time"))) < 1e-12
    assert np.isnan(clean.values).sum() > np.isnan(whole.values).sum()


def check_performance(state):
    assert {"fraction_correct", "fraction_correct_easy", "nogo_fraction"} <= set(
        state.perf
    )
    assert {"psych_50_bias", "psych_50_threshold"} <= set(state.perf)
    assert 0.5 < state.perf["fraction_correct"] < state.perf["fraction_correct_easy"]
    assert state.block_perf["bias_shift"] == pytest.approx(
        state.block_perf["psych_80_bias"] - state.block_perf["psych_20_bias"]
    )
    assert list(state.fit) == [
        "bias", "threshold", "lapse_left", "lapse_right", "r_squared", "n_trials"
    ]  # fmt: skip


def check_group(state):
    recordings = state.group.recordings

    assert len(recordings) == 14  # the session in training is left out
    assert set(recordings["target_NM"]) == {"VTA-DA", "DR-5HT"}
    assert (recordings["fiber_idx"] == 0).all()


def check_analysis(state):
    group = state.group
    features, similarity = group.response_features, group.similarity_matrix

    assert len(group.response_magnitudes) == 14 * 3 * 300
    assert list(features.index.names)[:2] == ["eid", "target_NM"]
    assert "stimOn_c100_contra_correct" in features
    # Recordings without a single error at a strong contrast have no whole vector.
    assert len(features) >= 6
    assert similarity.shape == (len(features), len(features))
    assert np.diag(similarity) == pytest.approx(1.0)
    # The two targets answer differently by construction.
    assert group.decoder.accuracy > 0.8
    assert list(group.decoder.confusion.index) == ["DR-5HT", "VTA-DA"]
    assert len(group.decoder.contributions) == features.shape[1]
    assert group.decoder.coefficients.shape[1] == features.shape[1]


def check_filtered(state):
    group = state.group

    assert "excluded_mouse" not in set(group.recordings["subject"])
    assert len(group) == 12
    assert len(group.filter(group.recordings["NM"] == "DA")) == 6
    assert state.rec["eid"] == state.ps.eid
    assert isinstance(state.ps, state.PhotometrySession)
    assert group[0][1] is state.ps


def check_iterated(state):
    assert len(state.group) == 1
    assert state.ps.eid == state.rec["eid"]
    assert state.ps.responses["VTA"].shape == (3, 300, 60)


def check_errors(state):
    log = pd.DataFrame(state.error_log)

    assert list(log) == ["eid", "error_type", "error_message", "traceback"]
    assert list(log["eid"]) == list(state.df_sessions["eid"])
    assert set(log["error_type"]) == {"InvalidBrainRegion"}
    assert list(state.df["eid"]) == list(state.df_sessions["eid"])


CHECKS = dict(
    zip(
        BLOCKS,
        (
            check_loaded_from_one, check_loaded_from_h5, check_valid, check_qc,
            check_preprocessed, check_responses, check_performance, check_group,
            check_analysis, check_filtered, check_iterated, check_errors,
        ),
        strict=True,
    )
)  # fmt: skip


def test_blocks_are_those_of_the_readme():
    shared = os.environ.get("RANVIER_SHARED")
    seed = Path(shared or "", "seeds", "ibl_neuromodulators.txt")
    if not shared or not seed.exists():
        pytest.skip("RANVIER_SHARED does not say where the seed is")
    text = seed.read_text("utf-8")
    changed = {name: b.replace("ranvier.iblnm", "iblnm") for name, b in BLOCKS.items()}

    assert [name for name, block in changed.items() if block not in text] == []


def test_default_connection_is_opened_once_and_says_what_is_missing(study, monkeypatch):
    monkeypatch.setenv("IBLNM_ONE_CACHE", str(study / "alf"))
    if importlib.util.find_spec("one") is None:
        with pytest.raises(AnalysisError, match="not installed"):
            io._get_default_connection()
        return
    open_local_one(monkeypatch, study)
    one = io._get_default_connection()
    row = {"eid": str(one.search()[0]), "subject": "da_1"}

    assert io._get_default_connection() is one
    assert io.get_brain_region(row, one)["brain_region"]
    assert "alf/task_00/_ibl_trials.table.pqt" in io.get_datasets(row)["datasets"]
    with pytest.raises(AnalysisError, match="offline"):
        io.get_subject_info(row)


def test_one_that_was_never_set_up_is_not_asked(tmp_path, monkeypatch):
    """It would put its questions to a batch, and wait."""
    pytest.importorskip("one.api", reason="ONE-api is not installed")
    monkeypatch.delenv("IBLNM_ONE_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(AnalysisError, match="never set up"):
        io._get_default_connection()


def test_errors_of_the_stages_are_collected(study, monkeypatch):
    monkeypatch.setenv("IBLNM_ROOT", str(study))
    sessions = pd.read_parquet(config.SESSIONS_FPATH)
    logs = [config.PHOTOMETRY_LOG_FPATH, config.TASK_LOG_FPATH, study / "none.pqt"]
    told = util.collect_session_errors(sessions, logs)

    assert told["logged_errors"].map(len).sum() == 0
    lists = ["brain_region", "hemisphere", "target_NM"]
    assert len(sessions.explode(lists)) == 15


def test_group_of_a_table_takes_the_choices_and_files_of_the_project(
    study, monkeypatch
):
    monkeypatch.setenv("IBLNM_ROOT", str(study))
    group = PhotometrySessionGroup(pd.read_parquet(config.SESSIONS_FPATH))
    group.filter_sessions()

    assert group.h5_dir == config.SESSIONS_H5_DIR
    assert group.waterfall.not_applied == ()
    assert len(group.load_performance()) == len(group.sessions)
    assert group.parameters.selection.targetnms == tuple(config.TARGETNMS_TO_ANALYZE)
    rec, ps = group[0]
    assert ps.responses["VTA"].shape == (3, 300, 60)
    assert rec["subject"] == "da_1"


def test_session_asks_alyx_and_logs_what_it_can_not_have(study, monkeypatch):
    monkeypatch.setenv("IBLNM_ROOT", str(study))
    one = FolderOfSessions(study / "alf")
    place = find_sessions(study / "alf")[0]
    eid = AlfSource(place.path).eid
    row = {"eid": eid, "subject": "da_1", "start_time": "2024-03-01T10:00:00"}
    ps = PhotometrySession(row, one)
    ps.from_alyx()

    assert ps.brain_region == ["VTA"]
    assert len(ps.metadata["datasets"]) == 11
    # No Alyx: subject and session are not known to it, nor what depends on that.
    assert [each["error_type"] for each in ps.errors[:2]] == [
        "AnalysisError",
        "InvalidStrain",
    ]
