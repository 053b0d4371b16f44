CREATE TABLE parcels (
    id         INTEGER PRIMARY KEY,
    code       TEXT NOT NULL UNIQUE,
    recipient  TEXT NOT NULL,
    depot      TEXT NOT NULL,
    grams      INTEGER NOT NULL CHECK (grams > 0),
    created_at TEXT NOT NULL
);
