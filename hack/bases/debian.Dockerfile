# As debian:bookworm and debian:bookworm-slim (github.com/debuerreotype/debuerreotype,
# github.com/debuerreotype/docker-debian-artifacts): an archive that mmdebstrap made
# and the settings of the official image.
FROM scratch AS full
ADD rootfs.tar /
COPY debian.sources /etc/apt/sources.list.d/
# The certificate authorities that only this machine trusts: ca-certificates takes
# them in wherever it is installed. Empty on most machines.
COPY authorities/ /usr/local/share/ca-certificates/
RUN rm -rf /etc/apt/sources.list /var/lib/apt/lists/* /var/log/* /var/cache/apt/archives/*.deb /var/cache/apt/*.bin \
 && printf '%s\n' \
      'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };' \
      'APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };' \
      'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' > /etc/apt/apt.conf.d/docker-clean \
 && echo 'Acquire::Languages "none";' > /etc/apt/apt.conf.d/docker-no-languages \
 && echo 'Acquire::GzipIndexes "true";' > /etc/apt/apt.conf.d/docker-gzip-indexes \
 && echo 'Apt::AutoRemove::SuggestsImportant "false";' > /etc/apt/apt.conf.d/docker-autoremove-suggests \
 && printf 'force-unsafe-io\n' > /etc/dpkg/dpkg.cfg.d/docker-apt-speedup \
 && printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d

# One layer, as published.
FROM scratch AS debian
COPY --from=full / /
CMD ["bash"]

# The slim variant leaves documentation and translations out, here and in every
# package that is installed later.
FROM full AS less
RUN printf '%s\n' \
      'path-exclude /usr/share/doc/*' 'path-include /usr/share/doc/*/copyright' \
      'path-exclude /usr/share/groff/*' 'path-exclude /usr/share/info/*' \
      'path-exclude /usr/share/linda/*' 'path-exclude /usr/share/lintian/*' \
      'path-exclude /usr/share/locale/*' 'path-include /usr/share/locale/locale.alias' \
      'path-exclude /usr/share/man/*' > /etc/dpkg/dpkg.cfg.d/docker \
 && find /usr/share/doc /usr/share/locale -mindepth 1 ! -type d ! -name copyright ! -name locale.alias -delete \
 && find /usr/share/doc /usr/share/locale -mindepth 1 -type d -empty -delete \
 && rm -rf /usr/share/groff /usr/share/info /usr/share/linda /usr/share/lintian /usr/share/man

FROM scratch AS slim
COPY --from=less / /
CMD ["bash"]
