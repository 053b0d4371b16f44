package repro

import (
	"strings"
	"testing"
	"time"
)

// Each remedy as it appears in the text; a second plan over the result adds nothing.
func TestPlan(t *testing.T) {
	for _, c := range []struct{ name, text, cause, path, want string }{
		{"log", "FROM a\nRUN apt-get update && apt-get install -y b\n", PackageLog, "/var/log/apt/term.log", "&& rm -rf /var/log/apt/*"},
		{"CTest", "FROM a\nRUN cd build && ctest\n", LogFile, "/s/build/Testing/Temporary/CTestCostData.txt", "&& ctest && rm -rf /s/build/Testing/Temporary\n"},
		{"CMake", "FROM a\nRUN cmake -S . -B build\n", LogFile, "/s/build/CMakeFiles/CMakeOutput.log", "build && rm -rf /s/build/CMakeFiles/CMakeOutput.log\n"},
		{"mode", "FROM a\nCOPY . /app\n", FileMode, "/app/x", "COPY --chmod=u=rwX,go=rX . /app"},
		{"trimpath", "FROM a\nRUN go build -o /x ./cmd/x\n", GoPath, "/x", "go build -trimpath -o /x"},
		{"vcs", "FROM a\nRUN go build -o /x ./cmd/x\n", GoVCS, "/x", "go build -buildvcs=false -o /x"},
		{"gzip", "FROM a\nRUN gzip -9 /x\n", GzipHeader, "/x.gz", "gzip -n -9 /x"},
		{"tar", "FROM a\nRUN tar czf /x.tgz /src\n", ArchiveTime, "/x.tgz", "tar czf /x.tgz /src --sort=name --mtime=@0"},
		{"ar", "FROM a\nRUN ar rcs /x.a x.o\n", ArchiveTime, "/x.a", "ar rcsD /x.a"},
		{"date", "FROM a\nRUN date +%F > /built\n", EmbeddedDate, "/built", "date -u -d @${SOURCE_DATE_EPOCH:-$(date +%s)} +%F"},
		{"argument", "FROM a\nRUN make\n", EmbeddedDate, "/x", "ARG SOURCE_DATE_EPOCH\nRUN make"},
		{"byte code", "FROM a\nRUN pip install x\n", Bytecode, "/x.pyc", "ARG SOURCE_DATE_EPOCH\nRUN pip"},
		{"machine id", "FROM a\nRUN dbus-uuidgen --ensure\n", MachineID, "/etc/machine-id", "&& : > /etc/machine-id"},
		{"order", "FROM a\nRUN find /src -type f > /list\n", RandomOrder, "/list", "find /src -type f | LC_ALL=C sort > /list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := []Difference{{Layer: 1, Line: 2, Path: c.path, Cause: c.cause}}
			_, text := plan([]byte(c.text), d, true, time.Unix(0, 0))
			if !strings.Contains(string(text), c.want) {
				t.Fatalf("%s\nwant %s", text, c.want)
			}
			line := 2 + strings.Count(string(text), "\n") - strings.Count(c.text, "\n")
			d[0].Line = line
			if _, again := plan(text, d, true, time.Unix(0, 0)); string(again) != string(text) {
				t.Errorf("a second plan changes it again:\n%s", again)
			}
		})
	}
}

// What a COPY --from brings is changed where it was made.
func TestPlanBehindCopy(t *testing.T) {
	text := "FROM a AS build\nRUN go build -o /x .\n\nFROM b\nCOPY --from=build /x /x\n"
	_, next := plan([]byte(text), []Difference{{Line: 5, Path: "/x", Cause: GoPath}}, true, time.Unix(0, 0))
	if !strings.Contains(string(next), "RUN go build -trimpath -o /x .") {
		t.Errorf("%s", next)
	}
}

// What careen cannot make is for a person and leaves the text as it is.
func TestPlanByHand(t *testing.T) {
	text := "FROM a\nRUN openssl genrsa > /key\n"
	changes, next := plan([]byte(text), []Difference{{Line: 2, Path: "/key", Cause: GeneratedKey}}, true, time.Unix(0, 0))
	if string(next) != text || len(changes) != 1 || changes[0].Where != ByHand {
		t.Errorf("%+v\n%s", changes, next)
	}
}
