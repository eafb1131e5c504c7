import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from ranvier.analysis.faults import FileFault
from ranvier.analysis.files import (
    QC_SCHEMA,
    RESPONSE_MATRIX_SCHEMA,
    SESSION_SCHEMA,
    read_provenance,
    read_table,
    remove_leftovers,
    write_table,
)
from ranvier.analysis.provenance import make_provenance
from ranvier.core import AnalysisError


def make_sessions():
    return pd.DataFrame(
        {
            "eid": ["a", "b"],
            "subject": ["S1", "S2"],
            "number": [1, np.nan],
            "brain_region": [["VTA", "SNc"], []],
        }
    )


def test_sessions_come_back_as_they_were(tmp_path):
    path = tmp_path / "metadata" / "sessions.pqt"
    write_table(make_sessions(), path, SESSION_SCHEMA)
    found = read_table(path, SESSION_SCHEMA)

    assert list(found["brain_region"]) == [["VTA", "SNc"], []]
    assert list(found["eid"]) == ["a", "b"]
    assert found["number"].iloc[0] == 1
    assert np.isnan(found["number"].iloc[1])
    assert found["lab"].isna().all()


def test_pandas_alone_reads_our_tables_with_lists(tmp_path):
    path = tmp_path / "sessions.pqt"
    write_table(make_sessions(), path, SESSION_SCHEMA)
    found = pd.read_parquet(path)

    assert found.explode("brain_region")["brain_region"].tolist()[:2] == ["VTA", "SNc"]


def test_columns_have_the_types_of_the_schema_even_if_they_are_empty(tmp_path):
    path = tmp_path / "sessions.pqt"
    write_table(make_sessions().iloc[:0], path, SESSION_SCHEMA)
    types = pq.read_schema(path)

    assert str(types.field("session_length").type) == "double"
    assert str(types.field("number").type) == "int64"
    assert str(types.field("lab").type) == "string"
    assert "list<" in str(types.field("brain_region").type)


def test_the_index_of_a_table_is_kept_if_the_schema_says_so(tmp_path):
    path = tmp_path / "response_matrix.pqt"
    index = pd.MultiIndex.from_tuples(
        [("a", "VTA-DA", 0), ("a", "SNc-DA", 1)], names=RESPONSE_MATRIX_SCHEMA.index
    )
    frame = pd.DataFrame({"stimOn_c100_contra_correct": [1.5, np.nan]}, index=index)
    write_table(frame.reset_index(), path, RESPONSE_MATRIX_SCHEMA)

    pd.testing.assert_frame_equal(pd.read_parquet(path), frame)
    write_table(frame, path, RESPONSE_MATRIX_SCHEMA)
    pd.testing.assert_frame_equal(read_table(path, RESPONSE_MATRIX_SCHEMA), frame)
    pd.testing.assert_frame_equal(pd.read_parquet(path), frame)


def test_columns_of_several_types_are_written_as_text(tmp_path):
    path = tmp_path / "any.pqt"
    frame = pd.DataFrame({"x": [1, "b", None], "n": [1, 2.5, None]}, dtype=object)
    write_table(frame, path)
    found = read_table(path)

    assert list(found["x"][:2]) == ["1", "b"]
    assert pd.isna(found["x"].iloc[2])
    assert found["n"].dtype == np.float64


def test_a_list_in_a_column_of_text_is_written_as_text(tmp_path):
    path = tmp_path / "sessions.pqt"
    frame = make_sessions().assign(genotype=[["Dat-Cre", "Ai148"], None])
    write_table(frame, path, SESSION_SCHEMA)

    assert read_table(path)["genotype"].iloc[0] == "Dat-Cre, Ai148"


def test_a_value_that_does_not_fit_its_column_is_refused(tmp_path):
    frame = pd.DataFrame({"eid": ["a"], "ar_score": ["high"]})
    with pytest.raises(AnalysisError, match="ar_score") as caught:
        write_table(frame, tmp_path / "qc.pqt", QC_SCHEMA)

    assert caught.value.code == "RV-A91"
    assert list(tmp_path.iterdir()) == []


def test_provenance_is_kept(tmp_path):
    path = tmp_path / "any.pqt"
    write_table(
        make_sessions(), path, None, make_provenance("query", {"n": 3}, n_sessions=2)
    )
    plain = tmp_path / "plain.pqt"
    make_sessions().to_parquet(plain)

    assert read_provenance(path)["method"] == "query"
    assert read_provenance(path)["n"] == {"n_sessions": 2}
    assert read_provenance(plain) is None


def test_the_same_table_makes_the_same_file(tmp_path):
    for name in "ab":
        write_table(make_sessions(), tmp_path / name, SESSION_SCHEMA)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_table_that_was_cut_short_is_a_fault(tmp_path, share):
    path = tmp_path / "sessions.pqt"
    write_table(make_sessions(), path, SESSION_SCHEMA)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    with pytest.raises(FileFault, match="can't be read"):
        read_table(path, SESSION_SCHEMA)
    with pytest.raises(FileFault, match="can't be read"):
        read_provenance(path)


def test_a_table_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(FileFault, match="not there"):
        read_table(tmp_path / "sessions.pqt", SESSION_SCHEMA)


def test_a_table_without_its_key_columns_is_a_fault(tmp_path):
    path = tmp_path / "qc.pqt"
    write_table(make_sessions(), path)

    with pytest.raises(FileFault, match="lacks columns") as caught:
        read_table(path, QC_SCHEMA)
    assert caught.value.wanted == "band"


def test_a_folder_that_can_not_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(AnalysisError, match="can't be written") as caught:
        write_table(make_sessions(), tmp_path / "file" / "sessions.pqt")
    assert caught.value.code == "RV-A90"


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    folder = tmp_path / "sessions"
    folder.mkdir()
    left = folder / ".s1.h5.0a1b2c3d"
    for path in (left, folder / "s1.h5", folder / ".hidden", tmp_path / ".gitignore"):
        path.write_text("x")

    assert remove_leftovers(tmp_path) == [left]
    assert sorted(path.name for path in folder.iterdir()) == [".hidden", "s1.h5"]
