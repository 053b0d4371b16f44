import datetime
import unittest

from herbarium.sheet import Invalid, parse

GOOD = {"species": "Bellis  perennis", "family": "Asteraceae", "place": "Old quay", "collected": "2020-05-01", "collector": "A. Moss"}


class ParseTest(unittest.TestCase):
    def test_good(self):
        sheet = parse(GOOD)
        self.assertEqual(sheet.species, "Bellis perennis")
        self.assertEqual(sheet.collected, datetime.date(2020, 5, 1))
        self.assertEqual(sheet.label, "B. perennis (Old quay, 01.05.2020)")

    def test_bad(self):
        for field, value, said in (
            ("place", " ", "missing: place"),
            ("species", "bellis", "species: 'bellis' does not begin with a genus"),
            ("family", "Roses", "family: 'Roses' is no plant family"),
            ("collected", "May", "collected: Invalid isoformat string: 'May'"),
        ):
            with self.subTest(field), self.assertRaises(Invalid) as caught:
                parse({**GOOD, field: value})
            self.assertEqual(str(caught.exception), said)
