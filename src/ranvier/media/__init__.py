"""Movies, read frame by frame: HDF5, NPY, TIFF, folders of TIFFs, video, recordings.

Not a node: who plays a movie, and when, is decided above.
"""

from __future__ import annotations

from ranvier.media._open import open_movie
from ranvier.media._order import Loop, pick_frame
from ranvier.media._reader import MovieReader

__all__ = ["Loop", "MovieReader", "open_movie", "pick_frame"]
