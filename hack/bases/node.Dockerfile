# As node:20 and node:20-slim (github.com/nodejs/docker-node), from the binaries that
# npm carries. BASE is buildpack-deps or slim Debian, FILES what /usr/local gets.
ARG BASE
FROM $BASE
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
ARG NODE_VERSION
ENV NODE_VERSION=$NODE_VERSION
ARG FILES
COPY $FILES /usr/local/
RUN if ! ldconfig -p | grep -q libatomic || ! ldconfig -p | grep -q libstdc++; then \
      apt-get update && apt-get install -y --no-install-recommends libatomic1 libstdc++6 && rm -rf /var/lib/apt/lists/*; \
    fi \
 && ln -s node /usr/local/bin/nodejs \
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
 && node --version && npm --version
ARG NODE_EXTRA_CA_CERTS
# Corepack brings no command but its own until it is enabled; Yarn has a directory of its own.
RUN npm install --global --no-audit --no-fund corepack \
 && cd /usr/local/bin && rm -f yarn yarnpkg pnpm pnpx \
 && rm -rf /root/.npm /tmp/*
ENV YARN_VERSION=1.22.22
RUN cd /tmp && npm pack --silent "yarn@$YARN_VERSION" \
 && mkdir "/opt/yarn-v$YARN_VERSION" && tar -xzf yarn-*.tgz -C "/opt/yarn-v$YARN_VERSION" --strip-components=1 \
 && chmod +x "/opt/yarn-v$YARN_VERSION/bin/yarn" "/opt/yarn-v$YARN_VERSION/bin/yarnpkg" \
 && ln -s "/opt/yarn-v$YARN_VERSION/bin/yarn" /usr/local/bin/yarn \
 && ln -s "/opt/yarn-v$YARN_VERSION/bin/yarnpkg" /usr/local/bin/yarnpkg \
 && yarn --version && rm -rf /root/.npm /tmp/*
COPY docker-entrypoint.sh /usr/local/bin/
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
