import dataclasses
import json
import runpy
from pathlib import Path

import pytest

from ranvier.session.metadata import build_acquisition, build_instrument

DATA = Path(__file__).parents[3] / "data" / "aind"
RECORDS = runpy.run_path(str(DATA / "records.py"))


def golden(name):
    return json.loads((DATA / "golden" / name).read_text("utf-8"))


def change(name, parameters=None, steps=None, **changes):
    old = RECORDS[name]()
    changes["parameters"] = {**old.parameters, **(parameters or {})}
    if steps is not None:
        changes["steps"] = (*old.steps, RECORDS["step"](**steps))
    return dataclasses.replace(old, **changes)


def fetched(**changes):
    return {
        **golden("instrument.json"),
        "instrument_id": "EPHYS-9",
        "components": [
            {
                "object_type": "Camera assembly",
                "name": "Face assembly",
                "camera": {"object_type": "Camera", "name": "Face camera"},
            }
        ],
        **changes,
    }


def codes(built):
    return [finding.code for finding in built.report.findings]


@pytest.mark.parametrize(
    ("build", "name"),
    [(build_acquisition, "acquisition.json"), (build_instrument, "instrument.json")],
)
def test_a_full_session_is_as_its_golden_files(build, name):
    assert build(RECORDS["full_session"]()).content == golden(name)


def test_without_an_end_there_is_no_acquisition():
    built = build_acquisition(RECORDS["lost_session"]())

    assert built.content is None
    (error,) = built.report.errors
    assert error.wanted == "`acquisition_end_time`"
    assert "ranvier session finalise" in error.mend


@pytest.mark.parametrize("name", ["subject", "rig"])
def test_an_acquisition_without_subject_or_rig_is_refused(name):
    built = build_acquisition(change("minimal_session", **{name: None}))

    assert built.content is None
    assert len(built.report.errors) == 1


def test_without_a_platform_there_are_no_details_of_the_subject():
    built = build_acquisition(
        change("full_session", parameters={"mouse_platform_name": None})
    )

    assert built.content["subject_details"] is None
    assert any("mouse_platform_name" in f.mend for f in built.report.warnings)


def test_a_unit_stands_only_beside_an_amount():
    details = build_acquisition(RECORDS["minimal_session"]()).content["subject_details"]

    assert details["reward_consumed_total"] is None
    assert details["reward_consumed_unit"] is None


def test_an_epoch_says_its_code_and_its_performance():
    gratings, tones, pause = build_acquisition(RECORDS["session_of_epochs"]()).content[
        "stimulus_epochs"
    ]

    assert gratings["code"]["commit_hash"] == RECORDS["COMMIT"]
    assert gratings["code"]["parameters"]["contrast"] == 0.8
    assert gratings["code"]["core_dependency"]["version"] == "2.8.5"
    assert gratings["performance_metrics"]["trials_total"] == 120
    assert gratings["performance_metrics"]["reward_consumed_unit"] == "microliter"
    assert tones["code"] is None  # its url is not known, and the schema demands it
    assert pause["performance_metrics"] is None
    assert pause["stimulus_modalities"] == ["No stimulus"]


def test_a_tag_is_a_version_and_no_hash():
    full = RECORDS["full_session"]()
    state = dataclasses.replace(full.repository, commit="v1.0")
    content = build_acquisition(dataclasses.replace(full, repository=state)).content
    (code,) = content["data_streams"][0]["code"]

    assert (code["version"], code["commit_hash"]) == ("v1.0", None)


def test_a_graph_without_repository_names_ranvier_in_the_notes():
    (stream,) = build_acquisition(RECORDS["minimal_session"]()).content["data_streams"]

    assert stream["code"] is None
    assert stream["notes"] == "Software: ranvier 0.1.0."


def test_a_fetched_instrument_is_not_changed_and_gives_its_name_to_the_acquisition():
    session = change("full_session", steps={"instrument": fetched()}, rig="EPHYS-9")

    assert build_instrument(session).content == fetched()
    assert build_acquisition(session).content["instrument_id"] == "EPHYS-9"


def test_devices_are_those_that_the_fetched_instrument_has():
    session = change("full_session", steps={"instrument": fetched()}, rig="EPHYS-9")
    (stream,) = build_acquisition(session).content["data_streams"]

    assert stream["active_devices"] == ["Face camera"]


def test_a_camera_that_the_instrument_lacks_is_told_of():
    built = build_acquisition(
        change("full_session", parameters={"camera_names": ["Eye camera"]})
    )

    assert built.content["data_streams"][0]["active_devices"] == ["rig-pc"]
    assert any("Eye camera" in f.problem for f in built.report.warnings)


def test_without_instrument_no_device_is_named_for_aind_would_not_find_it():
    built = build_acquisition(
        change("full_session", parameters={"rig_modification_date": None})
    )

    assert built.content["data_streams"][0]["active_devices"] == []
    assert any("Face camera" in f.problem for f in built.report.warnings)


def test_an_instrument_of_another_rig_is_warned_of():
    session = change("full_session", steps={"instrument": fetched()})

    assert "RV-S73" in codes(build_acquisition(session))
    assert "RV-S73" in codes(build_instrument(session))


def test_an_instrument_of_1x_is_refused():
    built = build_instrument(
        change("full_session", steps={"instrument": fetched(schema_version="1.0.4")})
    )

    assert built.content is None
    assert "aind-metadata-upgrader" in built.report.errors[0].mend


@pytest.mark.parametrize("key", ["rig_modification_date", "rig_coordinate_system"])
def test_a_rig_that_is_not_described_gives_no_instrument(key):
    built = build_instrument(change("full_session", parameters={key: None}))

    assert built.content is None
    assert [f"`{key}`" in error.mend for error in built.report.errors] == [True]


def test_an_unknown_coordinate_system_is_told_of():
    built = build_instrument(
        change("full_session", parameters={"rig_coordinate_system": "NOWHERE"})
    )

    assert [c for c in codes(built) if c != "RV-S71"] == ["RV-S72", "RV-S70"]


def test_devices_without_name_or_with_a_strange_maker_are_told_of():
    devices = [{"model": "X"}, {"name": "Lamp", "manufacturer": "Nobody Ltd"}]
    built = build_instrument(
        change("full_session", parameters={"rig_devices": devices})
    )
    names = [row["name"] for row in built.content["components"]]

    assert names == ["rig-pc", "Lamp"]
    assert built.content["components"][1]["manufacturer"] is None
    assert {"RV-S71", "RV-S72"} == set(codes(built))
