"""Fourier transforms in single precision: scipy's, without what `import scipy.fft` brings along.

That import takes three times as long as numpy's, all of it for other parts of scipy. The transforms
themselves are one extension module, loaded here from its file; where scipy has moved it, the import is what
it takes. numpy's own transforms need twice the time.
"""

from __future__ import annotations

import importlib.util
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex64]

_BACKWARD: Final = 2  # pocketfft's name for dividing by the length on the way back, as numpy does


def fft(values: Complex, axis: int = -1) -> Complex:
    """The spectrum of complex values along an axis."""
    return np.asarray(_pocketfft.c2c(values, (axis % values.ndim,)))


def rfft(values: Real, size: int | None = None, axis: int = -1) -> Complex:
    """The spectrum, up to half the rate, of real values along an axis; padded with zeros to `size`."""
    axis %= values.ndim
    missing = 0 if size is None else size - values.shape[axis]
    edges = [(0, missing if i == axis else 0) for i in range(values.ndim)]
    padded = np.pad(values, edges) if missing else values
    return np.asarray(_pocketfft.r2c(padded, (axis,)))


def irfft(spectrum: Real | Complex, size: int, axis: int = -1) -> npt.NDArray[np.float32]:
    """The `size` real values with this spectrum."""
    return np.asarray(
        _pocketfft.c2r(spectrum.astype(np.complex64), (axis % spectrum.ndim,), size, False, _BACKWARD)
    )


def next_fast_len(size: int, real: bool = False) -> int:
    """The least length from `size` on whose transform is quick."""
    return int(_pocketfft.good_size(size, real))


def _loaded() -> ModuleType:
    """scipy's pocketfft."""
    scipy = importlib.util.find_spec("scipy")
    folders = scipy.submodule_search_locations if scipy is not None else None
    if folders:
        found = PathFinder.find_spec("pypocketfft", [str(Path(folders[0]) / "fft" / "_pocketfft")])
        if found is not None and found.loader is not None:
            module = importlib.util.module_from_spec(found)
            found.loader.exec_module(module)
            return module
    from scipy.fft._pocketfft import pypocketfft

    return pypocketfft  # type: ignore[no-any-return]


_pocketfft: Final = _loaded()
