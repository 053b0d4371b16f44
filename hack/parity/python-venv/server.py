import http.server
import json
import os
import signal
import ssl
import time

import psutil
import yaml

from helpers import greeting

SETTINGS = yaml.safe_load(open("settings.yaml"))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        routes = {"/": self.index, "/zone": self.zone, "/roots": self.roots, "/report": self.report, "/spool": self.spool}
        route = routes.get(self.path)
        if route is None:
            return self.reply(404, {"error": "no such page"})
        self.reply(200, route())

    def index(self):
        return {"greeting": greeting(), "limit": SETTINGS["limit"], "debug": SETTINGS["debug"], "cpus": psutil.cpu_count() > 0,
                "links": ["/zone", "/roots", "/report", "/spool"]}

    def zone(self):
        return {"mode": os.environ["APP_MODE"], "noon": time.strftime("%H:%M %Z", time.localtime(1700000000 - 1700000000 % 86400))}

    def roots(self):
        return {"roots": ssl.create_default_context().cert_store_stats()["x509_ca"]}

    def report(self):
        import decimal  # only this page needs it
        import sqlite3
        with sqlite3.connect(":memory:") as db:
            total = db.execute("select sum(value) from json_each('[1.5, 2.5]')").fetchone()[0]
        return {"total": str(decimal.Decimal(total))}

    def spool(self):
        path = "spool/last"
        with open(path, "w") as f:
            f.write("seen")
        return {"wrote": os.path.getsize(path)}

    def reply(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
http.server.ThreadingHTTPServer(("0.0.0.0", SETTINGS["port"]), Handler).serve_forever()
