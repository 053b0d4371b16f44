"""The application as servers import it: works on a copy of the collection."""

import os

from herbarium.api import application
from herbarium.store import Store

DATABASE = os.environ.get("HERBARIUM_DATABASE", "data/herbarium.sqlite")
app = application(Store(DATABASE, copy=True), os.environ.get("HERBARIUM_NAME", "Herbarium"))
