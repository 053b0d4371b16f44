package checks

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// wild makes Dockerfiles as they are met in the wild: each trait comes about as
// often as in surveys of public files. The same seed gives the same file.
type wild struct {
	*rand.Rand
	b strings.Builder
}

func wildFile(seed uint64) []byte {
	w := &wild{Rand: rand.New(rand.NewPCG(seed, 1))}
	w.head()
	stages := 1
	if w.chance(20) {
		stages = 2 + w.IntN(2)
	}
	for k := range stages {
		w.stage(k, stages)
	}
	return w.finish()
}

func (w *wild) chance(percent int) bool { return w.IntN(100) < percent }

func (w *wild) pick(list ...string) string { return list[w.IntN(len(list))] }

func (w *wild) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

func (w *wild) head() {
	if w.chance(10) {
		w.line("# syntax=docker/dockerfile:1")
	}
	if w.chance(2) {
		w.line("# check=skip=%s", w.pick("all", "JSONArgsRecommended", "JSONArgsRecommended;error=true"))
	}
	if w.chance(30) {
		w.line("# %s", w.pick("Dockerfile for the service", "made by hand", "hadolint global ignore=DL3008", "see https://example.com/docs", "größer als nötig"))
	}
	if w.chance(15) {
		w.line("ARG VERSION=%s", w.pick("20", "3.12", "latest", "bookworm"))
	}
}

func (w *wild) stage(k, stages int) {
	base := w.pick("debian", "debian:bookworm", "ubuntu:latest", "ubuntu:24.04", "node:20", "node", "node:20-alpine", "python:3.12", "python:3.12-slim", "golang:1.26",
		"php:8.3-apache", "ruby:3.3", "rust:1.80", "maven:3-eclipse-temurin-21", "eclipse-temurin:21-jdk", "alpine:3.20", "nginx:latest", "centos:7", "scratch",
		"node:${VERSION}", "registry.example.com/team/base@sha256:0000000000000000000000000000000000000000000000000000000000000000")
	switch {
	case k < stages-1:
		w.line("FROM %s AS s%d", base, k)
	case stages > 1 && w.chance(20):
		w.line("FROM s%d", w.IntN(stages-1))
	default:
		w.line("%s %s", w.pick("FROM", "FROM", "FROM", "from"), base)
	}
	for range 4 + w.IntN(14) {
		w.instruction(k, stages)
	}
	if w.chance(50) {
		w.line(w.pick(`CMD ["npm", "start"]`, "CMD npm start", `ENTRYPOINT ["/entrypoint.sh"]`, "CMD python app.py | tee /var/log/app", `CMD ["go", "run", "."]`, `CMD [ "./app" ]`))
	}
}

func (w *wild) instruction(k, stages int) {
	if w.chance(25) {
		w.b.WriteByte('\n')
	}
	if w.chance(15) {
		w.line("%s# %s", w.pick("", "  ", "\t"), w.pick("install things", "hadolint ignore=DL3008,DL3009", "careen ignore=dockerignore we want all of it", "TODO: make it smaller", "tally ignore=hadolint/DL3020;reason=old"))
	}
	switch w.IntN(22) {
	case 0, 1:
		w.apt()
	case 2:
		w.line("COPY %s", w.pick(". .", ". /app", "src/ /app/src", "package*.json ./", "--chown=1000:1000 . .", `["a b", "/app/"]`, "requirements.txt /tmp/", "go.mod go.sum ./", "./ ./"))
	case 3:
		w.line("ADD %s", w.pick(". /app", "https://example.com/tool-1.2.tar.gz /tmp/", "app.tar.gz /", "conf/app.conf /etc/", "--checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/x /x"))
	case 4, 5:
		w.line("RUN %s", w.pick("npm install", "npm ci && npm run build", "yarn install --production", "pip install -r requirements.txt", "pip3 install flask", "go mod download", "go build -o /app ./...",
			"bundle install", "composer install --no-dev", "mvn -B package", "cargo build --release", "pnpm i --frozen-lockfile", "poetry install", "make -j$(nproc) && make install", "cd app && npm install"))
	case 6:
		w.line("RUN %s", w.pick("curl -sSL https://example.com/a.tgz | tar xz -C /opt", "wget -q https://example.com/a.deb && dpkg -i a.deb && rm a.deb", "git clone https://example.com/x.git /x"))
	case 7:
		w.line("RUN %s", w.pick("chmod +x /entrypoint.sh", "chown -R app:app /app", "chmod -R 777 /var/www", "rm -rf /tmp/* /var/lib/apt/lists/*", "useradd -m app"))
	case 8:
		w.line("ENV %s", w.pick("PATH=/opt/bin:$PATH", "NODE_ENV production", "A=1 B=\"two words\" \\\n    C=3", "PYTHONUNBUFFERED=1", "REV=$GIT_SHA"))
	case 9:
		w.line("ARG %s", w.pick("GIT_SHA", "BUILD_DATE=unknown", "NPM_TOKEN", "VERSION", "COMMIT=1f2e3d4c", "HTTP_PROXY"))
	case 10:
		w.line("LABEL %s", w.pick("maintainer=me", "org.opencontainers.image.revision=$GIT_SHA", `a="b c" d=e`))
	case 11:
		w.line("WORKDIR %s", w.pick("/app", "src", "/usr/src/app", "$HOME/x"))
	case 12:
		w.line(w.pick("USER node", "USER 1000:1000", "VOLUME /data", `VOLUME ["/a", "/b"]`, "EXPOSE 80 443", "STOPSIGNAL SIGTERM", "MAINTAINER me@example.com"))
	case 13:
		w.line(w.pick("HEALTHCHECK CMD curl -f http://localhost/ || exit 1", "HEALTHCHECK NONE", `HEALTHCHECK --interval=5s CMD ["/app", "health"]`))
	case 14:
		w.line(w.pick("RUN <<EOF\nset -e\napt-get update\napt-get install -y git\nEOF", "COPY <<-\"EOT\" /etc/app.conf\n\ta = 1\n\tEOT", "RUN --mount=type=cache,target=/root/.npm npm ci", "RUN --mount=type=secret,id=token cat /run/secrets/token"))
	case 15:
		if k > 0 {
			w.line("COPY --from=s%d /app /app", w.IntN(k))
		}
	case 16:
		w.line(w.pick("ONBUILD COPY . /app", "ONBUILD RUN npm install", `SHELL ["/bin/bash", "-o", "pipefail", "-c"]`, `SHELL ["powershell", "-Command"]`))
	case 17:
		w.line("RUN echo one && \\\n# in between\n    echo two \\\n\n    && echo three")
	default:
		w.line("RUN %s", w.pick("ls -la", "mkdir -p /app/data && touch /app/data/x", "sed -i 's/a/b/' /etc/x", "[ -d /x ] || mkdir /x", "for f in a b; do echo $f; done", "echo \"$GIT_SHA\" > /rev", "npm cache clean --force", "pip install --upgrade pip"))
	}
}

func (w *wild) apt() {
	packages := w.pick("git curl", "vim", "git \\\n    # debug tools\n    vim \\\n    net-tools", "build-essential python3-dev", "nginx", "\\\n    git \\\n    # for the build\n    make \\\n    curl", "$PACKAGES")
	flags := w.pick("-y", "-y --no-install-recommends", "-qq -y", "--yes")
	switch w.IntN(4) {
	case 0:
		w.line("RUN apt-get update && apt-get install %s %s", flags, packages)
	case 1:
		w.line("RUN apt-get update && apt-get install %s %s && rm -rf /var/lib/apt/lists/*", flags, packages)
	case 2:
		w.line("RUN apt-get update\nRUN apt-get install %s %s", flags, packages)
	default:
		w.line("RUN apk add %s git curl", w.pick("", "--no-cache"))
	}
}

// finish gives some files other line endings, marks and faults.
func (w *wild) finish() []byte {
	text := w.b.String()
	switch w.IntN(25) {
	case 0:
		text = strings.ReplaceAll(text, "\n", "\r\n")
	case 1:
		text = strings.TrimSuffix(text, "\n")
	case 2:
		text = "\ufeff" + text
	case 3:
		text = "# escape=`\n" + strings.ReplaceAll(text, "\\\n", "`\n")
	case 4:
		at := w.IntN(len(text))
		text = text[:at] + w.pick("\\", "\x00", "RUN", "\xff\xfe", "<<EOF", "\"", "FROM\n") + text[at:]
	case 5:
		text = text[:w.IntN(len(text))]
	}
	return []byte(text)
}
