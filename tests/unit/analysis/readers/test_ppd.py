import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.analysis.faults import FileFault
from ranvier.analysis.readers import read_mapping, read_photometry, read_ppd

RNG = np.random.default_rng(0)


def write_ppd(path, words, **header):
    fields = {
        "subject_ID": "m1", "date_time": "2024-01-01T10:00:00",
        "mode": "2 colour time div.", "sampling_rate": 130,
        "volts_per_division": [0.0001, 0.0002], "version": 0.2,
    } | header  # fmt: skip
    text = json.dumps(fields).encode()
    data = np.asarray(words, "<u2").tobytes()
    path.write_bytes(len(text).to_bytes(2, "little") + text + data)
    return path


def make_words(counts, bits):
    return (np.asarray(counts) << 1 | np.asarray(bits)).ravel()


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_counts_and_bits_come_back(tmp_path_factory, n, seed):
    rng = np.random.default_rng(seed)
    counts, bits = rng.integers(0, 32_000, (n, 2)), rng.integers(0, 2, (n, 2))
    path = tmp_path_factory.mktemp("ppd") / "m.ppd"
    raw = read_ppd(write_ppd(path, make_words(counts, bits)))
    expected = sum(
        int(bits[i, k] > bits[i - 1, k]) for i in range(1, n) for k in range(2)
    )

    np.testing.assert_array_equal(raw.bands["GCaMP"]["fiber00"], counts[:, 0] * 0.0001)
    np.testing.assert_array_equal(raw.bands["RCaMP"]["fiber00"], counts[:, 1] * 0.0002)
    assert len(raw.events) == expected


@pytest.mark.parametrize(
    ("mode", "names", "late"),
    [
        ("2 colour continuous", ["GCaMP", "RCaMP"], 0.0),
        ("2 colour time div.", ["GCaMP", "RCaMP"], 0.5),
        ("1 colour time div.", ["GCaMP", "Isosbestic"], 0.5),
    ],
)
def test_signals_that_take_turns_have_times_of_their_own(tmp_path, mode, names, late):
    raw = read_ppd(write_ppd(tmp_path / "m.ppd", np.arange(0, 400, 2), mode=mode))
    first, second = (band.index.to_numpy() for band in raw.bands.values())

    assert list(raw.bands) == names
    np.testing.assert_allclose(first, np.arange(100) / 130)
    np.testing.assert_allclose(second - first, late / 130, atol=1e-12)


def test_newer_pulsed_files_lose_what_was_measured_without_light(tmp_path):
    lit, dark = RNG.integers(500, 900, (50, 3)), RNG.integers(0, 400, (50, 3))
    bits = np.zeros((50, 3, 2), int)
    bits[20:22, 0] = 1
    words = make_words(np.stack([lit, dark], axis=-1), bits)
    raw = read_ppd(
        write_ppd(
            tmp_path / "m.ppd",
            words,
            mode="3EX_2EM_pulsed",
            version="1.1",
            volts_per_division=[0.001] * 3,
            n_analog_signals=3,
            n_digital_signals=1,
            ADC_max_value=32767,
        )
    )

    assert list(raw.bands) == ["GCaMP", "RCaMP", "Isosbestic"]
    for k, band in enumerate(raw.bands.values()):
        np.testing.assert_allclose(band["fiber00"], (lit - dark)[:, k] * 0.001)
        assert band.index[0] == pytest.approx(k / 3 / 130)
    assert raw.events.to_numpy().tolist() == [["digital_1", 20 / 130]]


def test_a_mapping_names_bands_and_events(tmp_path):
    words = make_words(np.full((30, 2), 5), np.arange(60).reshape(30, 2) == 20)
    mapping = {
        "bands": {"dLight": {"channels": {"NAc": "analog_1"}}},
        "events": {"cue": {"edges": "digital_1"}},
    }
    raw = read_photometry(write_ppd(tmp_path / "m.ppd", words), mapping=mapping)

    assert (list(raw.bands), raw.channels) == (["dLight"], ("NAc",))
    assert raw.events["name"].to_list() == ["cue"]


def test_two_signals_that_take_turns_can_not_share_a_band(tmp_path):
    """neuroconv#1994: the second would silently get the times of the first."""
    mapping = read_mapping(
        {"bands": {"all": {"channels": {"a": "analog_1", "b": "analog_2"}}}}
    )
    path = write_ppd(tmp_path / "m.ppd", np.arange(0, 400, 2))
    with pytest.raises(FileFault, match="same times"):
        read_ppd(path, mapping)


def test_samples_at_the_limit_and_a_broken_last_period_are_told(tmp_path):
    words = [32_767 << 1, 10, *[100] * 41]
    raw = read_ppd(write_ppd(tmp_path / "m.ppd", words))

    assert raw.notes[0].startswith("1 words at the end")
    assert raw.notes[1] == "analog_1: 1 samples at the limit of the converter."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "ends within its header"),
        (b"\xff\xff{}", "ends within its header"),
        (b"\x02\x00{}", "header of m.ppd can't be read"),
        (b"\x02\x00\xff\xfe", "header of m.ppd can't be read"),
    ],
)
def test_a_damaged_header_is_a_fault_that_names_the_file(tmp_path, content, words):
    path = tmp_path / "m.ppd"
    path.write_bytes(content)
    with pytest.raises(FileFault, match=words):
        read_photometry(path)


def test_a_file_without_samples_is_a_fault(tmp_path):
    with pytest.raises(FileFault, match="holds no sample"):
        read_ppd(write_ppd(tmp_path / "m.ppd", []))
