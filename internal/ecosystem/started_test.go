package ecosystem_test

import (
	"slices"
	"testing"

	"github.com/careenhq/careen/internal/ecosystem"
)

func TestStartedPrograms(t *testing.T) {
	for source, want := range map[string][]string{
		`cmd := exec.Command("git", "describe")`:                    {"git"},
		`exec.CommandContext(ctx, "ffmpeg", args...)`:               {"ffmpeg"},
		`const p = spawn('gs', ['-q'])`:                             {"gs"},
		"execFile(`dot`)":                                           {"dot"},
		`subprocess.run(["/usr/bin/convert", "a"])`:                 {"/usr/bin/convert"},
		`subprocess.check_output( [ 'pdftotext', name ] )`:          {"pdftotext"},
		`std::process::Command::new("ldd")`:                         {"ldd"},
		`system("nproc --all")`:                                     {"nproc"},
		`open my $p, '-|', 'file', '-b', $name or die`:              {"file"},
		`open(my $p, "|-", "sendmail")`:                             {"sendmail"},
		"  system 'gs', '-q' or die\n":                              {"gs"},
		"die unless exec \"tar\", 'x'":                              {"tar"},
		`say "the system 'x' is down"; open my $f, '<', 'file'`:     nil,
		`x = "curl"; route := "/api"; r.exec(program)`:              nil,
		`regexp.exec(text); db.exec("SELECT 1"); pool.query("git")`: {"SELECT"},
	} {
		if got := ecosystem.StartedPrograms([]byte(source)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}
