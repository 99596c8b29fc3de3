"""The transforms are scipy's, to the bit."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import fft

from djtui.analysis import fourier

RANDOM = np.random.default_rng(5)


@pytest.mark.parametrize("size", [1, 7, 256, 4410])
def test_spectra_are_those_of_scipy(size: int) -> None:
    real = RANDOM.standard_normal((3, size)).astype(np.float32)
    pairs = (real + 1j * real[::-1]).astype(np.complex64)
    assert np.array_equal(fourier.fft(pairs), fft.fft(pairs))
    assert np.array_equal(fourier.rfft(real, axis=1), fft.rfft(real, axis=1))
    assert np.array_equal(fourier.rfft(real[0], 2 * size), fft.rfft(real[0], 2 * size))
    assert fourier.rfft(real).dtype == np.complex64


@pytest.mark.parametrize("size", [7, 256, 4410])
def test_the_way_back_gives_the_values_again(size: int) -> None:
    real = RANDOM.standard_normal(size).astype(np.float32)
    assert fourier.irfft(fourier.rfft(real), size) == pytest.approx(real, abs=1e-5)
    power = np.abs(fourier.rfft(real)) ** 2
    assert fourier.irfft(power, size) == pytest.approx(fft.irfft(power, size), rel=1e-4, abs=1e-3)


def test_lengths_are_those_of_scipy() -> None:
    assert [fourier.next_fast_len(n, real=True) for n in range(1, 3000, 7)] == [
        fft.next_fast_len(n, real=True) for n in range(1, 3000, 7)
    ]


def test_scipy_itself_stays_out() -> None:
    code = "import sys, djtui.analysis.fourier; print('scipy.special' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
