import numpy as np
import pandas as pd

from ranvier.analysis.files import (
    complete_catalog,
    derive_target_nm,
    fill_brain_region_from_fibers,
    fill_empty_lists_from_group,
    fill_parallel_lists_from_group,
    fix_brain_regions,
)


def make_frame(regions, hemispheres=None, subjects=None):
    return pd.DataFrame(
        {
            "subject": subjects or ["A"] * len(regions),
            "brain_region": regions,
            "hemisphere": hemispheres or [[] for _ in regions],
        }
    )


def test_empty_lists_are_filled_from_rows_that_agree():
    frame = make_frame([["VTA"], [], np.array(["VTA"]), None])
    found = fill_empty_lists_from_group(frame, "brain_region")

    assert [list(value) for value in found["brain_region"][:3]] == [["VTA"]] * 3
    assert found["brain_region"].iloc[3] is None
    assert frame["brain_region"].iloc[1] == []


def test_rows_that_differ_and_other_subjects_fill_nothing():
    differing = make_frame([["VTA"], ["SNc"], []])
    others = make_frame([["VTA"], []], subjects=["A", "B"])

    for frame in (differing, others):
        found = fill_empty_lists_from_group(frame, "brain_region")
        assert found["brain_region"].iloc[-1] == []


def test_parallel_lists_are_filled_together():
    columns = ["brain_region", "hemisphere"]
    frame = make_frame([["VTA", "SNc"], ["VTA", "SNc"], []], [["l", "r"], [], []])
    found = fill_parallel_lists_from_group(frame, columns)

    assert list(found["brain_region"]) == [["VTA", "SNc"]] * 3
    assert list(found["hemisphere"]) == [["l", "r"]] * 3


def test_uneven_rows_are_no_source():
    columns = ["brain_region", "hemisphere"]
    frame = make_frame([["VTA", "SNc"], []], [["l"], []])

    assert fill_parallel_lists_from_group(frame, columns)["hemisphere"].iloc[1] == []


def make_fibers():
    return pd.DataFrame(
        {
            "subject": ["A", "A", "B", "B", "C"],
            "targeted_region": ["VTA", "SNc", "DR", "DR", "LC"],
            "X-ml_um": [400.0, -1200.0, 300.0, -300.0, 0.0],
        }
    )


def test_regions_and_hemispheres_come_from_the_fibres():
    frame = make_frame(
        [[], ["SNc-l", "VTA"], [], [], []],
        [[], ["l", ""], [], [], []],
        subjects=["A", "A", "B", "C", "D"],
    )
    found = fill_brain_region_from_fibers(frame, make_fibers())

    assert list(found["brain_region"]) == [
        ["VTA", "SNc"], ["SNc-l", "VTA"], ["DR", "DR"], ["LC"], [],
    ]  # fmt: skip
    assert list(found["hemisphere"]) == [["l", "r"], ["l", "l"], ["", ""], [""], []]


def test_names_are_fixed_and_their_hemisphere_stays():
    frame = make_frame([["DRN-l", "SNC", "VTA"], None])
    found = fix_brain_regions(frame, {"DRN": "DR", "SNC": "SNc"})

    assert found["brain_region"].iloc[0] == ["DR-l", "SNc", "VTA"]
    assert found["brain_region"].iloc[1] is None


def test_targets_come_from_the_regions_and_else_from_what_was_said():
    frame = make_frame([["VTA-l", "SNc"], ["CA1"], ["CA1"], [], ["VTA", "DR"]])
    frame["NM"] = ["5HT", "ACh", None, "DA", "NE"]
    found = derive_target_nm(frame, {"VTA": "DA", "SNc": "DA", "DR": "5HT"})

    assert list(found["target_NM"]) == [
        ["VTA-DA", "SNc-DA"], ["CA1-ACh"], [None], [], ["VTA-DA", "DR-5HT"],
    ]  # fmt: skip
    assert list(found["NM"]) == ["DA", "ACh", None, "DA", "NE"]


def test_a_catalogue_is_completed_in_order():
    frame = make_frame(
        [["DRN"], [], []], [["l"], [], []], subjects=["A", "A", "B"]
    ).assign(NM=None)
    fibers = make_fibers().query("subject == 'B'").iloc[:1]
    found = complete_catalog(
        frame, fibers=fibers, region_fixes={"DRN": "DR"}, targets={"DR": "5HT"}
    )

    assert list(found["brain_region"]) == [["DR"]] * 3
    assert list(found["hemisphere"]) == [["l"]] * 3
    assert list(found["target_NM"]) == [["DR-5HT"]] * 3
