"""The HTTP interface: routes, and what they answer."""

import csv
import datetime
import io
import os
import platform
import ssl

import bottle
import ink

from herbarium import __version__
from herbarium.search import nearest
from herbarium.sheet import FIELDS, Invalid, parse
from herbarium.store import PAGE, Duplicate

HERE = os.path.dirname(os.path.abspath(__file__))
bottle.TEMPLATE_PATH.insert(0, os.path.join(HERE, "views"))


def application(store, name):
    """A WSGI application that answers from one store."""
    app = bottle.Bottle()

    def fail(status, message):
        bottle.response.status = status
        return {"error": message}

    @app.get("/healthz")
    def healthz():
        bottle.response.content_type = "text/plain"
        return "ok\n"

    @app.get("/version")
    def version():
        return {"version": __version__, "python": platform.python_version(), "bottle": bottle.__version__}

    @app.get("/trust")
    def trust():
        """How many authorities outgoing requests would trust."""
        return {"authorities": ssl.create_default_context().cert_store_stats()["x509_ca"] > 0}

    @app.get("/")
    @bottle.view("index")
    def index():
        return {"name": name, "families": store.families(), "year": datetime.date(2024, 2, 29).year}

    @app.get("/static/<path:path>")
    def static(path):
        return bottle.static_file(path, root=os.path.join(HERE, "static"))

    @app.get("/sheets")
    def sheets():
        query = bottle.request.query.decode()
        try:
            page = int(query.page or 1)
        except ValueError:
            return fail(400, f"page: {query.page!r} is no number")
        if page < 1:
            return fail(400, "page: counts from 1")
        found, count = store.find(query.family, query.place, page)
        return {"sheets": [sheet.record() for sheet in found], "count": count, "pages": -(-count // PAGE)}

    @app.get("/sheets/<number:int>")
    def sheet(number):
        found = store.get(number)
        if found is None:
            return fail(404, f"there is no sheet {number}")
        return {**found.record(), "label": found.label}

    @app.post("/sheets")
    def add():
        record = bottle.request.json
        if not isinstance(record, dict):
            return fail(400, "send a sheet as JSON")
        try:
            number = store.add(parse(record))
        except Invalid as error:
            return fail(422, str(error))
        except Duplicate as error:
            return fail(409, str(error))
        bottle.response.status = 201
        bottle.response.set_header("Location", f"/sheets/{number}")
        return {"id": number}

    @app.get("/search")
    def search():
        query = bottle.request.query.decode().q
        if not query:
            return fail(400, "q: say what to search for")
        return {"query": query, "species": [{"name": n, "distance": d} for n, d in nearest(query, store.species())]}

    @app.get("/months")
    def months():
        return {"months": store.months(bottle.request.query.decode().family)}

    @app.get("/months.png")
    def drawing():
        bottle.response.content_type = "image/png"
        return ink.bars(store.months(bottle.request.query.decode().family), 12, 60)

    @app.get("/export.csv")
    def export():
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, ["id", *FIELDS], lineterminator="\n")
        writer.writeheader()
        writer.writerows(sheet.record() for sheet in store.all())
        bottle.response.content_type = "text/csv; charset=utf-8"
        return out.getvalue()

    @app.error(404)
    @app.error(405)
    def wrong(error):
        bottle.response.content_type = "application/json"
        return '{"error": "%s"}\n' % error.body.split(":")[0]

    return app
