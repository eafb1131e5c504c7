"""Verdicts: added, never lost, the last word counts."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.analysis.faults import FileFault
from ranvier.analysis.viewer import (
    VERDICT_COLUMNS,
    Verdict,
    add_verdict,
    get_last_verdicts,
    make_verdict,
    read_verdicts,
)


def say(path, eid, verdict, reason="", region="VTA"):
    add_verdict(path, make_verdict(eid, region, verdict, reason, by="ann"))


def test_a_verdict_says_who_when_and_with_which_code():
    verdict = make_verdict("s1", "VTA", "rejected", "no\nlight", by="ann")

    assert (verdict.by, verdict.reason) == ("ann", "no light")
    assert datetime.fromisoformat(verdict.at).utcoffset() is not None
    assert "+" in verdict.code
    assert make_verdict("s1", "VTA", "accepted").by != ""


def test_no_table_yet_is_an_empty_one(tmp_path):
    found = read_verdicts(tmp_path / "verdicts.csv")

    assert (len(found), [*found]) == (0, [*VERDICT_COLUMNS])


def test_the_last_word_counts_and_history_is_kept(tmp_path):
    path = tmp_path / "metadata" / "verdicts.csv"
    say(path, "s1", "rejected", 'dark, "very"')
    say(path, "s2", "accepted")
    say(path, "s1", "accepted")
    say(path, "s1", "rejected", "step", region="SNc")
    history = read_verdicts(path)
    last = get_last_verdicts(history)

    assert history["reason"].tolist() == ['dark, "very"', "", "", "step"]
    assert last[["eid", "brain_region", "verdict"]].to_numpy().tolist() == [
        ["s2", "VTA", "accepted"],
        ["s1", "VTA", "accepted"],
        ["s1", "SNc", "rejected"],
    ]


@pytest.mark.parametrize("n_left", [1, 20, 60])
def test_a_crash_while_writing_loses_no_other_verdict(tmp_path, n_left):
    path = tmp_path / "verdicts.csv"
    say(path, "s1", "accepted")
    before = path.read_bytes()
    say(path, "s2", "rejected", "dark")
    path.write_bytes(path.read_bytes()[: len(before) + n_left])
    torn = read_verdicts(path)["eid"].tolist()
    say(path, "s3", "accepted")

    assert torn == ["s1"]
    assert read_verdicts(path)["eid"].tolist() == ["s1", "s3"]


def test_a_crash_within_the_names_of_columns_is_mended(tmp_path):
    path = tmp_path / "verdicts.csv"
    path.write_text("eid,brain_re")
    say(path, "s1", "accepted")

    assert read_verdicts(path)["eid"].tolist() == ["s1"]


def test_two_viewers_add_to_the_same_table(tmp_path):
    path = tmp_path / "verdicts.csv"
    say(path, "s1", "accepted")
    with path.open("ab"):  # the other has it open too
        say(path, "s2", "accepted")

    assert read_verdicts(path)["eid"].tolist() == ["s1", "s2"]


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,2\n", b"\xff\xfe\n", (",".join(VERDICT_COLUMNS) + "\na,b\n").encode()],
)
def test_another_file_is_said_to_be_none(tmp_path, content):
    path = tmp_path / "verdicts.csv"
    path.write_bytes(content)

    with pytest.raises(FileFault, match="table of verdicts"):
        read_verdicts(path)


def test_nothing_is_added_to_a_file_of_something_else(tmp_path):
    path = tmp_path / "verdicts.csv"
    path.write_bytes(b"a,b\n1,2\n")

    with pytest.raises(FileFault, match="was not kept"):
        say(path, "s1", "accepted")

    assert path.read_bytes() == b"a,b\n1,2\n"


def test_a_folder_that_can_not_be_made_is_a_fault(tmp_path):
    (tmp_path / "metadata").write_text("a file")

    with pytest.raises(FileFault, match="was not kept"):
        say(tmp_path / "metadata" / "verdicts.csv", "s1", "accepted")


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=30), st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_comes_back(tmp_path_factory, region, reason):
    path = tmp_path_factory.mktemp("v") / "verdicts.csv"
    region = "".join(c for c in region if c.isprintable())
    said = make_verdict("s1", region, "rejected", reason, by="ann")
    add_verdict(path, said)
    row = read_verdicts(path).iloc[0]

    assert Verdict(**row.to_dict()) == said


def test_verdicts_of_none_are_none():
    nothing = pd.DataFrame(columns=[*VERDICT_COLUMNS])

    assert get_last_verdicts(nothing).empty
