from __future__ import annotations

import pytest

from ranvier.analysis.studies import Made, StudyFault, digest_files, make_if_new
from ranvier.analysis.studies._keep import list_stamps, read_stamp


class Maker:
    """Writes files, and counts how often it was asked."""

    def __init__(self, folder):
        self.folder = folder
        self.n_calls = 0

    def make(self, *names, faults=()):
        def act():
            self.n_calls += 1
            files = [self.folder / name for name in names]
            for path in files:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(path.name, encoding="utf-8")
            return Made(files, faults, {name: {"n": 1} for name in names})

        return act


@pytest.fixture
def maker(tmp_path):
    return Maker(tmp_path)


def test_the_second_time_nothing_is_made(tmp_path, maker):
    first = make_if_new(tmp_path, "one", "key", maker.make("results/a.csv"))
    second = make_if_new(tmp_path, "one", "key", maker.make("results/a.csv"))

    assert maker.n_calls == 1
    assert first.written == second.kept == (tmp_path / "results/a.csv",)
    assert second.written == ()


def test_another_key_makes_it_anew(tmp_path, maker):
    make_if_new(tmp_path, "one", "key", maker.make("a.csv"))
    make_if_new(tmp_path, "one", "other", maker.make("a.csv"))

    assert maker.n_calls == 2


@pytest.mark.parametrize("content", [None, "changed by hand"])
def test_a_file_that_is_gone_or_changed_is_made_anew(tmp_path, maker, content):
    make_if_new(tmp_path, "one", "key", maker.make("a.csv"))
    path = tmp_path / "a.csv"
    path.unlink()
    if content:
        path.write_text(content, encoding="utf-8")
    make_if_new(tmp_path, "one", "key", maker.make("a.csv"))

    assert maker.n_calls == 2
    assert path.read_text(encoding="utf-8") == "a.csv"


def test_files_that_are_not_made_any_more_go_unless_they_were_changed(tmp_path, maker):
    make_if_new(tmp_path, "one", "key", maker.make("a.csv", "b.csv", "c.csv"))
    (tmp_path / "c.csv").write_text("notes of mine", encoding="utf-8")
    make_if_new(tmp_path, "one", "other", maker.make("a.csv"))

    assert {path.name for path in tmp_path.glob("*.csv")} == {"a.csv", "c.csv"}


def test_faults_and_provenance_are_remembered(tmp_path, maker):
    fault = StudyFault("lmm", "VTA-DA", "GroupFault", "one subject")
    make_if_new(tmp_path, "c/lmm", "key", maker.make("a.csv", faults=[fault]))
    again = make_if_new(tmp_path, "c/lmm", "key", maker.make("a.csv"))

    assert again.faults == (fault,)
    assert read_stamp(tmp_path, "c/lmm").provenance == {"a.csv": {"n": 1}}
    assert list_stamps(tmp_path, "c") == ["c/lmm"]


def test_what_made_nothing_but_faults_is_not_tried_again(tmp_path, maker):
    fault = StudyFault("lmm", "all", "GroupFault", "no recording")
    for _ in range(2):
        found = make_if_new(tmp_path, "one", "key", maker.make(faults=[fault]))

    assert maker.n_calls == 1
    assert found.faults == (fault,)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"key": "key", "nonsense": 1}'])
def test_a_damaged_stamp_is_as_good_as_none(tmp_path, maker, content):
    make_if_new(tmp_path, "one", "key", maker.make("a.csv"))
    stamp = tmp_path / ".ranvier" / "studies" / "one.json"
    stamp.write_text(content, encoding="utf-8")
    make_if_new(tmp_path, "one", "key", maker.make("a.csv"))

    assert maker.n_calls == 2


def test_a_list_of_files_is_enough(tmp_path):
    path = tmp_path / "a.csv"

    def make():
        path.write_text("a", encoding="utf-8")
        return [path]

    assert make_if_new(tmp_path, "one", "key", make).written == (path,)


def test_a_missing_file_counts_in_a_digest(tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    before = digest_files(paths)
    paths[0].write_text("x", encoding="utf-8")
    first = digest_files(paths)
    paths[0].rename(paths[1])

    assert len({before, first, digest_files(paths)}) == 3
