"""Tracker modules, rendered with libopenmpt: their tempo is known but for its octave.

Debian has some with its games (heroes-data, ironseed-data, pekka-kana-2-data, tecnoballz-data), and the
player as libopenmpt0. What is not installed is left out.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from djtui.demo.music import save
from tests.accuracy.rendering import RATE, Sound
from tests.accuracy.truth import Truth

GAMES = Path("/usr/share/games")
SUFFIXES = (".mod", ".xm", ".it", ".s3m")
SHORTEST = 30  # seconds
FASTEST = 180  # BPM: a faster one is counted half as fast

_HANDLE, _INT = ctypes.c_void_p, ctypes.c_int32
_SAMPLES = ctypes.POINTER(ctypes.c_float)
_FUNCTIONS = {
    "create_from_memory2": (_HANDLE, ctypes.c_char_p, ctypes.c_size_t, *[_HANDLE] * 7),
    "destroy": (None, _HANDLE),
    "get_current_estimated_bpm": (ctypes.c_double, _HANDLE),
    "read_interleaved_float_stereo": (ctypes.c_size_t, _HANDLE, _INT, ctypes.c_size_t, _SAMPLES),
    "get_num_channels": (_INT, _HANDLE),
    "get_num_orders": (_INT, _HANDLE),
    "get_num_patterns": (_INT, _HANDLE),
    "get_order_pattern": (_INT, _HANDLE, _INT),
    "get_pattern_num_rows": (_INT, _HANDLE, _INT),
    "get_pattern_row_channel_command": (ctypes.c_uint8, _HANDLE, _INT, _INT, _INT, ctypes.c_int),
}
"""Of libopenmpt, without the `openmpt_module_` before each: what it returns, and what it takes."""


def modules(folder: Path, known: frozenset[str], games: Path = GAMES) -> Iterator[Truth]:
    """Render the modules that keep their tempo, each once."""
    player = _player()
    if player is None:
        return
    rendered = set()
    for path in sorted(games.rglob("*.*")):
        if path.suffix.lower() not in SUFFIXES:
            continue
        module = _Module(player, path.read_bytes())
        sound, bpm = module.render()
        content = sha256(sound.tobytes()).digest()
        if bpm is None or len(sound) < SHORTEST * RATE or module.in_threes() or content in rendered:
            continue
        rendered.add(content)
        target = folder / f"module-{path.stem}.ogg"
        if str(target) in known:
            continue
        while bpm > FASTEST:
            bpm /= 2
        save(target, sound, RATE)
        yield Truth(str(target), "module", "", "ogg", bpm, False, "", None, None, len(sound) / RATE)


class _Module:
    def __init__(self, player: ctypes.CDLL, content: bytes) -> None:
        self.player = player
        self.handle = self._call("create_from_memory2", content, len(content), *[None] * 7, bare=True)

    def __del__(self) -> None:
        self._call("destroy")

    def render(self) -> tuple[Sound, float | None]:
        """The sound, and the tempo; None if it changes."""
        block = np.empty((RATE // 20, 2), np.float32)
        samples = block.ctypes.data_as(_SAMPLES)
        pieces, tempi = [], Counter[float]()
        while count := self._call("read_interleaved_float_stereo", RATE, len(block), samples):
            pieces.append(block[:count].copy())
            tempi[round(self._call("get_current_estimated_bpm"), 3)] += 1
        bpm, blocks = tempi.most_common(1)[0]
        return np.concatenate(pieces), bpm if blocks > 0.985 * tempi.total() else None

    def in_threes(self) -> bool:
        """Whether notes favour each third row over each fourth: libopenmpt takes four for a beat."""
        notes = Counter[int]()
        for order in range(self._call("get_num_orders")):
            pattern = self._call("get_order_pattern", order)
            if 0 <= pattern < self._call("get_num_patterns"):
                for row in range(self._call("get_pattern_num_rows", pattern)):
                    notes[row] += self._notes(pattern, row)
        return 3 * _on_each(3, notes) > 4 * _on_each(4, notes)

    def _notes(self, pattern: int, row: int) -> int:
        channels = range(self._call("get_num_channels"))
        pitches = [
            self._call("get_pattern_row_channel_command", pattern, row, channel, 0) for channel in channels
        ]
        return sum(0 < pitch <= 120 for pitch in pitches)

    def _call(self, name: str, *args: Any, bare: bool = False) -> Any:
        function = getattr(self.player, f"openmpt_module_{name}")
        return function(*args) if bare else function(self.handle, *args)


def _on_each(step: int, notes: Counter[int]) -> int:
    return sum(count for row, count in notes.items() if row % step == 0)


def _player() -> ctypes.CDLL | None:
    name = ctypes.util.find_library("openmpt")
    if name is None:
        return None
    player = ctypes.CDLL(name)
    for function, (returned, *taken) in _FUNCTIONS.items():
        declared = getattr(player, f"openmpt_module_{function}")
        declared.restype, declared.argtypes = returned, taken
    return player
