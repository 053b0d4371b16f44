#!/usr/bin/env bash
# As the entrypoint of the originals where no certificates are added.
exec "$@"
