import numpy as np
import pytest

from ranvier.core import NodeError
from ranvier.library.dff import DeltaFOverF


def run(node, traces, key="trace"):
    return [
        node.process({key: np.asarray(f, np.float32), "frame": k})
        for k, f in enumerate(traces)
    ]


def test_known_transients_on_a_bleaching_baseline_come_out():
    """Truth: baseline falls by 20 % in two minutes, transients of ΔF/F 1 every 10 s."""
    rng = np.random.default_rng(0)
    time = np.arange(0, 120, 1 / 15)
    baseline = 500 * np.exp(-time / 540)
    dff = sum(
        np.where(time >= t, np.exp(-(time - t) / 0.8), 0.0) for t in range(10, 120, 10)
    )
    trace = baseline * (1 + dff) + rng.normal(0, 25, time.size)
    results = run(DeltaFOverF(), trace[:, None])
    got = np.array([r["dff"][0] for r in results])
    found = np.array([r["baseline"][0] for r in results])
    late = time > 30

    assert np.abs(found[late] / baseline[late] - 1).max() < 0.05
    assert np.abs(got - dff)[late].mean() < 0.06
    assert np.corrcoef(got[late], dff[late])[0, 1] > 0.95


def test_all_keys_are_kept_and_the_input_is_untouched():
    frame = {"trace": np.float32([10.0]), "raw": np.float32([11.0]), "frame": 4}
    result = DeltaFOverF().process(frame)

    assert set(frame) == {"trace", "raw", "frame"}
    assert set(result) == {"trace", "raw", "frame", "dff", "baseline"}
    assert result["raw"] is frame["raw"]
    assert result["dff"].dtype == np.float32


def test_a_constant_trace_has_no_change():
    results = run(DeltaFOverF(), np.full((60, 3), 42.0))

    np.testing.assert_array_equal(np.array([r["dff"] for r in results]), 0.0)


def test_the_first_frame_of_a_cell_is_its_own_baseline():
    node = DeltaFOverF()
    run(node, np.full((20, 1), 10.0))
    result = node.process({"trace": np.float32([10.0, 70.0])})

    assert result["dff"].tolist() == [0.0, 0.0]


def test_cells_may_join_and_a_finder_that_began_anew_is_followed():
    node = DeltaFOverF()
    sizes = [0, 0, 2, 5, 5, 1, 0]

    results = [node.process({"trace": np.ones(n, np.float32)}) for n in sizes]

    assert [r["dff"].size for r in results] == sizes


def test_an_unmeasured_cell_is_nan_and_the_others_are_not():
    traces = np.full((40, 2), 100.0)
    traces[10:20, 0] = np.nan
    results = np.array([r["dff"] for r in run(DeltaFOverF(rate_hz=5), traces)])

    assert np.isnan(results[10:20, 0]).all()
    np.testing.assert_array_equal(results[20:], 0.0)


def test_a_baseline_at_zero_stays_finite():
    results = run(DeltaFOverF(min_baseline=2.0), [[0.0], [0.0], [6.0]])

    assert results[-1]["dff"][0] == pytest.approx((6 - 2) / 2)


def test_the_key_is_a_parameter_and_a_missing_one_is_named():
    node = DeltaFOverF(key="raw")

    assert run(node, [[1.0]], "raw")[0]["dff"] == [0.0]
    with pytest.raises(NodeError, match="raw"):
        node.process({"trace": np.zeros(1)})


def test_a_restarted_node_goes_on_bit_by_bit():
    traces = np.random.default_rng(5).normal(100, 9, (80, 3))
    node, other = DeltaFOverF(rate_hz=4), DeltaFOverF(rate_hz=4)
    run(node, traces[:33])
    other.setup()
    other.restore(node.checkpoint())

    for one, two in zip(run(node, traces[33:]), run(other, traces[33:]), strict=True):
        np.testing.assert_array_equal(one["dff"], two["dff"])
