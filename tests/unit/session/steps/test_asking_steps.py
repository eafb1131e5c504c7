"""Steps that ask a person: weights, notes, waiting, free space."""

import pytest

from ranvier.session.faults import Verdict
from ranvier.session.parameters import StepPhase
from ranvier.session.record import StepRecord
from ranvier.session.steps._editor import choose_editor
from ranvier.session.steps._weights import judge_change

NOTES = {"experiment_notes_launch_editor": False}


def told_before(sitting, **data):
    start = sitting.context().record.start
    step = StepRecord("earlier", "before", 0, start, data=data)
    sitting.record["steps"] = (step,)


def test_a_weight_is_asked_and_kept_with_the_session(sitting):
    sitting.answers = {"animal_weight_prior_g": "23.4 g"}

    result = sitting.run("mouse_weight_pre_prompt")

    assert result.verdict is Verdict.OK
    assert result.data == {"animal_weight_prior_g": 23.4}
    assert result.files == ("mouse_weight.csv",)
    lines = (sitting.folder / "mouse_weight.csv").read_text().splitlines()
    assert lines[0] == "time,when,weight_g"
    assert lines[1].endswith("+01:00,before,23.4")


def test_a_later_weight_is_added_to_the_file(sitting):
    sitting.answers = {"animal_weight_prior_g": 20, "animal_weight_post_g": 21}

    sitting.run("mouse_weight_pre_prompt")
    sitting.run_after("mouse_weight_post_prompt")

    lines = (sitting.folder / "mouse_weight.csv").read_text().splitlines()
    assert [line.split(",")[1:] for line in lines[1:]] == [
        ["before", "20"],
        ["after", "21"],
    ]


@pytest.mark.parametrize(
    ("post", "verdict"), [(16.0, "ok"), (15.9, "warning"), (24.1, "warning")]
)
def test_a_weight_that_changed_much_is_warned_of(sitting, post, verdict):
    told_before(sitting, animal_weight_prior_g=20.0)
    sitting.answers = {"animal_weight_post_g": post}

    result = sitting.run_after("mouse_weight_post_prompt")

    assert result.verdict == verdict
    assert result.data == {"animal_weight_post_g": post}


@pytest.mark.parametrize("before", [None, 0, "20", True])
def test_without_a_weight_before_no_change_is_judged(before):
    assert judge_change("weight", before, 20.0, 20.0) == ()


@pytest.mark.parametrize("answers", [{}, {"animal_weight_prior_g": 234}])
def test_no_plausible_weight_is_a_failure_and_nothing_is_written(sitting, answers):
    sitting.answers = answers

    result = sitting.run("mouse_weight_pre_prompt")

    assert result.verdict is Verdict.FAILED
    assert result.findings[0].code in ("RV-S80", "RV-S81")
    assert list(sitting.folder.iterdir()) == []


def test_a_file_of_notes_is_made_and_never_emptied(sitting):
    path = sitting.folder / "notes" / "n.txt"
    path.parent.mkdir()
    path.write_text("calm")

    result = sitting.run(
        "experiment_notes_editor", experiment_notes_filename=r"notes\n.txt", **NOTES
    )

    assert result.files == ("notes/n.txt",)
    assert path.read_text() == "calm"


@pytest.mark.parametrize("name", ["../n.txt", "/tmp/n.txt", r"..\n.txt", "C:/n.txt"])
def test_notes_stay_in_the_session_folder(sitting, name):
    result = sitting.run(
        "experiment_notes_editor", experiment_notes_filename=name, **NOTES
    )

    assert result.verdict is Verdict.FAILED
    assert list(sitting.folder.parent.iterdir()) == [sitting.folder]


def test_no_editor_is_opened_where_nobody_sits(sitting):
    result = sitting.run(
        "experiment_notes_editor", experiment_notes_editor_command="not-an-editor"
    )

    assert result.verdict is Verdict.WARNING
    assert "nobody sits at a terminal" in result.findings[0].problem
    assert (sitting.folder / "experiment_notes.txt").exists()


def test_an_editor_that_is_not_there_is_told(sitting):
    result = sitting.run(
        "experiment_notes_editor",
        StepPhase.BEFORE,
        {"has_terminal": True},
        experiment_notes_editor_command=["not-an-editor-at-all"],
    )

    assert result.verdict is Verdict.FAILED
    assert "not-an-editor-at-all" in result.findings[0].found


@pytest.mark.parametrize(
    ("parameters", "environment", "command"),
    [
        ({}, {"VISUAL": "code --wait", "EDITOR": "vi"}, ["code", "--wait"]),
        ({}, {"EDITOR": "vi"}, ["vi"]),
        (
            {"experiment_notes_editor_command": "gedit"},
            {"EDITOR": "vi"},
            ["gedit"],
        ),
        (
            {
                "experiment_notes_editor_command": ["my editor"],
                "experiment_notes_editor_args": "-n 1",
            },
            {},
            ["my editor", "-n", "1"],
        ),
    ],
)
def test_the_editor_of_the_parameters_comes_before_that_of_the_person(
    parameters, environment, command
):
    assert choose_editor(parameters, environment) == command


def test_an_editor_whose_path_has_blanks_is_one_word(tmp_path):
    editor = tmp_path / "my editor"
    editor.touch()

    assert choose_editor({}, {"EDITOR": str(editor)}) == [str(editor)]


def test_confirmed_notes_become_metadata(sitting):
    (sitting.folder / "experiment_notes.txt").write_text("calm\n")
    sitting.answers = {"notes_confirmed": "y"}

    result = sitting.run_after("experiment_notes_finalize")

    assert result.data == {"notes": "calm"}
    assert sitting.said == ["Notes so far", "  calm"]


@pytest.mark.parametrize(
    ("answers", "told"),
    [({"notes_confirmed": False}, "not confirmed"), ({}, "no answer")],
)
def test_notes_that_nobody_confirms_are_a_failure_and_not_lost(sitting, answers, told):
    (sitting.folder / "experiment_notes.txt").write_text("calm\n")
    sitting.answers = answers

    result = sitting.run_after("experiment_notes_finalize")

    assert result.verdict is Verdict.FAILED
    assert told in result.findings[0].problem
    assert result.data == {"notes": "calm"}


def test_an_empty_answer_confirms_nothing(sitting):
    sitting.answers = {"notes_confirmed": ""}

    result = sitting.run_after("experiment_notes_finalize")

    assert result.findings[0].code == "RV-S81"


def test_no_notes_are_no_metadata(sitting):
    sitting.answers = {"notes_confirmed": "y"}

    assert sitting.run_after("experiment_notes_finalize").data == {}


def test_notes_of_another_encoding_are_not_garbled(sitting):
    (sitting.folder / "experiment_notes.txt").write_bytes(b"\xe9")
    sitting.answers = {"notes_confirmed": "y"}

    result = sitting.run_after("experiment_notes_finalize")

    assert result.findings[0].code == "RV-S47"
    assert "experiment_notes_encoding" in result.findings[0].mend


def test_a_note_is_added_to_those_there(sitting):
    (sitting.folder / "experiment_notes.txt").write_text("calm\n")
    sitting.answers = {"experiment_notes": "licks well"}

    result = sitting.run_after("experiment_notes_post_prompt")

    assert result.data == {"notes": "calm\nlicks well"}


def test_a_note_need_not_be_given(sitting):
    sitting.answers = {"experiment_notes": ""}

    result = sitting.run_after("experiment_notes_post_prompt")

    assert (result.verdict, result.data) == (Verdict.OK, {})


def test_waiting_ends_when_someone_confirms(sitting):
    sitting.answers = {"ready": True}

    assert sitting.run("wait_for_user_input", prompt="Laser on?").verdict is Verdict.OK


@pytest.mark.parametrize(("must", "verdict"), [(False, "skipped"), (True, "failed")])
def test_waiting_for_nobody(sitting, must, verdict):
    result = sitting.run("wait_for_user_input", fail_if_no_input=must)

    assert result.verdict == verdict
    assert result.findings


def test_enough_space_is_told(sitting):
    result = sitting.run("disk_space_check", required_free_gb=1e-6)

    assert result.verdict is Verdict.OK
    assert result.data["disk_free_gib"] > 0


def test_too_little_space_is_a_failure_where_nobody_makes_room(sitting):
    result = sitting.run("disk_space_check", required_free_gb=1e9)

    assert result.verdict is Verdict.FAILED
    assert result.findings[0].wanted == "1e+09 GiB"


def test_a_person_may_go_on_with_less_only_if_allowed(sitting):
    sitting.answers = {"disk_space": ["look again", "go on with less"]}
    result = sitting.run("disk_space_check", required_free_gb=1e9, allow_override=True)
    sitting.answers = {"disk_space": "go on with less"}
    refused = sitting.run("disk_space_check", required_free_gb=1e9)

    assert result.verdict is Verdict.WARNING
    assert refused.verdict is Verdict.FAILED


def test_a_required_parameter_that_is_missing_is_named(sitting):
    result = sitting.run("disk_space_check")

    assert result.findings[0].code == "RV-S41"
    assert "required_free_gb" in result.findings[0].found


def test_parameters_of_the_session_count_where_the_entry_is_silent(sitting):
    fields = {"session_parameters": {"required_free_gb": 1e-6}}

    result = sitting.run("disk_space_check", StepPhase.BEFORE, fields)

    assert result.verdict is Verdict.OK
