"""Sheets in SQLite."""

import contextlib
import sqlite3
import threading

from herbarium.sheet import FIELDS, parse

SCHEMA = """
CREATE TABLE IF NOT EXISTS sheets (
    id INTEGER PRIMARY KEY,
    species TEXT NOT NULL,
    family TEXT NOT NULL,
    place TEXT NOT NULL,
    collected TEXT NOT NULL,
    collector TEXT NOT NULL,
    UNIQUE (species, place, collected)
);
CREATE INDEX IF NOT EXISTS by_family ON sheets (family);
"""

PAGE = 20


class Duplicate(ValueError):
    """The collection has the same species from the same place and day."""


def _sheet(row):
    values = dict(row)
    number = values.pop("id")
    sheet = parse(values)
    return type(sheet)(**{**sheet.__dict__, "id": number})


class Store:
    """One collection. Safe for use from several threads."""

    def __init__(self, path=":memory:", copy=False):
        """Opens the file; with copy, works on a copy in memory and leaves it alone."""
        self._lock = threading.Lock()
        self._db = sqlite3.connect(":memory:" if copy else path, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        if copy:
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as source:
                source.backup(self._db)
        self._db.executescript(SCHEMA)

    def add(self, sheet):
        """Adds a sheet and gives its number. Raises Duplicate."""
        record = sheet.record()
        with self._lock, self._db:
            try:
                cursor = self._db.execute(
                    "INSERT INTO sheets (species, family, place, collected, collector) VALUES (?, ?, ?, ?, ?)",
                    [record[name] for name in FIELDS],
                )
            except sqlite3.IntegrityError:
                raise Duplicate(f"{sheet.species} from {sheet.place} on {sheet.collected} is there") from None
            return cursor.lastrowid

    def get(self, number):
        rows = self._rows("SELECT * FROM sheets WHERE id = ?", [number])
        return _sheet(rows[0]) if rows else None

    def find(self, family="", place="", page=1):
        """Sheets of a family and a place, oldest first, and how many there are."""
        where, values = ["1"], []
        for column, value in (("family", family), ("place", place)):
            if value:
                where.append(f"{column} = ? COLLATE NOCASE")
                values.append(value)
        condition = " AND ".join(where)
        count = self._rows(f"SELECT count(*) AS n FROM sheets WHERE {condition}", values)[0]["n"]
        rows = self._rows(
            f"SELECT * FROM sheets WHERE {condition} ORDER BY collected, id LIMIT ? OFFSET ?",
            [*values, PAGE, (page - 1) * PAGE],
        )
        return [_sheet(row) for row in rows], count

    def all(self):
        return [_sheet(row) for row in self._rows("SELECT * FROM sheets ORDER BY id")]

    def species(self):
        return [row["species"] for row in self._rows("SELECT DISTINCT species FROM sheets ORDER BY species")]

    def families(self):
        return self._rows("SELECT family, count(*) AS sheets FROM sheets GROUP BY family ORDER BY sheets DESC, family")

    def months(self, family=""):
        """How many sheets were collected in each month, January first."""
        counts = [0] * 12
        for row in self._rows(
            "SELECT substr(collected, 6, 2) AS month, count(*) AS n FROM sheets "
            "WHERE ? IN ('', family) GROUP BY month",
            [family],
        ):
            counts[int(row["month"]) - 1] = row["n"]
        return counts

    def _rows(self, query, values=()):
        with self._lock:
            return self._db.execute(query, values).fetchall()
