from __future__ import annotations

import base64
import struct
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranvier.report._figure import (
    Axes,
    Box,
    encode_png,
    find_log_ticks,
    find_ticks,
    render_figure,
)

BOX = Box(10, 20, 100, 50)


def read_png(address):
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    chunks, place = {}, 8
    while place < len(data):
        (size,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        (check,) = struct.unpack_from(">I", data, place + 8 + size)
        assert check == zlib.crc32(kind + body)
        chunks[kind] = body
        place += size + 12
    width, height, _, colours = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8)
    rows = rows.reshape(height, -1)[:, 1:]
    return rows if colours == 0 else rows.reshape(height, width, 3)


def test_a_grey_image_is_a_png_of_the_same_values():
    values = np.array([[0.0, 0.5, 1.0], [2.0, -1.0, np.nan]])

    assert read_png(encode_png(values)).tolist() == [[0, 128, 255], [255, 0, 0]]


def test_a_colour_image_keeps_its_colours():
    values = np.zeros((2, 1, 3))
    values[0, 0] = (1.0, 0.0, 0.0)

    assert read_png(encode_png(values)).tolist() == [[[255, 0, 0]], [[0, 0, 0]]]


def test_the_corners_of_the_data_are_the_corners_of_the_box():
    axes = Axes(BOX, (0.0, 10.0), (-1.0, 1.0))

    assert axes.to_px([0, 10], [-1, 1]).tolist() == [[10, 70], [110, 20]]


def test_a_logarithmic_axis_puts_equal_ratios_at_equal_distances():
    axes = Axes(BOX, (1.0, 100.0), (0.0, 1.0), log_x=True)
    across = axes.to_px([1.0, 10.0, 100.0], 0.0)[:, 0]

    np.testing.assert_allclose(across, [10, 60, 110])


def test_a_line_is_interrupted_where_a_value_is_missing():
    axes = Axes(BOX, (0.0, 3.0), (0.0, 1.0))
    axes.line([0, 1, 2, 3], [0.0, np.nan, 0.5, 1.0])

    assert axes.render().count("M") == 2
    assert "nan" not in axes.render()


@pytest.mark.parametrize("ends", [(0.0, 0.0), (5.0, 5.0), (float("nan"), 1.0)])
def test_a_range_of_nothing_still_makes_axes(ends):
    axes = Axes(BOX, ends, ends)
    axes.frame("x", "y")
    axes.points([ends[0]], [ends[1]])
    drawn = render_figure(200, 100, [axes], "a figure")
    tags = [each.tag.rpartition("}")[2] for each in ET.fromstring(drawn).iter()]

    assert "path" in tags
    assert "nan" not in drawn
    assert "inf" not in drawn


def test_text_and_titles_can_not_break_out_of_the_figure():
    axes = Axes(BOX, (0.0, 1.0), (0.0, 1.0))
    axes.frame("<b>", "&")
    axes.points([0.5], [0.5], titles=["</title><script>"])
    axes.text(0.5, 0.5, "<i>")
    root = ET.fromstring(render_figure(200, 100, [axes], 'a "figure"'))

    assert {each.tag for each in root.iter()} == {
        "svg",
        "text",
        "path",
        "circle",
        "title",
    }


@given(
    st.floats(-1e9, 1e9),
    st.floats(1e-6, 1e9),
    st.floats(1.0, 20.0),
)
def test_ticks_lie_within_the_ends_and_are_about_as_many_as_wanted(low, length, wanted):
    ticks = find_ticks((low, low + length), wanted)
    slack = 1e-6 * (abs(low) + length)

    assert all(low - slack <= value <= low + length + slack for value, _ in ticks)
    assert len(ticks) <= wanted + 2


def test_logarithmic_ticks_are_powers_of_ten_with_steps_where_few():
    assert [name for _, name in find_log_ticks((0.5, 20.0))] == [
        "0.5", "1", "2", "5", "10", "20",
    ]  # fmt: skip
    assert [name for _, name in find_log_ticks((0.01, 100.0))] == [
        "0.01", "0.1", "1", "10", "100",
    ]  # fmt: skip
