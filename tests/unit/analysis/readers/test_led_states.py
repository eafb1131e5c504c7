import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.analysis.readers import decode_led_states

NAMES = {1: "Isosbestic", 2: "GCaMP", 4: "RCaMP"}
COLORS = {1: "Violet", 2: "Blue", 4: "Green"}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-5, 5000), min_size=1, max_size=30))
def test_each_state_is_decoded_by_its_bits(states):
    """Against a plain loop over the bits."""
    found = decode_led_states(np.array(states))
    expected = []
    for state in states:
        if state < 0 or state > 1023:
            expected.append("")
        else:
            lit = [NAMES[bit] for bit in (1, 2, 4) if state & bit]
            expected.append("+".join(lit) or "None")

    assert found.names.tolist() == expected
    assert found.n_unknown == expected.count("")


def test_flags_of_the_manual_do_not_hide_the_led():
    flags = [0, 8, 16, 32, 64, 128, 256, 512, 48, 528, 544, 560]
    for bit, color in COLORS.items():
        found = decode_led_states(np.array([flag + bit for flag in flags]))

        assert set(found.colors.tolist()) == {color}
        assert np.unique(found.wavelengths).tolist() == [
            {1: 415.0, 2: 470.0, 4: 560.0}[bit]
        ]
