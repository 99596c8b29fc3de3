"""A host process for the toy jobs: `python -m tests.jobs.toy_host LIBRARY [IDLE SECONDS]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from djtui.config import Settings
from djtui.jobs.hosting import serve_process
from tests.jobs.toy import KINDS

if __name__ == "__main__":
    idle = float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    asyncio.run(serve_process(Path(sys.argv[1]), KINDS, Settings(), idle=idle))
