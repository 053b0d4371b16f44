# As ruby:3.1 and ruby:3.1-slim (github.com/docker-library/ruby), from Debian's Ruby laid
# out below /usr/local, where no Debian package owns it. The places that Debian's
# interpreter knows lead there by links.
ARG BASE
FROM debian:bookworm AS fetch
RUN apt-get update && apt-get install -y --no-install-recommends bundler ruby ruby-dev
RUN find /usr/lib/ruby /usr/share/rubygems-integration -xtype l -delete && out=/out/usr/local && mkdir -p $out/bin $out/lib/ruby/gems $out/include \
 && for name in ruby erb irb rdoc ri; do cp -L /usr/bin/$name $out/bin/$name; done \
 && for name in gem bundle bundler; do cp -L /usr/bin/$name $out/bin/$name; sed -i '1s,.*,#!/usr/local/bin/ruby,' $out/bin/$name; done \
 && cp -a /usr/lib/x86_64-linux-gnu/libruby-3.1.so* $out/lib/ \
 && cp -aL /usr/lib/ruby/. $out/lib/ruby/ && cp -aL /usr/lib/x86_64-linux-gnu/ruby/. $out/lib/ruby/arch/ \
 && cp -aL /usr/include/ruby-3.1.0 $out/include/ && cp -a /usr/include/x86_64-linux-gnu/ruby-3.1.0 $out/include/ruby-3.1.0-arch \
 && cp -aL /usr/share/rubygems-integration $out/lib/ruby/rubygems-integration \
 && mkdir -p /out/usr/lib/x86_64-linux-gnu /out/usr/share /out/usr/bin /out/usr/include/x86_64-linux-gnu \
 && ln -s /usr/local/lib/ruby /out/usr/lib/ruby && ln -s /usr/local/lib/ruby/arch /out/usr/lib/x86_64-linux-gnu/ruby \
 && ln -s /usr/local/lib/ruby/rubygems-integration /out/usr/share/rubygems-integration \
 && ln -s /usr/local/include/ruby-3.1.0 /out/usr/include/ruby-3.1.0 && ln -s /usr/local/include/ruby-3.1.0-arch /out/usr/include/x86_64-linux-gnu/ruby-3.1.0 \
 && ln -s /usr/local/bin/ruby /out/usr/bin/ruby3.1

FROM $BASE
ARG PACKAGES
RUN apt-get update && apt-get install -y --no-install-recommends $PACKAGES && rm -rf /var/lib/apt/lists/* \
 && mkdir -p /usr/local/etc && printf 'install: --no-document\nupdate: --no-document\n' > /usr/local/etc/gemrc
ENV LANG=C.UTF-8
ENV RUBY_VERSION=3.1.2
COPY --from=fetch /out /
RUN ldconfig && ruby --version && gem --version && bundle --version
ENV GEM_HOME=/usr/local/bundle
ENV BUNDLE_SILENCE_ROOT_WARNING=1 BUNDLE_APP_CONFIG="$GEM_HOME"
ENV PATH=$GEM_HOME/bin:$PATH
RUN mkdir -p "$GEM_HOME" && chmod 1777 "$GEM_HOME"
CMD ["irb"]
