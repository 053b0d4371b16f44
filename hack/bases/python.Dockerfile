# As python:3.11 and python:3.11-slim (github.com/docker-library/python), from Debian's
# Python laid out below /usr/local as there: modules are installed to site-packages,
# pip and setuptools are there, and no Debian package owns any of it.
ARG BASE
FROM debian:bookworm AS python
RUN apt-get update && apt-get install -y --no-install-recommends libpython3.11-dev python3.11-venv \
 && rm -rf /var/lib/apt/lists/*
RUN mkdir -p /out/bin /out/include /out/share \
 && cp /usr/bin/python3.11 /usr/bin/pydoc3.11 /out/bin/ && sed -i '1s,.*,#!/usr/local/bin/python3.11,' /out/bin/pydoc3.11 \
 && ln -s python3.11 /out/bin/python3 && ln -s python3 /out/bin/python && ln -s pydoc3.11 /out/bin/pydoc3 \
 && cp -aL /usr/lib/python3.11 /out/lib-python3.11 && mkdir /out/lib && mv /out/lib-python3.11 /out/lib/python3.11 \
 && cp -aL /usr/include/python3.11 /out/include/ \
 && cp /usr/include/x86_64-linux-gnu/python3.11/pyconfig.h /out/include/python3.11/pyconfig.h \
 && cp -a /usr/share/python-wheels /out/share/
# What Debian changes so that its own modules and the administrator's stay apart, and
# what the original leaves out.
WORKDIR /out/lib/python3.11
RUN sed -i "s/'posix_local')/'posix_prefix')/; s/prefix_scheme = 'posix_local'/prefix_scheme = 'posix_prefix'/" sysconfig.py \
 && sed -i s,/usr/share/python-wheels,/usr/local/share/python-wheels,g ensurepip/__init__.py _sysconfigdata*.py \
 && rm -rf EXTERNALLY-MANAGED test dist-packages config-*/*.a \
 && find . -name __pycache__ -prune -exec rm -rf {} + && mkdir -p site-packages
# Debian's search path is frozen into the interpreter.
COPY <<SITE sitecustomize.py
import site, sys
if sys.prefix == sys.base_prefix:
    site.addsitedir(sys.prefix + "/lib/python3.11/site-packages")
SITE

FROM $BASE
ARG PACKAGES
ENV PATH=/usr/local/bin:$PATH
ENV LANG=C.UTF-8
RUN apt-get update && apt-get install -y --no-install-recommends $PACKAGES && rm -rf /var/lib/apt/lists/*
COPY --from=python /out /usr/local
ENV PYTHON_VERSION=3.11.2
RUN python3 --version \
 && PYTHONPATH=$(echo /usr/local/share/python-wheels/pip-*.whl) python3 -m pip install --no-index --no-cache-dir --no-compile \
      --root-user-action=ignore --find-links /usr/local/share/python-wheels pip setuptools \
 && find /usr/local -name __pycache__ -prune -exec rm -rf {} + && pip --version
CMD ["python3"]
