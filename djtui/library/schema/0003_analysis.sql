-- What was heard of a track's file: values of our own, beside those that tags and Traktor give the track.

CREATE TABLE analysis (
    track_id            INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
    version             INTEGER NOT NULL,      -- of the algorithms
    path                TEXT NOT NULL,         -- with size and mtime_ns: the file that was heard
    size                INTEGER,
    mtime_ns            INTEGER,
    heard               TEXT NOT NULL,         -- when
    seconds             REAL,                  -- of processor time
    reason              TEXT,                  -- why it could not be heard: a word, and a sentence
    failure             TEXT,
    duration            REAL,                  -- seconds really decoded
    samplerate          INTEGER,
    channels            INTEGER,
    decoder             TEXT,                  -- libsndfile | ffmpeg
    bpm                 REAL,
    bpm_confidence      REAL,                  -- all confidences: 0 to 1
    steadiness          TEXT,                  -- steady | drifting | changing
    spread              REAL,                  -- ms by which the beats stray from a constant grid
    tempi               TEXT,                  -- JSON: other octaves, or the tempi in order
    first_beat          REAL,                  -- seconds of the decoded sound
    beat_confidence     REAL,
    downbeat            INTEGER,               -- beats from first_beat to the first downbeat
    downbeat_confidence REAL,
    key                 INTEGER,               -- as track.key
    key_confidence      REAL,
    key_second          INTEGER,
    tuning              REAL,                  -- cents
    energy              INTEGER,
    lufs                REAL,
    sample_peak         REAL,                  -- dBFS
    true_peak           REAL,                  -- dBTP; NULL: not asked for
    notes               TEXT,                  -- JSON: sentences
    taken               TEXT NOT NULL DEFAULT '[]', -- JSON: the track's fields that were set from here
    dismissed           TEXT NOT NULL DEFAULT '[]'  -- JSON: the fields whose difference the DJ has seen and left
);
CREATE INDEX analysis_failed ON analysis (reason) WHERE reason IS NOT NULL;

-- Apart, for lists read the one and not the other. 1,200 columns of three bytes: low, middle, high.
CREATE TABLE waveform (
    track_id INTEGER PRIMARY KEY REFERENCES track (id) ON DELETE CASCADE,
    columns  BLOB NOT NULL
);
