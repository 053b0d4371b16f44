"""The sheets of a plant collection, over HTTP."""

__version__ = "2.4.0"
