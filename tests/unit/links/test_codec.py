"""Payloads come back as they were; bytes that are no message end in a LinkError."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ranvier.core import LinkError
from ranvier.links import (
    HEADER_SIZE,
    Header,
    Message,
    Origin,
    decode,
    encode,
    encode_array,
    payload_bytes,
    to_bytes,
    write_message,
)

quick = settings(max_examples=60, deadline=None)


def a_message(payload):
    return Message(payload, 3, 17, 2, 123_456_789, Origin(1, 9, 100))


def over_the_wire(payload):
    return decode(to_bytes(a_message(payload))).payload


def assert_same(expected, found):
    if isinstance(expected, dict):
        assert expected.keys() == found.keys()
        for key, value in expected.items():
            assert_same(value, found[key])
    elif isinstance(expected, (list, tuple)):
        assert len(expected) == len(found)
        for one, other in zip(expected, found, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray):
        assert (expected.dtype, expected.shape) == (found.dtype, found.shape)
        assert np.ascontiguousarray(expected).tobytes() == found.tobytes()
    elif isinstance(expected, np.generic):
        assert type(expected) is type(found)
        assert expected.tobytes() == found.tobytes()
    else:
        assert type(expected) is type(found)
        assert repr(expected) == repr(found)


plain_dtypes = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?"),
    hnp.complex_number_dtypes(endianness="?"),
    hnp.datetime64_dtypes(),
    hnp.timedelta64_dtypes(),
    hnp.byte_string_dtypes(max_len=5),
    hnp.unicode_string_dtypes(max_len=5),
)
dtypes = st.one_of(plain_dtypes, hnp.nested_dtypes(plain_dtypes, max_itemsize=64))
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, min_side=0, max_side=4))
scalars = plain_dtypes.flatmap(
    lambda dtype: hnp.arrays(dtype, ()).map(lambda array: array[()])
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    arrays,
    scalars,
)
payloads = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(quick, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(payloads)
def test_every_payload_comes_back_as_it_was(payload):
    found = over_the_wire(payload)

    assert_same(payload, found)


@pytest.mark.parametrize(
    "array",
    [
        np.array(3.0),
        np.zeros((0, 3), "u2"),
        np.zeros((3, 0, 2)),
        np.zeros((1,) * 40),
        np.arange(10)[::-2],
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.broadcast_to(np.arange(3), (4, 3)),
        np.arange(6, dtype=">f8").reshape(2, 3),
        np.array([True, False]),
        np.array(["2020-01-01", "NaT"], "M8[ns]"),
        np.array(["NaT"], "M8"),
        np.array([1, 2], "m8[25s]"),
        np.array([np.nan, np.inf, -0.0]),
        np.array([1 + 2j], "c8"),
        np.array(["", "æ"]),
        np.empty(2, "V0"),
        np.zeros(2, np.dtype([])),
        np.zeros(2, np.dtype([("a", "u1"), ("b", "f8")], align=True)),
        np.zeros(2, [("a", [("x", "f8"), ("y", ">i4")]), ("s", "f4", (2, 3))]),
        np.zeros(2, np.dtype({"names": ["a"], "formats": ["i2"], "itemsize": 9})),
        np.ones(2, np.dtype({"names": ["a", "b"], "formats": ["u4", "u2"],
                             "offsets": [0, 2], "itemsize": 4})),
        np.ones(1, np.dtype({"names": ["a", "b"], "formats": ["u4", "u2"],
                             "offsets": [2, 0], "itemsize": 6})),
    ],
    ids=lambda array: f"{array.dtype.str}-{array.ndim}d-{array.size}",
)  # fmt: skip
@pytest.mark.parametrize("wrap", [lambda a: a, lambda a: {"a": [a, a]}])
def test_arrays_of_every_make_come_back_with_their_type_and_shape(array, wrap):
    found = over_the_wire(wrap(array))

    assert_same(wrap(array), found)


@pytest.mark.parametrize("size", [0, 1, 5, 10_000])
@pytest.mark.parametrize("wrap", [lambda a: a, lambda a: [a]])
def test_decoded_arrays_are_read_only_and_end_with_the_message(size, wrap):
    data = to_bytes(a_message(wrap(np.arange(size))))
    found = decode((ctypes.c_uint8 * len(data)).from_buffer_copy(data)).payload
    array = found[0] if isinstance(found, list) else found

    assert not array.flags.writeable
    assert decode(bytearray(data)).time_ns == 123_456_789


def test_arrays_are_views_at_multiples_of_64_bytes():
    memory = np.zeros(5000 + 64, np.uint8)
    memory = memory[-memory.ctypes.data % 64 :]
    payload = {"a": np.arange(3, dtype="u1"), "b": np.arange(100.0)}
    encoded = encode(payload)
    write_message(memory, encoded, Header(1, 2, 3, 4, Origin(5, 6, 7)))
    found = decode(memory).payload

    assert all(each.ctypes.data % 64 == 0 for each in found.values())
    assert all(np.shares_memory(each, memory) for each in found.values())


def test_the_header_comes_back():
    message = a_message("x")

    assert decode(to_bytes(message)) == message


def test_the_end_of_a_stream_comes_back_without_payload():
    message = a_message(None)._replace(is_end=True)

    assert decode(to_bytes(message)) == message


def test_bytes_beyond_the_message_do_not_matter():
    data = to_bytes(a_message({"x": np.arange(3)}))

    assert decode(data + b"rubbish" * 20).payload["x"].tolist() == [0, 1, 2]


def test_views_of_bytes_of_any_make_are_carried():
    views = [
        memoryview(np.zeros((0, 3))),
        memoryview(np.arange(10, dtype="u1"))[::2],
        memoryview(np.zeros(2, "u1,f4")),
        bytearray(b"abc"),
    ]

    assert [over_the_wire(view) for view in views] == [bytes(v) for v in views]


def test_an_array_described_ahead_has_the_length_of_the_written_one():
    written = encode(np.zeros((3, 4), "u2"))

    assert encode_array(np.dtype("u2"), (3, 4), None).length == written.length


@pytest.mark.parametrize(
    "payload",
    [
        np.array([{}]),
        {"a": np.array([None])},
        np.zeros(1, [("a", "O")]),
        np.array(["a"], np.dtypes.StringDType()),
        np.ma.masked_array([1, 2], [0, 1]),
        [np.ma.masked_array([1, 2], [0, 1])],
        2**70,
        {"a": "\ud800"},
        lambda: None,
        object(),
        {"a": {"b": object()}},
        (each for each in ()),
    ],
    ids=lambda payload: type(payload).__name__,
)
def test_what_cannot_cross_a_link_is_refused_by_name(payload):
    with pytest.raises(LinkError) as caught:
        encode(payload)

    assert caught.value.code == "RV-L01"


def test_a_structure_that_holds_itself_is_refused():
    loop = []
    loop.append(loop)

    with pytest.raises(LinkError):
        encode(loop)


def decodes_or_refuses(data):
    try:
        return decode(data)
    except LinkError as error:
        code = error.code

    assert code in ("RV-L02", "RV-L03")
    return None


@settings(quick, max_examples=300)
@given(st.binary(max_size=400))
@example(b"")
@example(b"RV" * 40)
def test_random_bytes_are_refused(data):
    assert decodes_or_refuses(data) is None or data[:2] == b"RV"


@settings(quick, max_examples=300)
@given(st.data())
def test_a_message_with_bytes_changed_is_read_or_refused(data):
    whole = bytearray(to_bytes(a_message(data.draw(st.sampled_from(SAMPLES)))))
    places = st.one_of(
        st.integers(0, len(whole) - 1), st.integers(4, min(len(whole), 200) - 1)
    )
    for place in data.draw(st.lists(places, min_size=1, max_size=6)):
        whole[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))

    decodes_or_refuses(bytes(whole[:cut]))


SAMPLES = [
    np.arange(6.0).reshape(2, 3),
    np.zeros(2, [("a", "u1"), ("b", "f8", (2,))]),
    np.array(["2020-01-01"], "M8[us]"),
    np.float32(1),
    {"a": np.arange(5), "b": [1, 2.5, "x", b"y", 1j, np.int8(3)]},
    "text",
    b"bytes",
    [],
]


@pytest.mark.parametrize("payload", SAMPLES, ids=str)
def test_what_a_message_carries_is_the_same_bytes_whenever_it_was_sent(payload):
    one = to_bytes(a_message(payload))
    other = to_bytes(Message(payload, 5, 99, 0, 7, Origin(2, 3, 4)))

    assert payload_bytes(one) == payload_bytes(other + bytes(13))


@pytest.mark.parametrize(
    ("payload", "other"),
    [
        (np.zeros(4), np.zeros(4, np.int64)),
        (np.zeros((2, 2)), np.zeros(4)),
        (np.zeros(4), np.array([0.0, 0.0, 0.0, -0.0])),
        (np.zeros(1), np.float64(0)),
        (b"text", "text"),
        ({"a": np.zeros(2)}, {"b": np.zeros(2)}),
        ([], None),
    ],
    ids=str,
)
def test_what_differs_in_type_shape_or_values_is_other_bytes(payload, other):
    one, two = (to_bytes(a_message(each)) for each in (payload, other))

    assert payload_bytes(one) != payload_bytes(two)


def a_structure(metadata):
    """Give a message whose metadata is what a hostile sender would write."""
    whole = bytearray(to_bytes(a_message([])))
    length = len(metadata)
    whole[48:52] = length.to_bytes(4, "little")
    return bytes(whole[:HEADER_SIZE]) + metadata + bytes(-length % 64) + bytes(64)


@pytest.mark.parametrize(
    "described",
    [
        ("<f8", [-1], 0),
        ("<f8", [1], -64),
        ("<f8", [2**63], 0),
        ("<f8", [2**40, 2**40], 0),
        ("<f8", [1.0], 0),
        ("<f8", 3, 0),
        ("O", [1], 0),
        ("f8,(2", [1], 0),
        ("V99999999999", [0], 0),
        ([["<f8", [2**62, 2**62]]], [1], 0),
        ({"names": ["a"], "formats": ["O"], "offsets": [0], "itemsize": 8}, [1], 0),
        ({"names": ["a"], "formats": ["<f8"], "offsets": [-8], "itemsize": 8}, [1], 0),
        ({"names": ["a"], "formats": ["<f8"], "offsets": [0], "itemsize": 2}, [1], 0),
        ({"names": ["a"]}, [1], 0),
        (None, [1], 0),
    ],
    ids=str,
)
def test_a_hostile_description_of_an_array_is_refused(described):
    import msgspec

    inner = msgspec.msgpack.encode(described)
    data = a_structure(msgspec.msgpack.encode(msgspec.msgpack.Ext(1, inner)))

    with pytest.raises(LinkError, match="not a message"):
        decode(data)


def test_metadata_nested_too_deep_is_refused():
    with pytest.raises(LinkError, match="not a message"):
        decode(a_structure(b"\x91" * 100_000))


class TestTables:
    """Arrow tables and data frames; where pyarrow is there."""

    def test_a_table_comes_back(self):
        arrow = pytest.importorskip("pyarrow")
        table = arrow.table({"t": [0.1, 0.2], "name": ["a", None]})

        assert over_the_wire(table).equals(table)

    def test_an_empty_table_comes_back(self):
        arrow = pytest.importorskip("pyarrow")
        table = arrow.table({"t": arrow.array([], arrow.int64())})

        assert over_the_wire(table).equals(table)

    def test_a_data_frame_comes_back_as_a_table_of_its_columns(self):
        pytest.importorskip("pyarrow")
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame({"t": [0.1, 0.2], "n": [1, 2]})

        assert over_the_wire(frame).to_pandas().equals(frame)

    def test_a_data_frame_that_arrow_has_no_type_for_is_refused(self):
        pytest.importorskip("pyarrow")
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame({"mixed": pandas.Series([1, "a", {}], dtype=object)})

        with pytest.raises(LinkError, match="this table"):
            encode(frame)

    def test_a_torn_table_is_refused(self):
        arrow = pytest.importorskip("pyarrow")
        whole = to_bytes(a_message(arrow.table({"t": list(range(100))})))
        for cut in range(64, len(whole), 7):
            torn = bytearray(whole)
            torn[cut:] = bytes(len(whole) - cut)
            decodes_or_refuses(bytes(torn))

        assert decode(whole).payload.num_rows == 100

    @settings(quick, max_examples=100)
    @given(st.lists(st.tuples(st.integers(64, 10**6), st.integers(0, 255)), min_size=1))
    def test_a_table_with_bytes_changed_can_be_used_or_is_refused(self, changes):
        """Arrow itself takes wrong offsets and ends the process when they are used."""
        arrow = pytest.importorskip("pyarrow")
        names = [f"cell {index}" for index in range(30)]
        table = arrow.table({"name": names, "at": [[index] * 2 for index in range(30)]})
        whole = bytearray(to_bytes(a_message(table)))
        for place, value in changes:
            whole[64 + place % (len(whole) - 64)] = value
        message = decodes_or_refuses(bytes(whole))

        assert message is None or message.payload.to_pylist() is not None

    def test_without_pyarrow_it_says_what_to_install(self, monkeypatch):
        import sys

        monkeypatch.setitem(sys.modules, "pyarrow", None)
        monkeypatch.setitem(sys.modules, "pyarrow.ipc", None)
        table = type("Table", (), {"columns": (), "__module__": "pyarrow.lib"})()

        with pytest.raises(LinkError, match="without pyarrow"):
            encode(table)
