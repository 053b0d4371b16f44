CREATE TABLE events (
    id     INTEGER PRIMARY KEY,
    parcel INTEGER NOT NULL REFERENCES parcels (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('registered', 'arrived', 'departed', 'delivered', 'returned')),
    depot  TEXT NOT NULL,
    at     TEXT NOT NULL
);

CREATE INDEX events_by_parcel ON events (parcel, id);
