-- Routing: base playlists, their children with a rule each, and every run.

CREATE TABLE route_base (
    id         INTEGER PRIMARY KEY,
    spotify_id TEXT NOT NULL UNIQUE,           -- of the playlist; "liked": the liked songs
    name       TEXT NOT NULL,                  -- as last seen
    on_change  INTEGER NOT NULL DEFAULT 0,     -- apply when a sync finds that the base changed
    every_min  INTEGER NOT NULL DEFAULT 0,     -- apply so often; 0: not by itself
    applied    TEXT,                           -- when it was last applied to the end
    snapshot   TEXT                            -- of the base, then
);

CREATE TABLE route_child (
    id          INTEGER PRIMARY KEY,
    base_id     INTEGER NOT NULL REFERENCES route_base (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    kind        TEXT NOT NULL DEFAULT 'spotify', -- spotify | local: a playlist of the library
    name        TEXT NOT NULL,                 -- without "[Base] > "
    description TEXT,
    public      INTEGER NOT NULL DEFAULT 0,
    active      INTEGER NOT NULL DEFAULT 1,
    rule        TEXT NOT NULL DEFAULT '',      -- an expression of the filter language; empty: every song
    unknown     TEXT NOT NULL DEFAULT 'out',   -- out | in | review: a child of its own for the DJ to look at
    spotify_id  TEXT,                          -- of the playlist, once it is made
    playlist_id INTEGER REFERENCES playlist (id) ON DELETE SET NULL, -- local: the playlist, once it is made
    review_id   TEXT,                          -- of the playlist with what is unknown, once it is made
    digest      BLOB,                          -- blake2b-16 of the songs as we left them, in order
    applied     TEXT
);
CREATE INDEX route_child_base ON route_child (base_id, position);

-- What the DJ said of single songs: always in this child, or never.
CREATE TABLE route_exception (
    child_id INTEGER NOT NULL REFERENCES route_child (id) ON DELETE CASCADE,
    uri      TEXT NOT NULL,
    kept     INTEGER NOT NULL,                 -- 1: always in, 0: never
    PRIMARY KEY (child_id, uri)
) WITHOUT ROWID;

CREATE TABLE route_run (
    id       INTEGER PRIMARY KEY,
    base_id  INTEGER NOT NULL REFERENCES route_base (id) ON DELETE CASCADE,
    job_id   INTEGER NOT NULL,
    kind     TEXT NOT NULL DEFAULT 'apply',    -- apply | retry | undo | rebuild
    began    TEXT NOT NULL,
    ended    TEXT,
    state    TEXT NOT NULL,                    -- running | done | partial | failed
    songs    INTEGER,                          -- of the base
    requests INTEGER NOT NULL DEFAULT 0,
    cached   INTEGER NOT NULL DEFAULT 0,
    error    TEXT,
    change_id INTEGER REFERENCES change (id) ON DELETE SET NULL
);
CREATE INDEX route_run_base ON route_run (base_id, id);

-- The journal of a run, a row for each playlist it is to write: on the disk before the first request. `target` is
-- what it shall hold, `before` what it held; a run that was cut off goes on from what the playlist holds then.
CREATE TABLE route_write (
    run_id     INTEGER NOT NULL REFERENCES route_run (id) ON DELETE CASCADE,
    child_id   INTEGER NOT NULL,
    part       TEXT NOT NULL DEFAULT 'songs',  -- songs | review
    spotify_id TEXT,                           -- NULL: to be made first
    state      TEXT NOT NULL,                  -- planned | asking | writing | partial | verified | unverified | failed | refused
    before     TEXT,                           -- JSON: its rows by uri, null for an empty one
    dates      TEXT,                           -- JSON: when each of them was added
    target     TEXT NOT NULL,                  -- JSON: uris
    added      INTEGER NOT NULL DEFAULT 0,
    removed    INTEGER NOT NULL DEFAULT 0,
    kept       INTEGER NOT NULL DEFAULT 0,
    requests   INTEGER NOT NULL DEFAULT 0,     -- writes that were acknowledged
    in_flight  TEXT,                           -- JSON: the write whose answer has not come
    error      TEXT,
    PRIMARY KEY (run_id, child_id, part)
) WITHOUT ROWID;
