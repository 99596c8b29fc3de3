-- Files: what was found in them, what a change does to them, and where Traktor has to be told.

-- The file of a track as it was last scanned. `tags` is the base of the next scan: a tag that changed since
-- goes to the track, unless the track was changed here too.
CREATE TABLE file (
    track_id    INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
    path        TEXT NOT NULL UNIQUE,
    size        INTEGER NOT NULL,
    mtime_ns    INTEGER NOT NULL,
    payload     BLOB,                          -- blake2b-16 of samples of the sound alone, tags left out
    whole       BLOB,                          -- blake2b-16 of all of the sound; only where it was asked for
    codec       TEXT,
    samplerate  INTEGER,
    channels    INTEGER,
    disc        INTEGER,
    grouping    TEXT,
    gain        REAL,                          -- ReplayGain of the track, dB
    gain_peak   REAL,
    cover       INTEGER,                       -- 1: it has a picture
    tags        TEXT NOT NULL,                 -- JSON: the track's fields as the tags had them
    note        TEXT,                          -- a sentence: what is odd about it
    scanned     TEXT NOT NULL
);
CREATE INDEX file_payload ON file (payload);

-- Files that could not be read, so that a scan does not try them again until they change.
CREATE TABLE file_trouble (
    path     TEXT PRIMARY KEY,
    size     INTEGER,
    mtime_ns INTEGER,
    reason   TEXT NOT NULL,                    -- a word, and a sentence
    failure  TEXT NOT NULL,
    scanned  TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE scan_folder (
    path    TEXT PRIMARY KEY,
    scanned TEXT,                              -- when it was last scanned to the end
    files   INTEGER,
    watched INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- What a change means to do to files, written and on the disk before the first one is touched. In the order of
-- `step`, and undone in reverse.
CREATE TABLE file_step (
    change_id INTEGER NOT NULL REFERENCES change (id) ON DELETE CASCADE,
    step      INTEGER NOT NULL,
    track_id  INTEGER,
    kind      TEXT NOT NULL,                   -- folder | move | copy | tags | trash
    source    TEXT NOT NULL,                   -- paths
    target    TEXT,
    state     TEXT NOT NULL,                   -- meant | done | undone | refused
    size      INTEGER,                         -- of the file, with mtime_ns: what is expected to be there
    mtime_ns  INTEGER,
    detail    TEXT,                            -- JSON: fields and values; or why it was refused
    undo      BLOB,                            -- tags: what puts the old bytes back
    PRIMARY KEY (change_id, step)
);
CREATE INDEX file_step_open ON file_step (change_id) WHERE state = 'meant';

-- The key that an entry is to have, for its file was renamed here and Traktor does not know it yet.
ALTER TABLE nml_entry ADD COLUMN moved TEXT;
CREATE INDEX nml_entry_moved ON nml_entry (file_id) WHERE moved IS NOT NULL;
