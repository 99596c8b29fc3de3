"""How tags are written unless the DJ says otherwise: the settings as params of jobs."""

from __future__ import annotations

from typing import Any

from djtui.config import FilesSettings


def as_params(files: FilesSettings) -> dict[str, Any]:
    """notation, mtime and id3_version for the jobs that write tags."""
    return {"notation": files.tag_keys, "mtime": files.tag_mtime, "id3_version": files.id3_version}
