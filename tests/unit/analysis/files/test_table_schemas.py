import numpy as np
import pandas as pd
import pytest

from ranvier.analysis.files import (
    H5_LAYOUT,
    SESSION_SCHEMA,
    TABLE_SCHEMAS,
    enforce_schema,
    validate_parallel_lists,
)


@pytest.mark.parametrize("schema", TABLE_SCHEMAS.values(), ids=TABLE_SCHEMAS)
def test_every_column_says_what_it_is_and_is_there_once(schema):
    assert all(column.description for column in schema.columns)
    assert len(set(schema.names)) == len(schema.names)
    assert schema.keys


def test_every_item_of_the_layout_says_what_it_is_and_is_there_once():
    paths = [item.path for item in H5_LAYOUT]

    assert len(set(paths)) == len(paths)
    assert all(item.description and item.type for item in H5_LAYOUT)


def test_a_table_without_anything_gets_every_column():
    frame = enforce_schema(pd.DataFrame(), SESSION_SCHEMA)

    assert tuple(frame.columns) == SESSION_SCHEMA.names
    assert len(frame) == 0


def test_missing_columns_get_their_defaults_and_the_others_stay():
    frame = pd.DataFrame({"mine": [1, 2], "eid": ["a", "b"]}, index=[7, 9])
    found = enforce_schema(frame, SESSION_SCHEMA)

    assert list(found["mine"]) == [1, 2]
    assert list(found["brain_region"]) == [[], []]
    assert found["session_length"].isna().all()
    assert list(found.index) == [7, 9]
    assert list(frame.columns) == ["mine", "eid"]


def test_defaults_are_not_shared_between_rows():
    found = enforce_schema(pd.DataFrame({"eid": ["a", "b"]}), SESSION_SCHEMA)
    found["brain_region"].iloc[0].append("VTA")

    assert found["brain_region"].iloc[1] == []


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.array(["VTA", "SNc"]), ["VTA", "SNc"]),
        (["VTA"], ["VTA"]),
        (("VTA",), ["VTA"]),
        (None, []),
        (np.nan, []),
        ("VTA", []),
    ],
)
def test_a_cell_of_a_list_column_becomes_a_list(value, wanted):
    cells = np.empty(1, object)
    cells[0] = value
    found = enforce_schema(pd.DataFrame({"brain_region": cells}), SESSION_SCHEMA)

    assert found["brain_region"].iloc[0] == wanted


def test_rows_with_uneven_lists_are_left_out():
    frame = pd.DataFrame(
        {
            "brain_region": [["a", "b"], ["a"], [], None],
            "hemisphere": [["l", "r"], ["l", "r"], [], []],
            "target_NM": [np.array(["a-DA", "b-DA"]), ["a-DA"], [], []],
        }
    )

    assert list(validate_parallel_lists(frame).index) == [0, 2]
    assert len(validate_parallel_lists(frame.iloc[:0])) == 0
    assert len(validate_parallel_lists(frame[[]])) == 4
