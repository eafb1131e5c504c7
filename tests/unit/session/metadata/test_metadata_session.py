import dataclasses
import json
import runpy
from pathlib import Path

import pytest

from ranvier.session.faults import Severity, Verdict
from ranvier.session.metadata import build_session

DATA = Path(__file__).parents[3] / "data" / "aind"
RECORDS = runpy.run_path(str(DATA / "records.py"))
SEED = [
    "describedBy",
    "schema_version",
    "protocol_id",
    "experimenter_full_name",
    "session_start_time",
    "session_end_time",
    "session_type",
    "iacuc_protocol",
    "rig_id",
    "calibrations",
    "maintenance",
    "subject_id",
    "animal_weight_prior",
    "animal_weight_post",
    "weight_unit",
    "anaesthesia",
    "data_streams",
    "stimulus_epochs",
    "mouse_platform_name",
    "active_mouse_platform",
    "headframe_registration",
    "reward_delivery",
    "reward_consumed_total",
    "reward_consumed_unit",
    "notes",
]
SEED_EPOCH = [
    "stimulus_start_time",
    "stimulus_end_time",
    "stimulus_name",
    "session_number",
    "software",
    "script",
    "stimulus_modalities",
    "stimulus_parameters",
    "stimulus_device_names",
    "speaker_config",
    "light_source_config",
    "objects_in_arena",
    "output_parameters",
    "reward_consumed_during_epoch",
    "reward_consumed_unit",
    "trials_total",
    "trials_finished",
    "trials_rewarded",
    "notes",
]


def record(name, **changes):
    return dataclasses.replace(RECORDS[name](), **changes)


def with_parameters(name, **parameters):
    old = RECORDS[name]()
    return dataclasses.replace(old, parameters={**old.parameters, **parameters})


def without(name, *keys):
    old = RECORDS[name]()
    kept = {k: v for k, v in old.parameters.items() if k not in keys}
    return dataclasses.replace(old, parameters=kept)


def codes(built):
    return [finding.code for finding in built.report.findings]


def test_a_full_session_is_as_its_golden_file():
    golden = json.loads((DATA / "golden" / "session.json").read_text("utf-8"))

    assert build_session(RECORDS["full_session"]()).content == golden


def test_the_fields_are_those_of_the_seed_in_its_order():
    built = build_session(RECORDS["session_of_epochs"]())

    assert list(built.content) == SEED
    assert [list(epoch) for epoch in built.content["stimulus_epochs"]] == [
        SEED_EPOCH,
        SEED_EPOCH,
        SEED_EPOCH,
    ]


def test_the_form_is_that_of_a_session_of_aind():
    theirs = json.loads((DATA / "session_of_aind.json").read_text("utf-8"))["session"]
    ours = build_session(RECORDS["full_session"]()).content

    assert list(theirs) == list(ours)
    assert list(theirs["data_streams"][0]) == list(ours["data_streams"][0])
    assert theirs["describedBy"] == ours["describedBy"]
    assert theirs["schema_version"] == ours["schema_version"]
    for unit in ("weight_unit", "reward_consumed_unit"):
        assert theirs[unit] == ours[unit]


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("session_type", "session_type"),
        ("mouse_platform_name", "mouse_platform_name"),
        ("active_mouse_platform", "active_mouse_platform"),
    ],
)
def test_a_demanded_field_that_nobody_told_is_no_placeholder(key, field):
    built = build_session(without("minimal_session", key))

    assert built.content is None
    (error,) = built.report.errors
    assert (error.code, error.wanted) == ("RV-S70", f"`{field}`")
    assert f"`{key}`" in error.mend


@pytest.mark.parametrize("name", ["subject", "rig"])
def test_a_session_without_subject_or_rig_is_refused(name):
    built = build_session(record("minimal_session", **{name: None}))

    assert built.content is None
    assert [f"`{name}_id`"] == [error.wanted for error in built.report.errors]


def test_a_lost_session_has_no_end_and_says_so():
    built = build_session(RECORDS["lost_session"]())

    assert built.content["session_end_time"] is None
    assert built.content["stimulus_epochs"] == []
    assert {"RV-S71", "RV-S74"} == set(codes(built))


def test_a_finalised_session_ends_with_its_last_sign_of_life_and_says_so():
    content = build_session(RECORDS["finalised_session"]()).content

    assert content["session_end_time"] == "2026-11-20T10:31:00-07:00"
    assert "last sign of life" in content["notes"]


def test_an_epoch_never_ends_after_its_session():
    content = build_session(RECORDS["session_of_epochs"]()).content

    assert content["session_end_time"] == "2026-11-20T11:04:00-07:00"
    assert content["stimulus_epochs"][-1]["stimulus_end_time"] == (
        "2026-11-20T11:04:00-07:00"
    )


def test_what_an_epoch_knows_is_in_it():
    gratings, tones, pause = build_session(RECORDS["session_of_epochs"]()).content[
        "stimulus_epochs"
    ]

    assert gratings["trials_rewarded"] == 60
    assert gratings["reward_consumed_during_epoch"] == 600
    assert gratings["stimulus_parameters"][0]["stimulus_parameters"] == {
        "orientations": [0, 45],
        "contrast": 0.8,
    }
    assert gratings["script"]["version"] == RECORDS["COMMIT"]
    assert tones["script"] == {
        "name": "oddball.py",
        "version": "1.2",
        "url": None,
        "parameters": {"n_blocks": 4, "f_khz": 8},
    }
    assert pause["stimulus_modalities"] == ["None"]


def test_the_url_of_a_script_is_that_of_its_commit():
    (epoch,) = build_session(RECORDS["full_session"]()).content["stimulus_epochs"]

    assert epoch["script"]["url"] == (
        f"{RECORDS['REPOSITORY']}/tree/{RECORDS['COMMIT']}"
    )


def test_a_dirty_repository_is_told_of():
    (epoch,) = build_session(RECORDS["dirty_session"]()).content["stimulus_epochs"]

    assert "differed from its commit" in epoch["notes"]


def test_a_login_in_a_url_is_not_written():
    full = RECORDS["full_session"]()
    state = dataclasses.replace(full.repository, url="https://me:token@git.org/a.git")
    content = build_session(dataclasses.replace(full, repository=state)).content

    assert content["stimulus_epochs"][0]["script"]["url"] == "https://git.org/a.git"
    assert "token" not in json.dumps(content)


def test_a_graph_is_software_ranvier():
    (stream,) = build_session(RECORDS["minimal_session"]()).content["data_streams"]

    assert [(row["name"], row["version"]) for row in stream["software"]] == [
        ("ranvier", "0.1.0")
    ]


def test_a_program_of_unknown_version_is_left_out_and_told_of():
    attempts = (RECORDS["attempt"]("python"),)
    built = build_session(record("full_session", attempts=attempts))

    assert [row["name"] for row in built.content["data_streams"][0]["software"]] == [
        "ranvier"
    ]
    assert any("Python" in finding.problem for finding in built.report.warnings)


def test_the_version_of_a_program_can_be_set():
    session = with_parameters("full_session", program_version="3.12.1")
    attempts = (RECORDS["attempt"]("python"), RECORDS["attempt"]("graph"))
    content = build_session(dataclasses.replace(session, attempts=attempts)).content
    rows = content["data_streams"][0]["software"]

    assert [(row["name"], row["version"]) for row in rows] == [
        ("ranvier", "0.1.0"),
        ("Python", "3.12.1"),
    ]
    assert [row["name"] for row in content["stimulus_epochs"][0]["software"]] == [
        "Python"
    ]


@pytest.mark.parametrize(
    ("modality", "is_written"),
    [("behavior", True), ("EMG", True), ("pophys", False), ("STPT", False)],
)
def test_a_stream_has_only_modalities_that_it_can_describe(modality, is_written):
    built = build_session(
        with_parameters("minimal_session", data_modalities=[modality])
    )
    (stream,) = built.content["data_streams"]
    written = [row["abbreviation"] for row in stream["stream_modalities"]]

    assert written == ([modality] if is_written else [])
    assert ("RV-S71" in codes(built)[1:]) is not is_written


def test_behaviour_videos_need_a_camera():
    full = RECORDS["full_session"]()
    without_camera = build_session(without("full_session", "camera_names"))

    assert len(build_session(full).content["data_streams"][0]["stream_modalities"]) == 2
    (stream,) = without_camera.content["data_streams"]
    assert [row["abbreviation"] for row in stream["stream_modalities"]] == ["behavior"]
    assert any("camera_names" in f.mend for f in without_camera.report.warnings)


def test_streams_that_a_step_told_are_taken_as_they_are():
    told = [{"stream_start_time": "2026-11-20T10:00:00Z", "stream_modalities": []}]
    steps = (RECORDS["step"](session_streams=told),)

    assert (
        build_session(record("full_session", steps=steps)).content["data_streams"]
        == told
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("active_mouse_platform", "yes"),
        ("data_modalities", [3.5]),
        ("script_parameters", "none"),
        ("data_modalities", "telepathy"),
    ],
)
def test_what_has_not_its_form_is_left_out_and_told_of(key, value):
    built = build_session(with_parameters("full_session", **{key: value}))
    (finding,) = [f for f in built.report.findings if f.code == "RV-S72"]

    assert finding.severity is Severity.WARNING
    assert key in finding.where


@pytest.mark.parametrize("weight", [-1.0, float("nan"), "25 g", True])
def test_a_weight_that_is_none_is_not_written(weight):
    steps = (RECORDS["step"](animal_weight_prior_g=weight),)
    built = build_session(record("full_session", steps=steps))

    assert built.content["animal_weight_prior"] is None
    assert "RV-S72" in codes(built)


def test_the_last_weight_that_was_told_counts():
    step = RECORDS["step"]
    steps = (step(animal_weight_prior_g=25.3), step(animal_weight_prior_g=24.1))
    content = build_session(record("full_session", steps=steps)).content

    assert content["animal_weight_prior"] == 24.1


def test_reward_is_in_millilitres_and_zero_is_a_reward():
    of = [
        build_session(
            record("full_session", steps=(RECORDS["step"](reward_consumed_ul=amount),))
        ).content["reward_consumed_total"]
        for amount in (1250, 0)
    ]

    assert of == [1.25, 0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"end": None}, "not seen to end"),
        ({"start": RECORDS["at"](-5)}, "before the session"),
        ({"end": RECORDS["at"](2)}, "before it starts"),
        ({"end": RECORDS["at"](20).replace(tzinfo=None)}, "no offset"),
    ],
)
def test_an_epoch_with_times_that_can_not_be_is_left_out(changes, reason):
    session = RECORDS["session_of_epochs"]()
    first, *rest = session.epochs
    epochs = (dataclasses.replace(first, **changes), *rest)
    built = build_session(dataclasses.replace(session, epochs=epochs))
    (finding,) = [f for f in built.report.findings if f.code == "RV-S74"]

    assert len(built.content["stimulus_epochs"]) == 2
    assert reason in finding.found


def test_an_unknown_kind_of_stimulus_is_left_out():
    built = build_session(
        with_parameters("full_session", stimulus_modalities=["Visual", "Magnetic"])
    )
    (epoch,) = built.content["stimulus_epochs"]

    assert epoch["stimulus_modalities"] == ["Visual"]
    assert "RV-S72" in codes(built)


def test_without_acquisition_there_is_no_epoch():
    nothing = {"acquisition_start": None, "acquisition_end": None, "attempts": ()}
    content = build_session(record("full_session", **nothing)).content

    assert content["stimulus_epochs"] == []
    assert content["data_streams"] == []


def test_the_user_stands_in_for_unknown_names_with_a_warning():
    built = build_session(RECORDS["minimal_session"]())

    assert built.content["experimenter_full_name"] == ["jdoe"]
    assert "experimenters" in built.report.warnings[0].where


def test_a_protocol_told_by_a_step_joins_those_that_are_set():
    steps = (RECORDS["step"](protocol="10.1/x"),)
    content = build_session(record("full_session", steps=steps)).content

    assert content["protocol_id"][1:] == ["10.1/x"]


def test_building_does_not_change_the_record():
    first = RECORDS["session_of_epochs"]()
    build_session(first).content["stimulus_epochs"].clear()

    assert first == RECORDS["session_of_epochs"]()


def test_a_complete_session_has_nothing_to_complain_of():
    assert build_session(RECORDS["full_session"]()).report.verdict is Verdict.OK
