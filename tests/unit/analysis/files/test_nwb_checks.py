import pandas as pd
import pytest

from ranvier.analysis.faults import MetadataFault
from ranvier.analysis.files import (
    NwbSession,
    check_nwb_session,
    describe_neurophotometrics,
    write_nwb,
)

RAW = {"GCaMP": pd.DataFrame({"VTA": [1.0, 2.0]}, index=[0.0, 0.1])}
ABOUT = {"eid": "a", "subject": "S1", "start_time": "2024-11-05T10:00:00"}
SUBJECT = {"species": "Mus musculus", "sex": "M", "age": "P90D"}


def test_everything_that_is_missing_is_named_at_once(tmp_path):
    session = NwbSession({"eid": "a"}, {"sex": "F"}, RAW)
    with pytest.raises(MetadataFault) as caught:
        write_nwb(session, tmp_path / "a.nwb")

    for name in ("subject", "start_time", "species", "date_of_birth", "excitation_nm"):
        assert name in caught.value.found
    assert "sex" not in caught.value.found
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("raw", [{}, {"GCaMP": pd.DataFrame()}])
def test_a_session_without_raw_photometry_is_a_fault(raw):
    with pytest.raises(MetadataFault) as caught:
        check_nwb_session(
            NwbSession(ABOUT, SUBJECT, raw, optics=describe_neurophotometrics())
        )

    assert caught.value.found == "no raw photometry"


def test_a_start_without_a_zone_takes_that_of_the_session():
    optics = describe_neurophotometrics()
    there = NwbSession(ABOUT, SUBJECT, RAW, optics=optics, timezone="Europe/Lisbon")
    own = {**ABOUT, "start_time": "2024-11-05T10:00:00+05:00"}

    assert check_nwb_session(there).isoformat() == "2024-11-05T10:00:00+00:00"
    found = check_nwb_session(NwbSession(own, SUBJECT, RAW, optics=optics))
    assert found.utcoffset().total_seconds() == 5 * 3600
