# As eclipse-temurin:17-jdk and 17-jre (github.com/adoptium/containers), from Debian's
# OpenJDK: the same layout, on slim Debian where the originals have Ubuntu.
FROM debian:bookworm-slim AS java
ENV JAVA_HOME=/opt/java/openjdk
ENV PATH=$JAVA_HOME/bin:$PATH LANG=en_US.UTF-8 LANGUAGE=en_US:en LC_ALL=en_US.UTF-8
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates curl fontconfig gnupg libfreetype6 libharfbuzz0b libjpeg62-turbo liblcms2-2 locales p11-kit tzdata wget \
 && echo 'en_US.UTF-8 UTF-8' >> /etc/locale.gen && locale-gen en_US.UTF-8 && rm -rf /var/lib/apt/lists/*
COPY temurin-entrypoint.sh /__cacert_entrypoint.sh
ENTRYPOINT ["/__cacert_entrypoint.sh"]

# The JRE has every module but those of the development tools. Of the native libraries
# it has those that the JDK without a display has, as both originals have the same.
FROM debian:bookworm-slim AS fetch
RUN mkdir -p /usr/share/man/man1 && apt-get update && apt-get install -y --no-install-recommends openjdk-17-jdk-headless
RUN mkdir -p /opt/java && rm -f /usr/lib/jvm/java-17-openjdk-amd64/lib/src.zip && cp -aL /usr/lib/jvm/java-17-openjdk-amd64 /opt/java/jdk && rm -rf /opt/java/jdk/docs /opt/java/jdk/man
RUN modules=$(/opt/java/jdk/bin/java --list-modules | sed 's/@.*//' \
      | grep -vxE 'jdk\.(attach|compiler|editpad|hotspot\.agent|internal\.(ed|jvmstat|le|opt)|jartool|javadoc|jcmd|jconsole|jdeps|jdi|jlink|jpackage|jshell|jstatd|unsupported\.desktop|incubator\..*)' \
      | paste -sd,) \
 && /opt/java/jdk/bin/jlink --add-modules "$modules" --no-header-files --no-man-pages --output /opt/java/jre \
 && cd /opt/java/jre/lib && for library in *.so; do test -e /opt/java/jdk/lib/$library || rm $library; done

FROM java AS jdk
COPY --from=fetch /opt/java/jdk /opt/java/openjdk
CMD ["jshell"]

FROM java AS jre
COPY --from=fetch /opt/java/jre /opt/java/openjdk
