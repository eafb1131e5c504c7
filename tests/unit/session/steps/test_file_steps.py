"""Steps that move, copy or write files: videos, instrument, metadata, archive."""

import datetime as dt
import os
from pathlib import PurePosixPath

import pytest

from ranvier.session.faults import Finding, Report, Severity, Verdict
from ranvier.session.parameters import StepPhase
from ranvier.session.record import ProgramAttempt, RepositoryState, StepRecord
from ranvier.session.steps._archiving import build_request
from ranvier.session.steps._registry import SHIPPED
from ranvier.session.steps._videos import find_collision, plan_moves

VIDEOS = PurePosixPath("behavior-videos")
END = dt.datetime(2026, 11, 20, 11, 0, tzinfo=dt.UTC)


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def plan(*names):
    files = [PurePosixPath(name) for name in names]
    moves = plan_moves(files, "behavior-videos", VIDEOS, [".avi"])
    return files, moves


def test_only_videos_of_nested_folders_move():
    _, moves = plan(
        "behavior-videos/a.avi",
        "bonsai/behavior-videos/Eye/b.AVI",
        "bonsai/behavior-videos/notes.txt",
        "bonsai/c.avi",
    )

    assert [str(move.target) for move in moves] == ["behavior-videos/Eye/b.AVI"]


@pytest.mark.parametrize(
    "names",
    [
        ("behavior-videos/a.avi", "x/behavior-videos/a.avi"),
        ("x/behavior-videos/a.avi", "y/behavior-videos/a.avi"),
    ],
)
def test_a_move_over_something_is_found(names):
    files, moves = plan(*names)

    assert find_collision(moves, files) == moves[-1]


def test_videos_are_brought_together_and_empty_folders_go(sitting):
    make(sitting.folder, "x/behavior-videos/Eye/a.avi", "x/keep.txt")

    result = sitting.run_after("behavior_videos_flatten")

    assert result.files == ("behavior-videos/Eye/a.avi",)
    assert (sitting.folder / result.files[0]).read_text().endswith("Eye/a.avi")
    assert not (sitting.folder / "x" / "behavior-videos").exists()
    assert (sitting.folder / "x" / "keep.txt").exists()


def test_nothing_moves_if_one_would_be_written_over(sitting):
    make(sitting.folder, "x/behavior-videos/a.avi", "x/behavior-videos/b.avi")
    make(sitting.folder, "behavior-videos/b.avi")

    result = sitting.run_after("behavior_videos_flatten")

    assert result.findings[0].code == "RV-S47"
    assert (sitting.folder / "x/behavior-videos/a.avi").exists()


def test_copied_videos_stay(sitting):
    make(sitting.folder, "x/behavior-videos/a.avi")

    sitting.run_after("behavior_videos_flatten", behavior_videos_copy_only=True)

    assert (sitting.folder / "x/behavior-videos/a.avi").exists()
    assert (sitting.folder / "behavior-videos/a.avi").exists()


def test_the_instrument_that_is_named_is_copied_byte_by_byte(sitting, tmp_path):
    source = tmp_path / "rig.json"
    source.write_bytes(b'{"instrument_id":  "rig-1"}')

    result = sitting.run(
        "instrument_json_fetch", instrument_json_source_path=str(source)
    )

    assert result.data == {"instrument": {"instrument_id": "rig-1"}}
    assert (sitting.folder / "instrument.json").read_bytes() == source.read_bytes()


def test_a_person_chooses_among_instruments_the_newest_first(sitting, tmp_path):
    for age, name in enumerate(("new", "old")):
        make(tmp_path, f"rigs/{name}/instrument.json")
        path = tmp_path / "rigs" / name / "instrument.json"
        path.write_text(f'{{"instrument_id": "{name}"}}')
        os.utime(path, (2e9 - age, 2e9 - age))
    sitting.answers = {"instrument_json": "2"}

    result = sitting.run(
        "instrument_json_fetch", instrument_json_source_root=str(tmp_path / "rigs")
    )

    assert result.data["instrument"]["instrument_id"] == "old"


@pytest.mark.parametrize("content", ["{", "[]"])
def test_what_is_no_instrument_is_refused(sitting, tmp_path, content):
    (tmp_path / "rig.json").write_text(content)

    result = sitting.run(
        "instrument_json_fetch", instrument_json_source_path=str(tmp_path / "rig.json")
    )

    assert result.findings[0].code == "RV-S47"
    assert list(sitting.folder.iterdir()) == []


@pytest.mark.parametrize(("must", "verdict"), [(True, "failed"), (False, "warning")])
def test_no_instrument_is_a_failure_if_one_is_required(sitting, must, verdict):
    result = sitting.run(
        "instrument_json_fetch",
        instrument_json_source_root=str(sitting.folder),
        instrument_json_required=must,
    )

    assert result.verdict == verdict


def test_metadata_are_written_by_the_session(sitting):
    finding = Finding(Severity.WARNING, "metadata", "no sex is known.", "RV-S70")
    fields = {"write_metadata": lambda: (("session.json",), Report((finding,)))}

    result = sitting.run("session_creator", StepPhase.AFTER, fields)

    assert (result.verdict, result.files) == (Verdict.WARNING, ("session.json",))


def test_without_a_session_no_metadata_are_written(sitting):
    assert sitting.run_after("session_creator").verdict is Verdict.FAILED


def bonsai(end=END):
    command = ("Bonsai.exe", r"src\gratings.bonsai", "--no-editor")
    start = END - dt.timedelta(minutes=30)
    return ProgramAttempt("bonsai", command, 1, start, end=end)


def test_bonsai_is_told_as_it_was(sitting):
    url, commit = "https://example.org/task.git", "0123456789abcdef"
    sitting.record["attempts"] = (bonsai(),)
    sitting.record["repository"] = RepositoryState(url, commit, "main", "task")

    epoch = sitting.run_after("session_enhancer_bonsai").data["epochs"][0]

    assert epoch == {
        "name": "gratings",
        "start": "2026-11-20T10:30:00+00:00",
        "end": "2026-11-20T11:00:00+00:00",
        "script": {"name": "gratings.bonsai", "url": url, "commit": commit},
    }


def test_epochs_that_are_known_get_their_code(sitting):
    known = {"name": "zebra", "start": "a", "end": "b"}
    start = sitting.context().record.start
    step = StepRecord("stimulus_table", "after", 0, start, data={"epochs": [known]})
    sitting.record |= {"attempts": (bonsai(),), "steps": (step,)}

    epochs = sitting.run_after("session_enhancer_bonsai").data["epochs"]

    assert epochs == [{**known, "script": {"name": "gratings.bonsai"}}]


@pytest.mark.parametrize("attempts", [(), (bonsai(end=None),)])
def test_no_epoch_is_made_up(sitting, attempts):
    sitting.record["attempts"] = attempts

    result = sitting.run_after("session_enhancer_bonsai")

    assert (result.verdict, result.data) == (Verdict.FAILED, {})


@pytest.fixture
def held(sitting):
    make(sitting.folder, "audit.jsonl")
    return sitting


def request(sitting, **parameters):
    defaults = {p.name: p.default for p in SHIPPED["session_archiver"].parameters}
    return build_request(sitting.context(parameters={**defaults, **parameters}))


def test_a_place_with_the_name_of_the_session_is_the_copy_itself(sitting, tmp_path):
    name = sitting.folder.name
    made = request(
        sitting, network_dir=f"{tmp_path}/net/{name}", backup_dir=f"{tmp_path}/back"
    )

    assert made.folders == (tmp_path / "net" / name, tmp_path / "back" / name)


@pytest.mark.parametrize("below", ["{}/slap2", "rig/{}/a/b", "{}_slap2"])
def test_a_place_below_one_of_the_session_is_the_copy_itself(held, tmp_path, below):
    make(held.folder, "data/a.bin")
    place = tmp_path / "net" / below.format(held.folder.name)

    result = held.run_after("session_archiver", network_dir=str(place))

    assert result.verdict is Verdict.OK, result.findings
    assert result.data["archive_folders"] == [str(place)]
    assert (place / "data" / "a.bin").exists()


def test_an_archive_that_fails_is_told_once(held, tmp_path):
    places = {"network_dir": tmp_path / "net", "backup_dir": tmp_path / "back"}
    for place in places.values():
        make(place / held.folder.name, "a.bin")
    (held.folder / "a.bin").write_text("another")

    result = held.run_after(
        "session_archiver", **{key: str(place) for key, place in places.items()}
    )

    assert result.verdict is Verdict.FAILED
    assert len(result.findings) == 1
    assert all(str(place) in str(result.findings[0]) for place in places.values())
    assert held.said == []


def test_an_archive_is_made_and_its_source_kept(held, tmp_path):
    make(held.folder, "data/a.bin")

    result = held.run_after("session_archiver", network_dir=str(tmp_path / "net"))

    copy = tmp_path / "net" / held.folder.name / "data" / "a.bin"
    assert result.verdict is Verdict.OK, result.findings
    assert copy.read_text() == "data/a.bin"
    assert (held.folder / "data" / "a.bin").exists()


def test_a_dry_run_archives_nothing(sitting, tmp_path):
    result = sitting.run_after(
        "session_archiver", network_dir=str(tmp_path / "net"), dry_run=True
    )

    assert result.verdict is Verdict.SKIPPED
    assert not (tmp_path / "net").exists()


@pytest.mark.parametrize(
    "parameters",
    [{}, {"network_dir": "net", "session_dir": ".."}, {"network_dir": "\\\\a\\b"}],
)
def test_what_can_not_be_archived_is_refused(sitting, parameters):
    result = sitting.run_after("session_archiver", **parameters)

    assert result.verdict is Verdict.FAILED
    assert result.findings[0].mend
