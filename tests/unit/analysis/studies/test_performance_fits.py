from __future__ import annotations

import numpy as np
import pandas as pd

from ranvier.analysis.studies._task_performance import leave_out_bounds

ROWS = pd.DataFrame(
    {
        "psych_50_bias": [1.0, 2.0, 3.0],
        "psych_50_threshold": [10.0, 20.0, 30.0],
        "psych_80_bias": [5.0, 6.0, 7.0],
        "bias_shift": [4.0, 4.0, 4.0],
        "psych_50_at_bounds": [0.0, 1.0, np.nan],
        "psych_20_at_bounds": [1.0, 0.0, 0.0],
        "psych_80_at_bounds": [0.0, 0.0, 1.0],
    }
)


def test_parameters_of_fits_at_their_bounds_are_left_out():
    found = leave_out_bounds(ROWS)

    assert found["psych_50_bias"].isna().tolist() == [False, True, False]
    assert found["psych_50_threshold"].isna().tolist() == [False, True, False]
    assert found["psych_80_bias"].isna().tolist() == [False, False, True]
    assert found["bias_shift"].isna().tolist() == [True, False, True]
    assert ROWS["bias_shift"].notna().all()


def test_a_table_that_does_not_say_is_left_as_it_is():
    old = ROWS[["psych_50_bias", "bias_shift"]]

    pd.testing.assert_frame_equal(leave_out_bounds(old), old)
