import io
import json
import struct
import unittest
from wsgiref.util import setup_testing_defaults

import ink

from herbarium.api import application
from herbarium.load import load
from herbarium.search import nearest
from herbarium.store import Store

CSV = """species,family,place,collected,collector
Bellis perennis,Asteraceae,Old quay,2020-05-01,A. Moss
Salix alba,Salicaceae,Mill pond,2021-05-09,J. Thorne
Salix alba,Salicaceae,Mill pond,2021-05-09,J. Thorne
salix,Salicaceae,Mill pond,2021-05-09,J. Thorne
"""


class ApiTest(unittest.TestCase):
    def setUp(self):
        self.store = Store()
        self.loaded = load(io.StringIO(CSV), self.store)
        self.app = application(self.store, "Test")

    def ask(self, path, method="GET", query="", body=None):
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
        if body is not None:
            data = json.dumps(body).encode()
            environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(data)), "wsgi.input": io.BytesIO(data)}
        setup_testing_defaults(environ)
        answer = {}
        chunks = self.app(environ, lambda status, headers, exc=None: answer.update(status=int(status[:3]), headers=dict(headers)))
        return answer["status"], b"".join(chunks)

    def test_load(self):
        added, problems = self.loaded
        self.assertEqual(added, 2)
        self.assertEqual([p.split(":")[0] for p in problems], ["line 4", "line 5"])

    def test_sheets(self):
        status, body = self.ask("/sheets", query="family=asteraceae")
        self.assertEqual((status, json.loads(body)["count"]), (200, 1))
        self.assertEqual(self.ask("/sheets", query="page=x")[0], 400)
        self.assertEqual(self.ask("/sheets/9")[0], 404)

    def test_add(self):
        sheet = {"species": "Viola odorata", "family": "Violaceae", "place": "Old quay", "collected": "2022-03-04", "collector": "R. Fenn"}
        self.assertEqual(self.ask("/sheets", "POST", body=sheet)[0], 201)
        self.assertEqual(self.ask("/sheets", "POST", body=sheet)[0], 409)
        self.assertEqual(self.ask("/sheets", "POST", body={})[0], 422)

    def test_search(self):
        self.assertEqual(nearest("belis", self.store.species()), [("Bellis perennis", 1)])
        self.assertEqual(self.ask("/search")[0], 400)

    def test_pages(self):
        status, body = self.ask("/")
        self.assertEqual(status, 200)
        self.assertIn(b"Salicaceae", body)
        self.assertEqual(self.ask("/static/style.css")[0], 200)
        self.assertEqual(self.ask("/static/../api.py")[0], 403)

    def test_drawing(self):
        status, body = self.ask("/months.png")
        self.assertEqual((status, body[:4]), (200, b"\x89PNG"))
        self.assertEqual(struct.unpack(">II", body[16:24]), (12 * 14 - 2, 60))


class InkTest(unittest.TestCase):
    def test_distance(self):
        for a, b, want in (("", "", 0), ("abc", "", 3), ("salix", "salyx", 1), ("iris", "risi", 2)):
            self.assertEqual(ink.distance(a, b), want)

    def test_bars_refuses(self):
        for values in ([], [-1], [0] * 400):
            with self.assertRaises(ValueError):
                ink.bars(values, 4, 10)
