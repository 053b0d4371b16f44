# As rust:1.63-bookworm (github.com/rust-lang/docker-rust), from Debian's Rust laid out
# as rustup does: a toolchain below /usr/local/rustup, its programs below
# /usr/local/cargo/bin.
FROM buildpack-deps:bookworm AS fetch
RUN find /usr/lib/x86_64-linux-gnu -maxdepth 1 -name '*.so*' | sort > /before \
 && apt-get update && apt-get install -y --no-install-recommends cargo libstd-rust-dev patchelf rustc
# The libraries that Debian's compiler shares with other packages are in the original's
# toolchain.
RUN mkdir -p /toolchain/bin /toolchain/lib && cp /usr/bin/cargo /usr/bin/rustc /usr/bin/rustdoc /toolchain/bin/ \
 && mkdir -p /toolchain/lib/rustlib/x86_64-unknown-linux-gnu && cp -aL /usr/lib/rustlib/x86_64-unknown-linux-gnu/lib /toolchain/lib/rustlib/x86_64-unknown-linux-gnu/ \
 && ldd /toolchain/bin/* | awk '/=> \/(usr\/)?lib\// {print $3}' | sed 's,^/lib,/usr/lib,' | sort -u \
      | grep -vxFf /before | xargs -I{} cp -L {} /toolchain/lib/ \
 && strip --strip-unneeded /toolchain/bin/* \
 && for file in /toolchain/bin/*; do patchelf --set-rpath '$ORIGIN/../lib' $file; done \
 && for file in /toolchain/lib/*.so*; do patchelf --set-rpath '$ORIGIN' $file; done

FROM buildpack-deps:bookworm
ENV RUSTUP_HOME=/usr/local/rustup
ENV CARGO_HOME=/usr/local/cargo
ENV PATH=/usr/local/cargo/bin:$PATH
ENV RUST_VERSION=1.63.0
COPY --from=fetch /toolchain /usr/local/rustup/toolchains/1.63.0-x86_64-unknown-linux-gnu
RUN mkdir -p $CARGO_HOME/bin && cd $CARGO_HOME/bin \
 && for program in cargo rustc rustdoc; do ln -s ../../rustup/toolchains/1.63.0-x86_64-unknown-linux-gnu/bin/$program $program; done \
 && chmod -R a+w $RUSTUP_HOME $CARGO_HOME && cargo --version && rustc --version
