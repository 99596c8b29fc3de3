-- The library. Unknown is NULL, never ''. Times are ISO 8601 in UTC, dates YYYY[-MM[-DD]].

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- revision: the number of the last transaction that changed a track or playlist.
-- removal:  the revision at which a track was last deleted. playlists: ... a playlist last changed.
-- track:    the highest id that a track ever had.
INSERT INTO meta VALUES ('revision', 0), ('removal', 0), ('playlists', 0), ('track', 0);

-- The narrow columns stand first: a filter on them need not walk past the text of each row.
CREATE TABLE track (
    id           INTEGER PRIMARY KEY,
    revision     INTEGER NOT NULL,
    bpm          REAL,
    key          INTEGER,                      -- 0..11 C..B major, 12..23 C..B minor (Traktor's numbers)
    rating       INTEGER,                      -- stars, 0..5
    duration     REAL,                         -- seconds
    year         INTEGER,
    added        TEXT,
    plays        INTEGER,
    played       TEXT,
    missing      INTEGER,                      -- 1: the file is not there; NULL: nobody has looked
    cue_count    INTEGER NOT NULL DEFAULT 0,   -- grid markers not counted
    color        INTEGER,                      -- 1 red .. 7 magenta
    energy       INTEGER,                      -- 1..10
    lufs         REAL,
    bitrate      INTEGER,                      -- bit/s
    locked       INTEGER,                      -- the analysis lock
    analyzed     INTEGER,
    track_number INTEGER,
    filesize     INTEGER,                      -- bytes
    job_id       INTEGER,                      -- the job that brought the track in: what its undo removes
    released     TEXT,
    modified     TEXT,
    format       TEXT,                         -- the file's extension, lower case: mp3, flac
    kind         TEXT NOT NULL DEFAULT 'track',-- track | stem | set
    title        TEXT,
    artist       TEXT,
    album        TEXT,
    genre        TEXT,
    label        TEXT,
    remixer      TEXT,
    producer     TEXT,
    albumartist  TEXT,
    comment      TEXT,
    comment2     TEXT,                         -- Traktor's "Comment 2" (its RATING attribute)
    mix          TEXT,
    catalogue    TEXT,
    isrc         TEXT,
    key_text     TEXT,                         -- the key as a tag spells it; may contradict key
    path         TEXT,                         -- on this machine; NULL where the volume is not mapped
    location     TEXT                          -- as its home machine names it: C:/Music/a.mp3
);
CREATE INDEX track_revision ON track (revision);
CREATE INDEX track_path ON track (path) WHERE path IS NOT NULL;

-- What a track is found by: its texts with case and diacritics folded (model/text.py), and the words in them.
CREATE TABLE track_text (
    id INTEGER PRIMARY KEY,
    title TEXT, artist TEXT, album TEXT, remixer TEXT, label TEXT, genre TEXT, comment TEXT,
    producer TEXT, albumartist TEXT, comment2 TEXT, mix TEXT, catalogue TEXT,
    words TEXT NOT NULL
);

-- Substrings of three letters and more. Folding is ours, for SQLite 3.40 refuses remove_diacritics here.
CREATE VIRTUAL TABLE track_search USING fts5 (
    title, artist, album, remixer, label, genre, comment,
    content='track_text', content_rowid='id', tokenize='trigram case_sensitive 1'
);

-- Beginnings of words, for one or two letters. The words are cut by us: the ascii tokenizer only takes them apart.
CREATE VIRTUAL TABLE track_words USING fts5 (
    words, content='track_text', content_rowid='id', tokenize='ascii', prefix='1 2', detail=none
);

-- Imports write many batches; merging their index segments at every sixteenth would stall an editor for 250 ms.
INSERT INTO track_search (track_search, rank) VALUES ('automerge', 0);
INSERT INTO track_search (track_search, rank) VALUES ('crisismerge', 1000);
INSERT INTO track_words (track_words, rank) VALUES ('automerge', 0);
INSERT INTO track_words (track_words, rank) VALUES ('crisismerge', 1000);

CREATE TABLE cue (
    track_id INTEGER NOT NULL,                 -- no foreign key: half a million checks an import
    position INTEGER NOT NULL,                 -- order in the source
    type     INTEGER NOT NULL,                 -- 0 cue, 1 fade-in, 2 fade-out, 3 load, 4 grid, 5 loop
    start    REAL NOT NULL,                    -- ms
    length   REAL NOT NULL DEFAULT 0,          -- ms
    slot     INTEGER,                          -- hotcue pad 1..8; NULL: none
    name     TEXT,
    repeats  INTEGER,
    grid_bpm REAL,
    color    TEXT,
    PRIMARY KEY (track_id, position)
) WITHOUT ROWID;

CREATE TABLE playlist (
    id        INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES playlist (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    kind      TEXT NOT NULL,                   -- folder | list | smart
    source    TEXT NOT NULL,                   -- traktor | djtui
    name      TEXT NOT NULL,
    uuid      TEXT,
    query     TEXT,                            -- smart: an expression of the filter language
    foreign_query TEXT,                        -- smart: as its home program spells it, kept as it is
    items     INTEGER NOT NULL DEFAULT 0,
    job_id    INTEGER
);
CREATE INDEX playlist_parent ON playlist (parent_id, position);

CREATE TABLE playlist_item (
    playlist_id INTEGER NOT NULL REFERENCES playlist (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    track_id    INTEGER REFERENCES track (id) ON DELETE SET NULL,   -- NULL: an item whose track nobody knows
    location    TEXT,                          -- then: what it pointed to
    kind        TEXT NOT NULL DEFAULT 'track', -- track | stem | set
    PRIMARY KEY (playlist_id, position)
) WITHOUT ROWID;
CREATE INDEX playlist_item_track ON playlist_item (track_id);

CREATE TABLE nml_file (
    id       INTEGER PRIMARY KEY,
    path     TEXT NOT NULL UNIQUE,
    role     TEXT NOT NULL,                    -- collection | partial: absence from a partial file means nothing
    version  INTEGER,
    size     INTEGER,
    mtime_ns INTEGER,
    digest   BLOB,                             -- blake2b-16 of the whole file at the last complete import
    volumes  TEXT,                             -- JSON: where its volumes lay then; if they move, paths change
    imported TEXT
);

-- One row for each entry of each NML file: what we last saw there, and which track it is. The base of the
-- three-way merge, each synced field's value at the last sync, is the track itself, but for the fields that
-- changed here since: those stand in `base` as they were.
CREATE TABLE nml_entry (
    id       INTEGER PRIMARY KEY,
    file_id  INTEGER NOT NULL REFERENCES nml_file (id) ON DELETE CASCADE,
    track_id INTEGER REFERENCES track (id) ON DELETE CASCADE,
    hash     BLOB NOT NULL,                    -- blake2b-16 of the entry's bytes
    audio    BLOB,                             -- blake2b-16 of AUDIO_ID
    key_hash INTEGER NOT NULL,                 -- blake2b-8 of key, what it is looked up by: an index of the
                                               -- keys themselves would dirty a page for every new entry
    key      TEXT NOT NULL,                    -- VOLUME + DIR + FILE, to the letter; one a file
    cues     INTEGER NOT NULL,                 -- how many it has, grid markers too
    base     TEXT,                             -- JSON: see below
    gone     INTEGER NOT NULL DEFAULT 0        -- 1: no longer in the file; the track stays
);
CREATE INDEX nml_entry_key ON nml_entry (key_hash);
CREATE INDEX nml_entry_track ON nml_entry (track_id);

CREATE TABLE nml_playlist (
    file_id     INTEGER NOT NULL REFERENCES nml_file (id) ON DELETE CASCADE,
    identity    TEXT NOT NULL,                 -- the UUID, else the path of names
    playlist_id INTEGER NOT NULL REFERENCES playlist (id) ON DELETE CASCADE,
    hash        BLOB NOT NULL,                 -- blake2b-16 of name, place and content at the last sync
    base        TEXT NOT NULL,                 -- JSON: name, parent, position, items at the last sync
    PRIMARY KEY (file_id, identity)
) WITHOUT ROWID;

CREATE TABLE conflict (
    id       INTEGER PRIMARY KEY,
    file_id  INTEGER NOT NULL REFERENCES nml_file (id) ON DELETE CASCADE,
    track_id INTEGER NOT NULL REFERENCES track (id) ON DELETE CASCADE,
    field    TEXT NOT NULL,                    -- a synced field; 'identity': which track an entry is
    base     TEXT,                             -- JSON, as the two that follow
    library  TEXT,
    traktor  TEXT,
    found    TEXT NOT NULL,
    UNIQUE (file_id, track_id, field)
);

CREATE TABLE job (
    id       INTEGER PRIMARY KEY,
    key      TEXT NOT NULL,                    -- traktor-import:PATH
    kind     TEXT NOT NULL,
    title    TEXT NOT NULL,
    params   TEXT NOT NULL,                    -- JSON
    state    TEXT NOT NULL,                    -- queued running waiting paused succeeded failed cancelled interrupted
    wanted   TEXT NOT NULL DEFAULT 'run',      -- run | pause | cancel
    created  TEXT NOT NULL,
    started  TEXT,
    finished TEXT,
    attempt  INTEGER NOT NULL DEFAULT 0,       -- retries of the present phase after passing errors
    resumed  INTEGER NOT NULL DEFAULT 0,
    message  TEXT,
    error    TEXT,
    estimate TEXT,                             -- JSON: items, requests, seconds
    result   TEXT                              -- JSON
);
CREATE INDEX job_state ON job (state);
CREATE INDEX job_key ON job (key);

CREATE TABLE job_phase (
    job_id        INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    position      INTEGER NOT NULL,
    name          TEXT NOT NULL,
    state         TEXT NOT NULL DEFAULT 'queued',
    cursor        TEXT,                        -- JSON
    done          INTEGER NOT NULL DEFAULT 0,
    committed     INTEGER NOT NULL DEFAULT 0, -- done at the last checkpoint; done may run ahead of it
    total         INTEGER,
    added         INTEGER NOT NULL DEFAULT 0,
    updated       INTEGER NOT NULL DEFAULT 0,
    failures      INTEGER NOT NULL DEFAULT 0,
    message       TEXT,
    last_error    TEXT,
    blocked_until TEXT,
    wait_reason   TEXT,
    seconds       REAL NOT NULL DEFAULT 0,
    requests      INTEGER NOT NULL DEFAULT 0,
    rate          REAL,                        -- items a second
    peak_memory   INTEGER,                     -- bytes, private
    PRIMARY KEY (job_id, position)
) WITHOUT ROWID;

CREATE TABLE job_failure (
    job_id   INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    phase    TEXT NOT NULL,
    item     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    track_id INTEGER,
    at       TEXT NOT NULL,
    PRIMARY KEY (job_id, phase, item)
) WITHOUT ROWID;

CREATE TABLE job_resource (
    job_id    INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    resource  TEXT NOT NULL,                   -- nml:PATH, playlist:ID
    exclusive INTEGER NOT NULL,
    PRIMARY KEY (job_id, resource)
) WITHOUT ROWID;

-- The process that works the jobs: one row at most, believed only while LIBRARY.host is locked.
CREATE TABLE host (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    pid     INTEGER NOT NULL,
    started TEXT NOT NULL,
    mode    TEXT NOT NULL,                     -- process | cli | thread
    pool    TEXT                               -- JSON: the pool's statistics by lane
);

-- History: every change can be undone.
CREATE TABLE change (
    id     INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    kind   TEXT NOT NULL,                      -- edit | import | undo | redo
    title  TEXT NOT NULL,
    items  INTEGER NOT NULL DEFAULT 0,
    job_id INTEGER,                            -- import: the tracks and playlists it brought carry this id
    undone INTEGER REFERENCES change (id),     -- the change that undid this one
    undoes INTEGER REFERENCES change (id)
);

CREATE TABLE change_item (
    change_id INTEGER NOT NULL REFERENCES change (id) ON DELETE CASCADE,
    track_id  INTEGER NOT NULL,
    before    TEXT NOT NULL,                   -- JSON: the fields that changed, as they were
    after     TEXT NOT NULL,
    PRIMARY KEY (change_id, track_id)
) WITHOUT ROWID;

CREATE TABLE change_playlist (
    change_id   INTEGER NOT NULL REFERENCES change (id) ON DELETE CASCADE,
    playlist_id INTEGER NOT NULL,
    before      TEXT NOT NULL,                 -- JSON: place, name and items as they were
    PRIMARY KEY (change_id, playlist_id)
) WITHOUT ROWID;

CREATE TABLE ui_state (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL                        -- JSON: where the DJ was when the screen closed
) WITHOUT ROWID;
