# As gcr.io/distroless static, base and cc on Debian 12: packages unpacked with
# their status files, no package manager (github.com/GoogleContainerTools/distroless).
FROM debian:bookworm AS fetch
WORKDIR /debs
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata
RUN apt-get download base-files netbase tzdata libc6 libssl3 libgcc-s1 libstdc++6 libgomp1 \
 && unpack() { root=$1; shift; mkdir -p "$root/var/lib/dpkg/status.d"; \
      for name; do deb=$(ls ${name}_*.deb); dpkg-deb -x "$deb" "$root"; \
        dpkg-deb -f "$deb" > "$root/var/lib/dpkg/status.d/$name"; done; } \
 && unpack /static base-files netbase tzdata && unpack /base libc6 libssl3 && unpack /cc libgcc-s1 libstdc++6 libgomp1 \
 && find /static /base /cc -path '*/usr/share/doc/*' -type f ! -name copyright -delete \
 && rm -rf /*/usr/share/lintian
RUN cp --parents /etc/ssl/certs/ca-certificates.crt /static && cd /static \
 && printf 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' > etc/passwd \
 && printf 'root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n' > etc/group \
 && printf 'passwd: files\ngroup: files\nhosts: files dns\n' > etc/nsswitch.conf \
 && mkdir -p home/nonroot root tmp && chmod 1777 tmp && chmod 700 home/nonroot root && chown 65532:65532 home/nonroot

FROM scratch AS static
COPY --from=fetch /static/ /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
WORKDIR /

FROM static AS base
COPY --from=fetch /base/ /

FROM base AS cc
COPY --from=fetch /cc/ /

FROM static AS static-nonroot
USER 65532
WORKDIR /home/nonroot

FROM base AS base-nonroot
USER 65532
WORKDIR /home/nonroot

FROM cc AS cc-nonroot
USER 65532
WORKDIR /home/nonroot
