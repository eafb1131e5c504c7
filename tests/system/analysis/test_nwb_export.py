"""An exported session against nwbinspector with the configuration of DANDI."""

import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from ranvier.analysis.files import (
    NwbSession,
    describe_neurophotometrics,
    write_nwb,
)
from ranvier.sim.photometry_session import (
    EVENTS,
    LED_STATES,
    ChoiceTask,
    Fibre,
    simulate_session,
)

pytestmark = [
    pytest.mark.system,
    # pynwb, hdmf and the inspector warn of each other.
    pytest.mark.filterwarnings("default"),
]
REGIONS = ["VTA-l", "SNc-r"]


def make_session(extras=True):
    task = ChoiceTask(n_trials=30, duration_s=240.0)
    fibres = (Fibre("VTA", "l", "G0"), Fibre("SNc", "r", "G1"))
    sim = simulate_session(0, task=task, fibres=fibres)
    raw = {
        band: pd.DataFrame(
            sim.signals[sim.led_states == state],
            index=sim.frame_times[sim.led_states == state],
            columns=REGIONS,
        )
        for band, state in LED_STATES.items()
    }
    metadata = {
        "eid": "s1",
        "subject": "S1",
        "start_time": "2024-11-05T10:00:00",
        "brain_region": REGIONS,
        "hemisphere": ["l", "r"],
        "task_protocol": "_iblrig_tasks_biasedChoiceWorld",
        "experimenter": ["Doe, Jane"],
        "institution": "Institute",
        "lab": "simlab",
        "keywords": ["fiber photometry"],
        "experiment_description": "Simulated.",
    }
    subject = {
        "species": "Mus musculus",
        "sex": "M",
        "date_of_birth": "2024-07-01",
        "genotype": ["Dat-Cre"],
        "description": "Simulated mouse.",
    }
    optics = describe_neurophotometrics("GCaMP6f")
    if not extras:
        return NwbSession(metadata, subject, raw, optics=optics)
    times = np.arange(0, 240, 1 / 30)
    responses = {
        region: xr.DataArray(
            np.random.default_rng(0).standard_normal((3, 30, 60)),
            dims=("event", "trial", "time"),
            coords={
                "event": list(EVENTS),
                "trial": np.arange(30),
                "time": np.arange(-30, 30) / 30,
            },
        )
        for region in REGIONS
    }
    trials = pd.DataFrame(sim.trials.columns).assign(
        stim_side=np.where(sim.trials.is_right, "right", "left")
    )
    return NwbSession(
        metadata,
        subject,
        raw,
        preprocessed=pd.DataFrame(
            np.random.default_rng(0).standard_normal((len(times), 2)),
            index=times,
            columns=REGIONS,
        ),
        trials=trials,
        wheel=(sim.wheel_times, sim.wheel_positions),
        responses=responses,
        optics=optics,
    )


@pytest.mark.parametrize("extras", [False, True])
def test_the_inspector_finds_nothing(tmp_path, extras):
    inspector = pytest.importorskip("nwbinspector", reason="nwbinspector not installed")
    pytest.importorskip("ndx_fiber_photometry", reason="the extra nwb is not installed")
    path = tmp_path / "s1.nwb"
    write_nwb(make_session(extras), path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = list(
            inspector.inspect_nwbfile(
                nwbfile_path=str(path), config=inspector.load_config("dandi")
            )
        )

    assert [(each.check_function_name, each.message) for each in found] == []
    assert [each.name for each in tmp_path.iterdir()] == ["s1.nwb"]


def test_the_values_come_back(tmp_path):
    pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed")
    pytest.importorskip("ndx_fiber_photometry", reason="the extra nwb is not installed")
    path, session = tmp_path / "s1.nwb", make_session()
    write_nwb(session, path)
    with pynwb.NWBHDF5IO(path, "r") as io:
        file = io.read()
        for band, frame in session.raw.items():
            series = file.acquisition[f"fiber_photometry_{band.lower()}"]
            np.testing.assert_array_equal(series.data[:], frame.to_numpy())
            np.testing.assert_array_equal(series.timestamps[:], frame.index)
            rows = series.fiber_photometry_table_region.to_dataframe()
            assert list(rows["location"]) == REGIONS
        preprocessed = file.processing["ophys"]["fiber_photometry_preprocessed"]
        assert preprocessed.rate == pytest.approx(30)
        np.testing.assert_array_equal(
            file.trials["feedback_times"][:], session.trials["feedback_times"]
        )
        wheel = file.processing["behavior"]["wheel"]["wheel_position"]
        np.testing.assert_array_equal(wheel.data[:], session.wheel[1])
        responses = file.processing["ophys"]["responses_feedback_times"]
        np.testing.assert_array_equal(
            responses["VTA-l"][:], session.responses["VTA-l"].to_numpy()[2]
        )
        assert file.subject.genotype == "Dat-Cre"
