"""Many sessions, as one group."""

from __future__ import annotations

from ranvier.analysis.group._correlating import Correlating
from ranvier.analysis.group._reading import Reading
from ranvier.analysis.group._selecting import Selecting
from ranvier.analysis.group._visiting import Visiting


class PhotometrySessionGroup(Selecting, Visiting, Reading, Correlating):
    """Sessions and their recordings: selected, visited, analysed together.

    It begins with one row a session, whose lists of fibres stay lists; `recordings` has
    one row a fibre. `for rec, ps in group` gives each recording with its session.

    Nothing is read before a method asks for it. A session whose file is missing or
    damaged is left out of what is computed, and named in `errors`; the others go on.
    All analyses take the trials of one rule, `parameters.trials`, and say it.

    Parameters
    ----------
    sessions
        Catalogue, as metadata/sessions.pqt.
    one
        An instance of ONE-api, for sessions without a file of ours.
    h5_dir
        Folder of the sessions' files, `{eid}.h5`.
    parameters
        What is set; the defaults unless given.
    tables
        Errors, QC, performance and verdicts, if known. Errors are taken from the files
        of the sessions unless given.
    say
        Is told what a selection left out; writes to standard output unless given.

    Raises
    ------
    MetadataFault
        If the catalogue lacks eid, subject or brain_region, or names a session twice.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"eid": "s1", "subject": "m1", "start_time": "2024-11-05T14:03:22"}
    >>> fibres = {"brain_region": ["VTA", "DR"], "hemisphere": ["l", ""]}
    >>> targets = {"target_NM": ["VTA-DA", "DR-5HT"], "session_type": "biased"}
    >>> group = PhotometrySessionGroup(pd.DataFrame([{**row, **fibres, **targets}]))
    >>> group.filter_sessions(targetnms=["DR-5HT"])
    filter_sessions: 1 -> 1
      session_types        1 -> 1      0  training, biased, ephys
      qc_blockers        not applied: no errors were given, and there is no folder of \
sessions
      targetnms            1 -> 1      0  DR-5HT
      min_performance    not applied: the catalogue has no column "fraction_correct"
      one_session_a_day    1 -> 1      0  of a subject
    >>> group.recordings[["target_NM", "fiber_idx"]].values.tolist()
    [['DR-5HT', 1]]
    """
