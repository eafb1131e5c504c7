import struct

import numpy as np
import pytest

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers import read_photometry
from ranvier.core import AnalysisError

pytest.importorskip("tdt")
FS, START = 1017.252624511719, 1000.0
RNG = np.random.default_rng(0)


def make_record(size, kind, name, time, value, form, rate):
    place = struct.pack("<d" if isinstance(value, float) else "<q", value)
    head = struct.pack("<ii4sHHd", size, kind, name, 1, 0, time)
    return head + place + struct.pack("<if", form, rate)


def write_block(folder, streams, epochs):
    """Write a block as of the header layout that the library of TDT documents."""
    folder.mkdir()
    data, rows = b"", []
    for name, (begin, values) in streams.items():
        for k in range(0, len(values), 64):
            part = np.asarray(values[k : k + 64], "<f4")
            time = START + begin + k / FS
            size = len(part) + 10
            record = make_record(size, 0x8101, name.encode(), time, len(data), 0, FS)
            rows.append((time, record))
            data += part.tobytes()
    for name, times in epochs.items():
        for n, t in enumerate(times, 1):
            time = START + t
            record = make_record(10, 0x101, name.encode(), time, float(n), 4, 0.0)
            rows.append((time, record))
    rows.sort(key=lambda row: row[0])
    marks = [
        make_record(0, 0x8801, struct.pack("<i", code), time, 0, 0, 0.0)
        for code, time in ((1, START), (2, rows[-1][0] + 1))
    ]
    length = 40 * (len(rows) + 3)
    head = struct.pack("<qq", 0, length) + bytes(24)
    body = b"".join(record for _, record in rows)
    (folder / "b.tsq").write_bytes(head + marks[0] + body + marks[1])
    (folder / "b.tev").write_bytes(data)
    return folder


A, B = RNG.normal(size=(2, 640)).astype(np.float32)


def test_stores_named_by_wavelength_are_bands_of_their_site(tmp_path, capsys):
    streams = {"405A": (0.0, A), "465A": (0.0, B)}
    block = write_block(tmp_path / "block", streams, {"Cue_": [0.1, 0.3]})
    raw = read_photometry(block)

    assert raw.source.format == "tdt"
    np.testing.assert_array_equal(raw.bands["GCaMP"]["A"], B.astype(float))
    np.testing.assert_array_equal(raw.bands["Isosbestic"]["A"], A.astype(float))
    np.testing.assert_allclose(raw.bands["GCaMP"].index, np.arange(640) / FS, atol=1e-6)
    np.testing.assert_allclose(raw.events["times"], [0.1, 0.3], atol=1e-5)
    assert capsys.readouterr().out == ""


def test_each_store_keeps_its_own_start(tmp_path):
    """neuroconv#1994: no stream silently gets the times of the first."""
    block = write_block(
        tmp_path / "block", {"405A": (0.0, A), "465A": (0.25, B)}, {"Cue_": [0.1]}
    )
    raw = read_photometry(block)

    assert raw.bands["Isosbestic"].index[0] == pytest.approx(0, abs=1e-6)
    assert raw.bands["GCaMP"].index[0] == pytest.approx(0.25, abs=1e-3)


def test_other_names_ask_for_a_mapping(tmp_path):
    block = write_block(tmp_path / "block", {"Fi1r": (0.0, A)}, {"Cue_": [0.1]})
    with pytest.raises(AnalysisError) as caught:
        read_photometry(block)
    mapping = {
        "bands": {"GCaMP": {"channels": {"VTA": "Fi1r"}}},
        "events": {"cue": {"times": "Cue_"}},
    }
    raw = read_photometry(block, mapping=mapping)

    assert caught.value.code == "RV-A75"
    assert (raw.channels, raw.events["name"].to_list()) == (("VTA",), ["cue"])


def test_a_truncated_block_is_a_fault(tmp_path):
    block = write_block(tmp_path / "block", {"465A": (0.0, A)}, {"Cue_": [0.1]})
    (block / "b.tsq").write_bytes((block / "b.tsq").read_bytes()[:45])
    with pytest.raises(FileFault, match="block can't be read"):
        read_photometry(block)


def test_a_folder_without_headers_is_no_block(tmp_path):
    with pytest.raises(FileFault, match="is no block"):
        read_photometry(tmp_path, "tdt")
