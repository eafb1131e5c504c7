"""A generated ALF folder through ONE in local mode and the IBL's own loaders."""

import warnings

import numpy as np
import pytest

from ranvier.analysis.files import write_alf_session
from ranvier.sim.photometry_session import ChoiceTask, Fibre, simulate_session

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("default"),  # ONE and ibllib warn of their own matters
]


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    cache = pytest.importorskip("one.alf.cache", reason="ONE-api is not installed")
    api = pytest.importorskip("one.api", reason="ONE-api is not installed")
    root = tmp_path_factory.mktemp("alf")
    task = ChoiceTask(n_trials=120, duration_s=700.0)
    session = simulate_session(
        0, task=task, fibres=(Fibre("VTA", "l", "G0"), Fibre("SNc", "r", "G1"))
    )
    write_alf_session(session, root, subject="S1", start_time="2024-11-05T10:00:00")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cache.make_parquet_db(root, hash_files=True)
        one = api.ONE(mode="local", cache_dir=root)
    return session, one


def test_one_finds_and_loads_every_dataset(opened):
    session, one = opened
    (eid,) = one.search(subject="S1")
    for name in one.list_datasets(eid):
        assert one.load_dataset(eid, name) is not None
    trials = one.load_object(eid, "trials", collection="alf/task_00")

    np.testing.assert_array_equal(trials["choice"], session.trials.columns["choice"])
    assert trials["intervals"].shape == (120, 2)


def test_the_loaders_of_the_ibl_read_signals_wheel_and_raw_frames(opened):
    fpio = pytest.importorskip("iblphotometry.fpio", reason="ibl-photometry is missing")
    metrics = pytest.importorskip("iblphotometry.metrics", reason="ibl-photometry")
    session, one = opened
    (eid,) = one.search(subject="S1")
    loader = fpio.PhotometrySessionLoader(one=one, eid=eid)
    loader.load_trials()
    loader.load_wheel()
    loader.load_photometry()
    raw = one.load_dataset(eid, "_neurophotometrics_fpData.raw.pqt")
    frames = fpio.from_neurophotometrics_df_to_photometry_df(raw)
    table = session.trials.columns
    went = table["choice"] != 0
    turned = np.interp(
        table["response_times"][went], loader.wheel["times"], loader.wheel["position"]
    ) - np.interp(
        table["stimOn_times"][went], loader.wheel["times"], loader.wheel["position"]
    )

    assert list(loader.photometry["GCaMP"].columns) == ["VTA-l", "SNc-r"]
    assert (np.sign(turned) == -table["choice"][went]).all()
    assert metrics.n_early_samples(frames) == 0
    assert metrics.n_band_inversions(frames) == 0
