"""What is wrong before a session begins: thing, place and mend, and nothing is made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(60),
    pytest.mark.skipif(
        sys.platform == "win32", reason="the example's stand-in is started as on POSIX"
    ),
]

SHIPPED = Path(__file__).parents[2] / "data" / "launcher"


def list_all(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refuse(desk, parameters, *words):
    """Start what can't be started; give what was said. Nothing may have been made."""
    file = desk.write(parameters) if isinstance(parameters, dict) else parameters
    before = list_all(desk.folder)
    words = words if "--rig" in words else (*words, "--rig", "rig.toml")
    told = desk.call("start", file, *words, status=1)

    assert list_all(desk.folder) == before
    assert "mend" in told
    return told


def test_a_key_that_nobody_knows_is_named_with_the_one_that_was_meant(desk):
    told = refuse(desk, {**desk.plain, "subject_idd": "M1"})

    assert 'nobody knows the key "subject_idd"' in told
    assert "session.json, line" in told
    assert 'did you mean "subject_id"' in told


def test_all_wrong_values_are_told_at_once(desk):
    wrong = {
        "subject_id": ["M1"],
        "script_parameters": "Trials=3",
        "memory_limit_mb": -1,
        "resource_log_interval": "often",
        "bonsai_max_retries": 1.5,
        "stderr_policy": "loud",
        "pre_acquisition_pipeline": {"module_path": "disk_space_check"},
    }
    told = refuse(desk, {**desk.plain, **wrong})

    for key in wrong:
        assert key in told
    for value in ("-1", "often", "1.5", "loud"):
        assert value in told


@pytest.mark.parametrize("name", ["nowhere.json", "nowhere.yaml"])
def test_a_parameter_file_that_is_not_there_is_named(desk, name):
    told = refuse(desk, desk.folder / name)

    assert str(desk.folder / name) in told


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("cut.json", '{\n "launcher": "bonsai",\n "subject_id":\n', "line 4"),
        ("twice.json", '{"launcher": "base",\n "launcher": "bonsai"}', "launcher"),
        ("list.json", '["launcher"]', "list"),
        ("tab.yaml", "launcher: base\n\tsubject_id: M1\n", "line 2"),
    ],
)
def test_a_parameter_file_that_is_broken_is_named_with_its_line(
    desk, name, text, place
):
    file = desk.folder / name
    file.write_text(text)
    told = refuse(desk, file)

    assert name in told
    assert place in told


def test_a_folder_in_the_place_of_the_parameter_file_is_refused(desk):
    told = refuse(desk, desk.task)

    assert str(desk.task) in told


@pytest.mark.parametrize("how", ["missing", "corrupt", "wrong type"])
def test_a_bad_rig_file_is_never_passed_over(desk, how):
    rig = desk.folder / "bad.toml"
    texts = {"corrupt": 'rig_id = "a\nx = 1\n', "wrong type": "rig_id = [1]\n"}
    if how != "missing":
        rig.write_text(texts[how])
    parameters = {key: desk.plain[key] for key in desk.plain if key != "rig_id"}
    told = refuse(desk, parameters, "--rig", str(rig))

    assert "bad.toml" in told
    if how == "corrupt":
        assert "line 1" in told
    if how == "wrong type":
        assert "rig_id" in told


def test_properties_that_the_workflow_does_not_have_are_all_named(desk):
    wrong = [f"Wrong{number}" for number in range(15)]
    given = {"Trials": 3, "Trail.RewardVolume": 5, **dict.fromkeys(wrong, 1)}
    told = refuse(desk, {**desk.plain, "script_parameters": given})

    assert "Trial.RewardVolume" in told
    for name in (*wrong, "Trail.RewardVolume"):
        assert f'"{name}"' in told
    assert '"Trials"' not in told.replace("Trials, ", "")


def test_unknown_properties_of_code_in_a_repository_make_no_session(desk):
    given = {**desk.whole["script_parameters"], "Wrong": 1}
    words = ("--rig", "rig.toml", "--answers", "answers.yaml")
    file = desk.write({**desk.whole, "script_parameters": given})
    told = desk.call("start", file, *words, status=1)

    assert '"Wrong"' in told
    assert not desk.sessions.exists()


def test_a_workflow_that_is_not_there_is_named(desk):
    told = refuse(desk, {**desk.plain, "script_path": str(desk.task / "taks.bonsai")})

    assert '"script_path"' in told
    assert str(desk.task / "taks.bonsai") in told


def test_a_program_that_is_missing_or_may_not_be_run_is_named(desk):
    program = Path(desk.plain["bonsai_exe_path"])
    program.chmod(0o644)
    told = refuse(desk, desk.plain)
    program.rename(program.with_name("Bonsay"))
    missing = refuse(desk, desk.plain)

    assert str(program) in told
    assert "execut" in told
    assert str(program) in missing


def test_a_key_that_the_launcher_needs_is_named(desk):
    parameters = {key: desk.plain[key] for key in desk.plain if key != "script_path"}
    told = refuse(desk, parameters)

    assert '"bonsai" needs "script_path"' in told


def test_a_file_in_the_place_of_the_output_folder_is_refused_and_kept(desk):
    place = desk.folder / "taken"
    place.write_text("data")
    told = refuse(desk, {**desk.plain, "output_root_folder": str(place / "sessions")})

    assert str(place) in told
    assert place.read_text() == "data"


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="only root on Linux can mount a folder that even root may not write to",
)
def test_an_output_folder_that_may_not_be_written_is_refused(desk):
    place = desk.folder / "read only"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(place)]
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no mount here: {done.stderr.decode().strip()}")
    try:
        told = refuse(desk, {**desk.plain, "output_root_folder": str(place)})
    finally:
        subprocess.run(["umount", str(place)], check=True)

    assert str(place) in told


@pytest.mark.parametrize(
    ("value", "why", "place"),
    [
        ("{subjct_id}", "names nothing", "script_parameters.Subject"),
        ("{rig_param:COM_port}", "names nothing", "script_parameters.Subject"),
        ("{env:RANVIER_NOT_SET}", "a variable that is not set", "Subject={env:"),
    ],
)
def test_a_placeholder_without_a_value_is_named_with_its_place(desk, value, why, place):
    told = refuse(desk, {**desk.plain, "script_parameters": {"Subject": value}})

    assert f'the placeholder "{value}"' in told
    assert why in told.replace("an environment variable", "a variable")
    assert place in told


def test_a_secret_on_a_command_line_is_refused_and_shown_nowhere(desk):
    desk.environment["SERVER_TOKEN"] = "hush-hush"
    given = {"script_parameters": {"Subject": "{env:SERVER_TOKEN}"}}
    told = refuse(desk, {**desk.plain, **given})

    assert "a secret would stand on a command line" in told
    assert '"program_environment"' in told
    assert "hush-hush" not in told


def test_placeholders_that_go_round_in_a_circle_are_named(desk):
    circle = {"session_type": "{stimulus_name}", "stimulus_name": "{project_name}"}
    told = refuse(desk, {**desk.plain, **circle, "project_name": "{session_type}"})

    for key in ("session_type", "stimulus_name", "project_name"):
        assert key in told


@pytest.mark.parametrize(
    "key", ["output_root_folder", "script_path", "bonsai_exe_path"]
)
def test_a_path_of_windows_is_told_apart_here(desk, key):
    told = refuse(desk, {**desk.plain, key: "C:\\Rig\\thing"})

    assert "C:" in told
    assert "Windows" in told
    assert f'"{key}"' in told


def test_a_subject_that_can_be_no_file_name_is_refused(desk):
    told = refuse(desk, {**desk.plain, "subject_id": "../M001"})

    assert "../M001" in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- 24.5\n- 24.3\n", "a list"),
        ("a: 1\na: 2\n", "a"),
        ("a: [1\n", "line"),
        (None, "answers.yaml"),
    ],
)
def test_answers_that_can_not_be_read_are_refused(desk, text, words):
    answers = desk.folder / "answers.yaml"
    answers.unlink()
    if text is not None:
        answers.write_text(text)
    told = refuse(desk, desk.plain, "--answers", str(answers))

    assert str(answers) in told
    assert words in told


def test_an_answer_that_is_missing_or_none_is_refused_before_anything_is_made(desk):
    steps = {"pre_acquisition_pipeline": ["mouse_weight_pre_prompt"]}
    answers = desk.folder / "on.json"
    answers.write_text('{"animal_weigth_prior_g": 24.5}')
    told = refuse(desk, {**desk.plain, **steps}, "--answers", str(answers))

    assert '"animal_weight_prior_g"' in told


def test_a_value_of_the_command_line_that_is_none_is_refused(desk):
    assert "no equals sign" in refuse(desk, desk.plain, "--set", "no equals sign")
    assert "nonsense" in refuse(desk, desk.plain, "--set", "nonsense=1")


def test_a_remote_that_is_no_repository_is_refused(desk):
    place = desk.folder / "plain"
    place.mkdir()
    named = {"repository_url": str(place), "script_path": "task.bonsai"}
    told = refuse(desk, {**desk.plain, **named, "repository_cache": "cache"})

    assert str(place) in told


def test_a_commit_that_the_repository_does_not_have_is_refused(desk):
    named = {"repository_url": str(desk.task), "script_path": "task.bonsai"}
    named["repository_commit_hash"] = "mian"
    told = refuse(desk, {**desk.plain, **named})

    assert "mian" in told


def test_a_file_for_another_launcher_version_is_refused(desk):
    told = refuse(desk, {**desk.plain, "launcher_version": ">=7"})

    assert ">=7" in told


# ------------------------------------------------------------------ shipped files

# What the rigs of these files would say, as far as it can be said here.
RIG = """
rig_id = "rig"
user_id = "someone"
COM_port = "COM3"
RecordCameras = false
DisplayDeviceIndex = 0
WindowStateIndex = 1
"""
WINDOWS = ("of another system, Windows", 'key "output_root_folder"')
UNREACHABLE = ("RV-S22: the repository is not reachable", "openscope-community")
NO_MATLAB = ("RV-S37: MATLAB can't be reached", "pip install matlabengine")
ALONE = ("there is nobody to answer", "pre_acquisition_pipeline[0]")
# Name of the file: why it can't run as it is; why not with folders of this system.
FILES = {
    "example_metadata_pipeline": ((), ()),
    "example_minimalist_params": (WINDOWS, ()),
    "example_mouse_notes_pipeline": (ALONE, ALONE),
    "experiment_notes_pipeline": (('"notes_confirmed"',), ('"notes_confirmed"',)),
    "matlab_local_test_params": (WINDOWS, NO_MATLAB),
    "matlab_slap2": (WINDOWS, ('"notes_confirmed"',)),
    "predictive_processing_params_example": (WINDOWS, UNREACHABLE),
    "predictive_processing_with_archive": (WINDOWS, UNREACHABLE),
    "session_sync_master_example": (WINDOWS, ("machine", "127.0.0.1")),
    "session_sync_slave_example": (WINDOWS, ("no connection", "127.0.0.1")),
    "day1": (WINDOWS, UNREACHABLE),
    "day2": (WINDOWS, UNREACHABLE),
}
HERE = ("output_root_folder={out}", "local_repository_path={code}")
SOON = ("session_sync_timeout_sec=0.3", "session_sync_port={port}")


def test_every_shipped_file_is_in_the_table():
    names = {path.stem for path in SHIPPED.glob("*.json")}

    assert names - {"sample_params"} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_older_launcher_runs_or_says_exactly_why_not(desk, name):
    as_it_is, with_folders = FILES[name]
    (desk.folder / "rig.toml").write_text(RIG)
    # No test asks a server of others; that no proxy is there is as good as no network.
    for key in ("https_proxy", "HTTPS_PROXY"):
        desk.environment[key] = "http://127.0.0.1:9"
    changes = [*HERE, *(SOON if "sync" in name else ())]
    known = {"out": desk.sessions, "code": desk.folder / "code", "port": find_port()}
    words = [w for each in changes for w in ("--set", each.format(**known))]
    words += ["--set", "subject_id=M001"] if "subject_id" not in read(name) else []
    rig = ("--rig", desk.folder / "rig.toml", "--non-interactive")

    start_and_find(desk, name, as_it_is, *rig, "--set", "subject_id=M001")
    start_and_find(desk, name, with_folders, *rig, *words)


def start_and_find(desk, name, reasons, *words):
    told = desk.call(
        "start", SHIPPED / f"{name}.json", *words, status=1 if reasons else 0
    )

    for reason in reasons:
        assert reason in told


def read(name):
    return json.loads((SHIPPED / f"{name}.json").read_text())


def find_port():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_file_of_the_oldest_launcher_names_what_is_not_known_of_it(desk):
    told = refuse(desk, SHIPPED / "sample_params.json")

    own = ("WheelRadiusOverScreenRatio", "MotorCouplingCPD", "run_opto_tagging")
    for key in (*own, "opto_mode", "opto_levels", "opto_output_dir"):
        assert f'nobody knows the key "{key}"' in told
    assert "mouse_id" not in told
    assert "bonsai_path" not in told


def test_what_a_rig_must_have_and_has_not_is_named_before(desk):
    wanted = {
        "required_devices": {"board": "/dev/no-such-port"},
        "required_hosts": ["127.0.0.1:9"],
        "required_packages": ["no-such-package"],
    }
    told = refuse(desk, {**desk.plain, **wanted})

    for thing in ("/dev/no-such-port", "127.0.0.1:9", "no-such-package"):
        assert thing in told
