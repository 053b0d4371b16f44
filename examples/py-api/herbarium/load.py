"""Fills a collection from a CSV file: python -m herbarium.load FILE.csv DATABASE"""

import csv
import sys

from herbarium.sheet import Invalid, parse
from herbarium.store import Duplicate, Store


def load(lines, store):
    """Adds every line; gives how many, and what was wrong with the rest."""
    added, problems = 0, []
    for number, record in enumerate(csv.DictReader(lines), start=2):
        try:
            store.add(parse(record))
            added += 1
        except (Invalid, Duplicate) as error:
            problems.append(f"line {number}: {error}")
    return added, problems


def main(argv):
    if len(argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    with open(argv[1], encoding="utf-8", newline="") as lines:
        added, problems = load(lines, Store(argv[2]))
    for problem in problems:
        print(f"{argv[1]}: {problem}", file=sys.stderr)
    print(f"{added} sheets")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
