"""Settling which track an entry is: it was stored as a new one, and is one that was here before."""

from __future__ import annotations

from djtui.library import history, removal, tracks
from djtui.library.database import Tx
from djtui.library.tracks import as_json
from djtui.traktor.merge import merge
from djtui.traktor.storing import FACTS, Storing


async def settle_identity(tx: Tx, change: int, file_id: int, new: int, known: int) -> None:
    """Join the new track with the known one, as two sides that have never met; the known one stays."""
    images = await tracks.images(tx, [new, known], cues=True)
    entry = await tx.fetchone(
        "SELECT file_id, hash, audio, cues, key_hash, key, moved FROM nml_entry"
        " WHERE file_id = ? AND track_id = ?",
        (file_id, new),
    )
    if entry is None or new not in images or known not in images:
        return
    theirs, ours = images[new], images[known]
    await tx.execute("UPDATE playlist_item SET track_id = ? WHERE track_id = ?", (known, new))
    await removal.remove_tracks(tx, change, [new], tombstones=False)
    merged = merge({}, ours, theirs, "merge")
    after = {name: theirs[name] for name in FACTS if theirs[name] != ours[name]} | merged.changes
    before = {name: ours[name] or [] if name == "cues" else ours[name] for name in after}
    if after:
        await tracks.update(tx, {known: after})
        await history.add(tx, change, {known: (before, after)})
    image = ours | after
    image["cues"] = image["cues"] or None
    drift = {name: was for name, was in merged.base.items() if was != image[name]}
    await tx.insert(
        "nml_entry",
        ("file_id", "hash", "audio", "cues", "key_hash", "key", "moved", "track_id", "base"),
        [(*entry, known, as_json(drift) if drift else None)],
    )
    storing = Storing("", "merge", file_id=file_id)
    await storing.note_conflicts(tx, [(known, None, conflict) for conflict in merged.conflicts])
