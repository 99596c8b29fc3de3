"""Starting a host as a process of its own, which outlives the terminal that asked for it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from djtui.jobs.locks import host_is_free
from djtui.jobs.log import log_path

NICENESS: Final = 5


class HostError(Exception):
    """No host process can be started here; the message is a sentence."""


def ensure_host(library: Path, config: Path | None, *, command: Sequence[str] | None = None) -> None:
    """Start `djtui jobs host` for this library, detached, if nobody hosts it.

    To be called after the request was written. What the new process prints, should it fail before its log
    is open, goes to a file beside the log. Raises `HostError` where no process may be started.
    """
    library = library.expanduser().absolute()
    if not host_is_free(library):
        return
    if command is None:
        settings = ["--config", str(config)] if config is not None else []
        # -P: what lies in the folder that djtui was started in is not to be imported.
        command = [sys.executable, "-P", "-m", "djtui", "--library", str(library), *settings, "jobs", "host"]
    output = log_path(library).with_suffix(".out")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("wb") as stream:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
                close_fds=True,
            )
    except OSError as error:
        raise HostError(f"No process can be started to work the jobs ({error.strerror}).") from error
    # Nobody waits for the host; but once it ends it is to be no zombie.
    threading.Thread(target=process.wait, name="host-reaper", daemon=True).start()
