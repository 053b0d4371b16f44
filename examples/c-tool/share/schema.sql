-- Objects by the SHA-256 of their contents.
CREATE TABLE IF NOT EXISTS objects (
    hash    TEXT PRIMARY KEY CHECK (length(hash) = 64),
    name    TEXT NOT NULL,
    type    TEXT NOT NULL,
    size    INTEGER NOT NULL,
    content BLOB NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS objects_by_name ON objects (name, hash);
