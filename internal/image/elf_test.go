package image

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// elfFacts reads an ELF file the way a layer is read.
func elfFacts(t testing.TB, data []byte) *ELF {
	t.Helper()
	var v window
	if err := v.read(bytes.NewReader(data), int64(len(data)), io.Discard, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	return readELF(&v)
}

func TestELFFacts(t *testing.T) {
	spec := elfSpec{
		interp: "/lib64/ld.so", needed: []string{"liba.so.1", "libb.so.2"}, rpath: "/r:/s", runpath: "$ORIGIN/lib", soname: "libx.so.1",
		needs: map[string]string{"liba.so.1": "A_1"}, defines: []string{"X_1", "X_2"},
	}
	want := &ELF{
		Machine: elf.EM_X86_64, Class: elf.ELFCLASS64, Type: elf.ET_DYN, Interp: "/lib64/ld.so", Needed: spec.needed,
		RPath: []string{"/r", "/s"}, RunPath: []string{"$ORIGIN/lib"}, Soname: "libx.so.1",
		Needs: map[string][]string{"liba.so.1": {"A_1"}}, Defines: spec.defines, Dynamic: true,
	}
	for name, change := range map[string]func(*elfSpec){
		"small":                                    func(*elfSpec) {},
		"larger than what is held whole":           func(s *elfSpec) { s.pad = wholeELF + 1000 },
		"dynamic section behind the head":          func(s *elfSpec) { s.pad = maxHead + 5000 },
		"strings at the end, as patchelf has them": func(s *elfSpec) { s.pad, s.stringsAtTheEnd = maxHead+5000, true },
	} {
		s := spec
		change(&s)
		if got := elfFacts(t, []byte(elfOf(s))); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
		}
	}
}

func TestELFOutOfReach(t *testing.T) {
	data := elfOf(elfSpec{needed: []string{"liba.so.1"}, stringsAtTheEnd: true, pad: maxHead + 5000})
	data += string(make([]byte, 2*maxTail))
	if e := elfFacts(t, []byte(data)); e.Broken == "" {
		t.Errorf("strings that are not held were read as %+v", e)
	}
}

func TestWindowHashesEverything(t *testing.T) {
	for _, n := range []int{5, wholeELF, wholeELF + 1, wholeELF + 3*maxTail} {
		data := bytes.Repeat([]byte("\x7fELF\x02x"), n/6+1)[:n]
		var v window
		sum := sha256.New()
		if err := v.read(bytes.NewReader(data), int64(n), sum, make([]byte, 777)); err != nil {
			t.Fatal(err)
		}
		if want := sha256.Sum256(data); !bytes.Equal(sum.Sum(nil), want[:]) {
			t.Errorf("%d bytes are hashed wrongly", n)
		}
	}
}

// TestELFAgainstDebugELF compares with the standard library on this machine's own
// libraries and on this test itself.
func TestELFAgainstDebugELF(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("/usr/lib/*-linux-gnu/lib*.so.*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Log("no libraries in /usr/lib/TRIPLET: comparing this test's binary alone")
	}
	for _, name := range append(files[:min(len(files), 150)], self) {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		compareELF(t, name, data)
	}
}

func compareELF(t *testing.T, name string, data []byte) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return // a linker script
	}
	want := &ELF{Machine: f.Machine, Class: f.Class, Type: f.Type, Go: f.Section(".go.buildinfo") != nil}
	got := elfFacts(t, data)
	want.Needed, _ = f.DynString(elf.DT_NEEDED)
	if sonames, _ := f.DynString(elf.DT_SONAME); len(sonames) > 0 {
		want.Soname = sonames[0]
	}
	needs, _ := f.DynamicVersionNeeds()
	for _, n := range needs {
		if want.Needs == nil {
			want.Needs = map[string][]string{}
		}
		want.Needs[n.Name] = nil
		for _, d := range n.Needs {
			if d.Flags&elf.VER_FLG_WEAK == 0 {
				want.Needs[n.Name] = append(want.Needs[n.Name], d.Dep)
			}
		}
	}
	defs, _ := f.DynamicVersions()
	for _, d := range defs {
		if d.Flags&elf.VER_FLG_BASE == 0 {
			want.Defines = append(want.Defines, d.Name)
		}
	}
	compared := &ELF{
		Machine: got.Machine, Class: got.Class, Type: got.Type, Go: got.Go, Needed: got.Needed, Soname: got.Soname,
		Needs: got.Needs, Defines: got.Defines, Broken: got.Broken,
	}
	if !reflect.DeepEqual(compared, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", name, compared, want)
	}
}

func TestProgramOrLibrary(t *testing.T) {
	for name, c := range map[string]struct {
		elf             ELF
		program, static bool
	}{
		"library":         {ELF{Type: elf.ET_DYN, Dynamic: true}, false, false},
		"dynamic program": {ELF{Type: elf.ET_DYN, Dynamic: true, PIE: true, Interp: "/ld"}, true, false},
		"static program":  {ELF{Type: elf.ET_EXEC}, true, true},
		"static PIE":      {ELF{Type: elf.ET_DYN, Dynamic: true, PIE: true}, true, true},
		"object file":     {ELF{Type: elf.ET_REL}, false, false},
	} {
		if c.elf.Program() != c.program || c.elf.Static() != c.static {
			t.Errorf("%s: program %v, static %v", name, c.elf.Program(), c.elf.Static())
		}
	}
}

// FuzzELF: no file makes the reader panic or run on.
func FuzzELF(f *testing.F) {
	f.Add([]byte(elfOf(elfSpec{interp: "/ld", needed: []string{"a", "b"}, rpath: "/r", needs: map[string]string{"a": "A"}, defines: []string{"D"}})))
	f.Add([]byte("\x7fELF\x01\x02"))
	f.Add([]byte("\x7fELF\x02\x01" + string(bytes.Repeat([]byte{0xff}, 200))))
	f.Fuzz(func(t *testing.T, data []byte) {
		if e := elfFacts(t, data); len(e.Needed) > maxStrings {
			t.Errorf("%d libraries", len(e.Needed))
		}
	})
}
