"""A group of simulated sessions, from ALF folders to statistics, and its workers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from worker_tasks import count_or_die

from ranvier.analysis.behaviour import compute_performance
from ranvier.analysis.faults import GroupFault
from ranvier.analysis.files import collect_catalog, read_session_h5, write_alf_session
from ranvier.analysis.group import FAMILIES, GroupTables, PhotometrySessionGroup
from ranvier.analysis.parameters import AnalysisParameters
from ranvier.analysis.session import PhotometrySession
from ranvier.sim.choice_task import ChoiceTask
from ranvier.sim.photometry_session import TARGET_EFFECTS, Fibre, simulate_session

pytestmark = pytest.mark.system

STIMULUS, FEEDBACK = "stimOn_times", "feedback_times"
TASK = ChoiceTask(kind="training", n_trials=60, duration_s=450.0, nogo_fraction=0.0)
COHORTS = (("VTA", "DA"), ("LC", "NE"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of 16 sessions: two targets, four subjects each, two sessions each."""
    root = tmp_path_factory.mktemp("group")
    for subject in range(8):
        region, nm = COHORTS[subject % 2]
        fibre = Fibre(region, "lr"[subject // 2 % 2], "G0")
        for number in range(2):
            made = simulate_session(
                10 * subject + number,
                subject_seed=subject,
                task=TASK,
                fibres=(fibre,),
                nm=nm,
            )
            start = f"2024-11-0{number + 1}T10:00:00"
            alf = write_alf_session(
                made, root / "alf", subject=f"m{subject}", start_time=start
            )
            session = PhotometrySession.from_alf(alf)
            session.metadata |= {
                "NM": nm, "target_NM": [f"{region}-{nm}"], "session_type": "training"
            }  # fmt: skip
            session.filepath = root / "sessions" / f"{session.eid}.h5"
            session.load_trials()
            session.load_photometry()
            session.run_sliding_qc()
            session.preprocess()
            session.extract_responses()
            session.load_wheel()
            session.extract_wheel_velocity()
            session.save_h5()
    return root / "sessions"


@pytest.fixture(scope="module")
def catalog(folder):
    return collect_catalog(folder)


@pytest.fixture
def group(folder, catalog):
    rows = []
    for eid in catalog["eid"]:
        trials = read_session_h5(folder / f"{eid}.h5", ["trials"])["trials"]
        rows.append({"eid": eid, **compute_performance(trials)})
    parameters = AnalysisParameters.model_validate(
        {"statistics": {"min_trials": 10, "n_permutations": 50}}
    )
    made = PhotometrySessionGroup(
        catalog,
        h5_dir=folder,
        parameters=parameters,
        tables=GroupTables(performance=pd.DataFrame(rows)),
        say=len,
    )
    made.filter_sessions(min_performance=False)
    return made


def test_effects_of_the_simulation_are_found(group):
    table = group.fit_lmm("response ~ contrast + side + reward").table
    fits = table.set_index(["target_NM", "event", "term"])

    assert len(group) == 16
    for region, nm in COHORTS:
        of_feedback = TARGET_EFFECTS[f"{region}-{nm}"][2]
        found = fits.loc[(f"{region}-{nm}", FEEDBACK, "reward")]
        assert np.sign(of_feedback.reward) == np.sign(found["Coef."])
        assert found["P>|z|"] < 1e-3


def test_every_analysis_gives_a_result_for_every_target(group):
    group.get_response_magnitudes()
    results = [group.response_lmm_fit(family) for family in FAMILIES]
    results += [
        group.fit_lmm("response ~ contrast * side", "intercept+slope"),
        group.response_lmm_crossval(),
        group.response_lmm_jackknife(),
        group.response_lmm_effects("response ~ contrast * side + reward"),
        group.loso_cv_movement_lmm(),
        group.fit_functional_lmm(),
        group.session_permutation_test(),
    ]

    for result in results:
        targets = {key[0] for key in result.results}
        assert {"VTA-DA", "LC-NE"} == targets, result.provenance.method
        assert {"subject", "n_trials"} <= set(result.trials)
        assert len(result.table)


def test_factors_are_tested_within_subjects(group):
    result = group.anova_response_magnitudes(("side", "reward"), min_trials=2)
    table = result.table.set_index(["target_NM", "event", "effect"])

    assert table.loc[("VTA-DA", FEEDBACK, "reward"), "p"] < 0.05
    assert {"AnovaRM", "OLS type III"} >= set(table["method"])


def test_targets_are_told_apart(group):
    group.get_response_features("drop_sessions", 0.5)
    decoder = group.decode_target()

    assert decoder is group.decoder
    assert decoder.balanced_accuracy > 0.5
    assert len(group.response_similarity_matrix()) == len(group.response_features)


def test_components_and_variance_of_recordings(group):
    pca = group.pca_glm_coefficients(FEEDBACK, 2)
    ica = group.ica_glm_coefficients(FEEDBACK, 2)
    told = group.compare_glm_scores(pca, by_subject=True)
    split = group.response_varcomp(min_subjects=2, min_sessions=2, min_trials=20)

    assert pca.scores.shape == ica.scores.shape
    assert {"kruskal_wallis", "mann_whitney"} == set(told["test"])
    assert ("LC-NE", FEEDBACK, "reward") in split.results
    with pytest.raises(GroupFault, match="coefficients"):
        group.pca_glm_coefficients("goCue_times")


def test_a_worker_that_dies_takes_its_own_session_only(group):
    eids = group.eids
    done = group.process(count_or_die, workers=2, victim=eids[3], killed=eids[5])
    told = group.errors.set_index("eid")["error_type"]

    assert sum(value == TASK.n_trials for value in done.values()) == 14
    assert (done[eids[3]], done[eids[5]]) == (None, None)
    assert {eids[3]: "WorkerDiedError", eids[5]: "ValueError"} == told.to_dict()
    clean = group.process(count_or_die, workers=2, victim="", killed="")
    assert sum(value == TASK.n_trials for value in clean.values()) == 16
    errors = read_session_h5(group.h5_dir / f"{eids[5]}.h5", ["errors"])["errors"]
    assert errors.empty
