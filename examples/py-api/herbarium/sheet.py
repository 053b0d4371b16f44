"""What a sheet is, and how it is read from and checked against text."""

import datetime
from dataclasses import asdict, dataclass

FIELDS = ("species", "family", "place", "collected", "collector")


class Invalid(ValueError):
    """A sheet that the collection does not take, and why."""


@dataclass(frozen=True)
class Sheet:
    species: str
    family: str
    place: str
    collected: datetime.date
    collector: str
    id: int = 0

    def record(self):
        """The sheet as plain values, for JSON and CSV."""
        record = asdict(self)
        record["collected"] = self.collected.isoformat()
        return record

    @property
    def label(self):
        """What is written on the sheet."""
        genus, _, epithet = self.species.partition(" ")
        short = f"{genus[:1]}. {epithet}" if epithet else genus
        return f"{short} ({self.place}, {self.collected:%d.%m.%Y})"


def parse(record):
    """A sheet from a mapping of strings. Raises Invalid."""
    missing = [name for name in FIELDS if not str(record.get(name, "")).strip()]
    if missing:
        raise Invalid(f"missing: {', '.join(missing)}")
    values = {name: " ".join(str(record[name]).split()) for name in FIELDS}
    if not values["species"][0].isupper():
        raise Invalid(f"species: {values['species']!r} does not begin with a genus")
    if not values["family"].endswith("aceae"):
        raise Invalid(f"family: {values['family']!r} is no plant family")
    try:
        values["collected"] = datetime.date.fromisoformat(values["collected"])
    except ValueError as error:
        raise Invalid(f"collected: {error}") from None
    return Sheet(**values)
