import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.analysis.readers import Mapping, read_mapping
from ranvier.core import AnalysisError

WHOLE = """
ranvier_mapping: 1
time: {column: t_ms, unit: ms}
unit: V
separator: ";"
skip_rows: 2
bands:
  GCaMP: {channels: {VTA: F470}}
  Isosbestic: {time: t415, channels: {VTA: F415}}
events:
  cue: {edges: TTL}
  reward: {times: reward}
"""


def test_a_whole_mapping_is_read(tmp_path):
    path = tmp_path / "mapping.yaml"
    path.write_text(WHOLE)
    mapping = read_mapping(path)

    assert mapping.names == ["t_ms", "F470", "t415", "F415", "TTL", "reward"]
    assert (mapping.time_factor, mapping.separator, mapping.skip_rows) == (1e-3, ";", 2)
    assert mapping.bands["Isosbestic"].time == "t415"


def test_all_faults_are_told_at_once():
    bad = {
        "tiem": "t",
        "time": {"column": "t", "unit": "fortnight"},
        "rate_hz": -1,
        "skip_rows": "two",
        "bands": {"GCaMP": {}, "Isosbestic": {"channels": {"a": "x", "b": "x"}}},
        "led": {"column": "L"},
        "events": {"cue": {"edges": "a", "times": "b"}},
    }
    with pytest.raises(AnalysisError) as caught:
        read_mapping(bad)

    assert caught.value.code == "RV-A74"
    for word in (
        "tiem", "fortnight", "rate_hz", "skip_rows", "bands.GCaMP has no channels",
        "named twice", "led needs column and bands", "events.cue needs either",
        "exclude each other",
    ):  # fmt: skip
        assert word in caught.value.found


@pytest.mark.parametrize("text", ["", "[1, 2", "a: b: c", "- 1", "\0", "bands: 3"])
def test_what_is_no_mapping_is_refused_with_the_file(tmp_path, text):
    path = tmp_path / "mapping.yaml"
    path.write_text(text)
    with pytest.raises(AnalysisError) as caught:
        read_mapping(path)

    assert str(path) in caught.value.where


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["time", "bands", "channels", "led", "events", "x", "column"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.sampled_from(["time", "bands", "led", "events", "x"]), PLAIN))
def test_whatever_is_given_is_a_mapping_or_one_fault(given):
    found, code = None, ""
    try:
        found = read_mapping(given)
    except AnalysisError as error:
        code = error.code

    assert isinstance(found, Mapping) or code == "RV-A74"
