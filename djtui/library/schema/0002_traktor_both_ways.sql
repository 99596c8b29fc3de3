-- Traktor both ways: deletions on either side, conflicts over playlists, exports and what became of them.

-- track_id NULL: the track was removed here and waits to be taken out of the file. gone 1: it is no longer in
-- the file, and its track stays all the same (edited here, or in use); it is not written there again.
-- base: for each synced field that differs here, what the file has.

-- A node of a file's playlist tree and the playlist that it is; its base is what both sides had at the last
-- sync. playlist_id NULL: deleted here, and waits to be taken out of the file.
CREATE TABLE nml_node (
    id          INTEGER PRIMARY KEY,
    file_id     INTEGER NOT NULL REFERENCES nml_file (id) ON DELETE CASCADE,
    playlist_id INTEGER,                       -- no foreign key: a deleted playlist leaves its node behind
    identity    TEXT NOT NULL,                 -- the UUID, else kind and path of names
    hash        BLOB NOT NULL,                 -- blake2b-16 of name, place and content in the file
    base        TEXT NOT NULL,                 -- JSON: kind, name, parent (identity), position, query, items
    UNIQUE (file_id, identity)
);
CREATE INDEX nml_node_playlist ON nml_node (playlist_id);
INSERT INTO nml_node (file_id, playlist_id, identity, hash, base)
SELECT file_id, playlist_id, identity, x'',
       json_set(base, '$.kind', playlist.kind, '$.query', playlist.foreign_query)
FROM nml_playlist JOIN playlist ON playlist.id = playlist_id;
DROP TABLE nml_playlist;
UPDATE nml_file SET digest = NULL, mtime_ns = NULL;  -- the hashes are taken again at the next import

-- 1: changed here since the last sync, or never in a file: what an export has to look at.
ALTER TABLE playlist ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;

-- The DJ was asked, once, whether a collection that belongs to another machine may be written.
ALTER TABLE nml_file ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;

DROP TABLE conflict;
CREATE TABLE conflict (
    id          INTEGER PRIMARY KEY,
    file_id     INTEGER NOT NULL REFERENCES nml_file (id) ON DELETE CASCADE,
    track_id    INTEGER REFERENCES track (id) ON DELETE CASCADE,
    playlist_id INTEGER REFERENCES playlist (id) ON DELETE CASCADE,
    field       TEXT NOT NULL,                 -- a synced field; cue:… one cue; identity, deleted, order …
    base        TEXT,                          -- JSON, as the two that follow
    library     TEXT,
    traktor     TEXT,
    found       TEXT NOT NULL
);
CREATE UNIQUE INDEX conflict_about
ON conflict (file_id, ifnull(track_id, 0), ifnull(playlist_id, 0), field);
CREATE INDEX conflict_track ON conflict (track_id);
CREATE INDEX conflict_playlist ON conflict (playlist_id);

-- Exports: written before the file is replaced, so that a crash in between can be told apart afterwards, and
-- kept so that an export that Traktor has overwritten is recognised.
CREATE TABLE nml_export (
    id        INTEGER PRIMARY KEY,
    file_id   INTEGER NOT NULL REFERENCES nml_file (id) ON DELETE CASCADE,
    job_id    INTEGER,
    change_id INTEGER,
    at        TEXT NOT NULL,
    state     TEXT NOT NULL,                   -- replacing | written | kept | lost | undone | dropped
    source    BLOB NOT NULL,                   -- blake2b-16 of the file as it was
    result    BLOB NOT NULL,                   -- ... and as it became
    temporary TEXT NOT NULL,                   -- the new file until it takes its place
    backup    TEXT,                            -- the old file's copy
    edits     TEXT NOT NULL                    -- JSON: what it wrote, old and new values
);
CREATE INDEX nml_export_file ON nml_export (file_id, state);

-- What a change did to other things than a track's fields. before NULL: it made the thing; after NULL: it
-- removed it; {} as after: nobody noted it, so that undoing does not compare.
CREATE TABLE change_row (
    change_id INTEGER NOT NULL REFERENCES change (id) ON DELETE CASCADE,
    what      TEXT NOT NULL,                   -- track | playlist | conflict
    row_id    INTEGER NOT NULL,
    before    TEXT,                            -- JSON: the whole of it
    after     TEXT,
    PRIMARY KEY (change_id, what, row_id)
) WITHOUT ROWID;
INSERT INTO change_row SELECT change_id, 'playlist', playlist_id, before, '{}' FROM change_playlist;
DROP TABLE change_playlist;

-- What was played: from Traktor's History files, one a night.
CREATE TABLE night (
    id      INTEGER PRIMARY KEY,
    path    TEXT NOT NULL UNIQUE,              -- of the history file
    digest  BLOB NOT NULL,                     -- blake2b-16 of the file
    started TEXT,                              -- local time of the machine that played, without a zone
    plays   INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE play (
    night_id INTEGER NOT NULL REFERENCES night (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    track_id INTEGER REFERENCES track (id) ON DELETE SET NULL,
    key      TEXT NOT NULL,                    -- what the file calls the track
    title    TEXT,                             -- as the file has it: for plays of tracks that nobody knows
    artist   TEXT,
    at       TEXT,                             -- local time, without a zone
    deck     INTEGER,                          -- 1 .. 4
    duration REAL,                             -- seconds
    public   INTEGER,                          -- 1: it was heard, not only cued
    PRIMARY KEY (night_id, position)
) WITHOUT ROWID;
CREATE INDEX play_track ON play (track_id);

-- What waits for export is few among many.
CREATE INDEX nml_entry_waiting ON nml_entry (file_id) WHERE base IS NOT NULL;
CREATE INDEX nml_entry_removed ON nml_entry (file_id) WHERE track_id IS NULL;
