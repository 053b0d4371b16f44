"""Asks a running server: python tests/smoke.py http://HOST:PORT"""

import json
import os
import sys
import urllib.error
import urllib.request

BASE = sys.argv[1] if len(sys.argv) > 1 else os.environ["CAREEN_URL"]


def ask(path, body=None):
    request = urllib.request.Request(BASE + path, data=body, headers={"Content-Type": "application/json"} if body else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def expect(what, got, want):
    if got != want:
        sys.exit(f"{what}: {got!r}, want {want!r}")


expect("health", ask("/healthz"), (200, b"ok\n"))
expect("trust", json.loads(ask("/trust")[1]), {"authorities": True})
expect("count", json.loads(ask("/sheets")[1])["count"] >= 120, True)
expect("search", json.loads(ask("/search?q=belis")[1])["species"][0]["name"], "Bellis perennis")
expect("drawing", ask("/months.png")[1][:4], b"\x89PNG")
expect("lines", ask("/export.csv")[1].count(b"\n") >= 121, True)
expect("missing sheet", ask("/sheets/99999")[0], 404)
expect("bad sheet", ask("/sheets", b"{}")[0], 422)
print("ok")
