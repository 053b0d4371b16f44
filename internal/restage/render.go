package restage

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/span"
)

// Render writes a Spec as edits of the file's last stage: the stage gets a name,
// what only matters at run time moves out of it, and the runtime stage follows. Where
// the stage only brings together what earlier ones made, the runtime stage takes its
// place. files is the original's tree. The string says why it cannot be done without
// guessing.
func Render(f *dockerfile.File, s *Spec, manager string, files []File) ([]span.Edit, string) {
	r := renderer{file: f, spec: s, manager: manager, stage: f.Stages[len(f.Stages)-1], told: map[*dockerfile.Instruction]bool{}}
	r.lineage = lineage(f, r.stage)
	if reason := r.refuse(); reason != "" {
		return nil, reason
	}
	if r.replaces(index(files)) {
		r.replace()
		return r.edits, ""
	}
	r.name()
	r.sortInstructions()
	r.append()
	return r.edits, ""
}

type renderer struct {
	file    *dockerfile.File
	spec    *Spec
	manager string
	stage   *dockerfile.Stage
	lineage []*dockerfile.Stage // stages of the file that it continues, itself last

	build   string // name of the user's stage from now on
	runtime string // name of the runtime stage, "" for none
	edits   []span.Edit

	env, late []*dockerfile.Instruction // carried before and after the copies
	lines     []string

	origins map[string]brought               // of copied paths, when the runtime stage takes the user's place
	told    map[*dockerfile.Instruction]bool // comments that were written

	workshop *dockerfile.Stage // where the user's last stage would have worked, then

	cutEnd     int  // where the last cut ended
	blankAbove bool // the line kept above it is blank, or there is none
}

func (r *renderer) refuse() string {
	for _, stage := range r.lineage {
		for _, in := range stage.Instructions {
			if in.Name == "ONBUILD" {
				return "its last stage has ONBUILD instructions"
			}
		}
	}
	if len(r.file.Problems) > 0 {
		return "the Dockerfile has syntax problems"
	}
	return ""
}

// name names the user's stage. A name that the stage already has belongs to what
// is built in the end, so the runtime stage takes it over.
func (r *renderer) name() {
	base := r.stage.Base()
	r.build = r.free("build")
	if base.Name == "" {
		r.edits = append(r.edits, span.Insert(base.Image.Span.End, " AS "+r.build))
		return
	}
	if base.Name == "build" || base.Name == "builder" {
		r.build = base.Name
		return
	}
	r.runtime = r.file.Text(base.NameSpan)
	r.edits = append(r.edits, span.Replace(base.NameSpan, r.build))
}

func (r *renderer) free(name string) string {
	for candidate, i := name, 2; ; i++ {
		if r.file.StageByName(candidate) == nil {
			return candidate
		}
		candidate = fmt.Sprintf("%s%d", name, i)
	}
}

// runtimeOnly are instructions that say nothing to the build steps of their stage.
var runtimeOnly = map[string]bool{
	"CMD": true, "ENTRYPOINT": true, "EXPOSE": true, "MAINTAINER": true, "VOLUME": true, "HEALTHCHECK": true, "STOPSIGNAL": true, "LABEL": true,
}

// sortInstructions moves runtime instructions out of the user's stage and notes
// which of the others the runtime stage repeats.
func (r *renderer) sortInstructions() {
	lastStep := r.lastStep()
	r.env, r.late = inherited(r.lineage)
	var user *dockerfile.Instruction
	for i, in := range r.stage.Instructions {
		switch {
		case r.spec.handover != nil && in == r.spec.handover.step:
			r.cut(in)
		case in.Name == "WORKDIR" && i > lastStep:
			r.cut(in) // the runtime stage has it
		case runtimeOnly[in.Name]:
			r.move(in)
		case in.Name == "USER":
			if user != nil {
				r.late = slices.DeleteFunc(r.late, func(x *dockerfile.Instruction) bool { return x == user })
			}
			user = in
			r.late = append(r.late, in)
			if i > lastStep {
				r.cut(in)
			}
		case in.Name == "ENV":
			r.env = append(r.env, in)
			if i > lastStep {
				r.cut(in)
			}
		case in.Name == "SHELL":
			r.env = append(r.env, in)
		case in.Name == "ARG" && i > lastStep:
			r.cut(in) // the runtime stage declares what it uses
		}
	}
}

// lastStep is the index of the last instruction that the user's stage still has
// something to do for, -1 for none.
func (r *renderer) lastStep() int {
	last := -1
	for i, in := range r.stage.Instructions {
		switch {
		case r.spec.handover != nil && in == r.spec.handover.step:
		case in.Name == "RUN", in.Name == "COPY", in.Name == "ADD", in.Name == "WORKDIR" && len(r.spec.Prepare) > 0:
			last = i
		}
	}
	return last
}

func (r *renderer) move(in *dockerfile.Instruction) {
	r.late = append(r.late, in)
	r.cut(in)
}

// cut takes an instruction out of the user's stage. Of the blank lines around it
// those above stay.
func (r *renderer) cut(in *dockerfile.Instruction) {
	s := withComments(in)
	source := string(r.file.Source)
	if s.Start != r.cutEnd {
		r.blankAbove = s.Start == 0 || endsBlank(source[:s.Start])
	}
	for r.blankAbove {
		line, _, ok := strings.Cut(source[s.End:], "\n")
		if !ok || strings.TrimSpace(line) != "" {
			break
		}
		s.End += len(line) + 1
	}
	r.cutEnd = s.End
	r.edits = append(r.edits, span.Delete(s))
}

// endsBlank tells whether a text ends with a blank line.
func endsBlank(text string) bool {
	text, ok := strings.CutSuffix(text, "\n")
	return ok && strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:]) == ""
}

// withComments is an instruction's lines and the comments directly above it.
func withComments(in *dockerfile.Instruction) span.Span {
	s := in.Lines()
	if len(in.Leading) > 0 {
		ix := in.File().Index()
		s.Start = ix.Line(ix.Position(in.Leading[0].Span.Start).Line).Start
	}
	return s
}

// append writes the runtime stage at the end of the file.
func (r *renderer) append() {
	r.prepare()
	if kept, err := span.Apply(r.file.Source, r.edits); err != nil || len(r.lines) > 0 || !endsBlank(string(kept)) {
		r.line("")
	}
	r.compose()
	r.edits = append(r.edits, span.Insert(len(r.file.Source), r.text()))
}

// compose writes the lines of the runtime stage.
func (r *renderer) compose() {
	r.comment(r.spec.Why)
	from := "FROM " + r.spec.Base
	if r.runtime != "" {
		from += " AS " + r.runtime
	}
	r.line(from)
	r.arguments()
	for _, in := range r.env {
		r.carry(in)
	}
	if r.spec.Path != "" && !r.setsPath() {
		r.line("ENV PATH=" + r.spec.Path)
	}
	r.accounts()
	r.install()
	if len(r.spec.dirs) > 0 {
		r.line(makeDirs(r.spec.dirs))
	}
	if dir := r.spec.Workdir; dir != "" && dir != "/" {
		r.line("WORKDIR " + dir)
	}
	for _, c := range r.spec.Copies {
		r.copy(c)
	}
	if len(r.spec.links) > 0 {
		r.line(makeLinks(r.spec.links))
	}
	if r.spec.ldconfig {
		r.line("RUN ldconfig")
	}
	if steps := configurationSteps(r.stage); r.spec.Configure && len(steps) > 0 {
		r.line("RUN " + strings.Join(steps, " && "))
	}
	for _, in := range r.late {
		r.carry(in)
	}
}

func eolOf(f *dockerfile.File) string {
	if strings.Contains(string(f.Source), "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// text joins the lines in the file's own line ending.
func (r *renderer) text() string {
	eol := eolOf(r.file)
	text := strings.Join(r.lines, eol) + eol
	if n := len(r.file.Source); n > 0 && r.file.Source[n-1] != '\n' {
		text = eol + text
	}
	return text
}

func (r *renderer) line(text string) { r.lines = append(r.lines, text) }

func (r *renderer) comment(text string) {
	if text != "" {
		r.line("# " + text)
	}
}

// prepare adds what the build stage has to do last.
func (r *renderer) prepare() {
	for _, p := range r.spec.Prepare {
		r.comment(p.Comment)
		r.line(p.Text)
	}
}

// carry repeats an instruction as it stands, its comments above it.
func (r *renderer) carry(in *dockerfile.Instruction) {
	if r.spec.Exec != nil && (in.Name == "CMD" || in.Name == "ENTRYPOINT") {
		if command, ok := in.Command(); ok && command.Form == dockerfile.ShellForm {
			r.line(in.Name + " " + jsonArray(r.spec.Exec))
			return
		}
	}
	text := r.file.Text(span.Span{Start: withComments(in).Start, End: in.Span.End})
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		r.line(line)
	}
}

// jsonArray writes an exec form the way Dockerfiles have it.
func jsonArray(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(w); err != nil {
			panic(err) // a string always encodes
		}
		quoted[i] = strings.TrimSuffix(b.String(), "\n")
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// arguments repeats the ARG declarations that carried instructions refer to.
func (r *renderer) arguments() {
	used := map[string]bool{}
	for _, in := range slices.Concat(r.env, r.late) {
		for _, name := range dockerfile.Variables(in.Text(), r.file.Escape) {
			used[name] = true
		}
	}
	for _, stage := range r.lineage {
		for _, in := range stage.Instructions {
			if in.Name != "ARG" {
				continue
			}
			for _, kv := range in.KeyValues() {
				if used[kv.Key] {
					r.line("ARG " + r.file.Text(kv.Span))
					used[kv.Key] = false
				}
			}
		}
	}
}

// accounts makes the users and groups of the build: by the user's own commands
// where they stand plainly in a RUN, else by copying the account files.
func (r *renderer) accounts() {
	if !r.spec.Accounts {
		return
	}
	var steps []string
	for _, stage := range r.lineage {
		steps = append(steps, accountSteps(stage)...)
	}
	if len(steps) > 0 {
		r.line("RUN " + strings.Join(steps, " && "))
		return
	}
	r.comment("Accounts, as the build has them.")
	r.line("COPY --from=" + r.build + " /etc/passwd /etc/group /etc/")
}

// setsPath tells whether a carried instruction already sets PATH.
func (r *renderer) setsPath() bool {
	return slices.ContainsFunc(r.env, func(in *dockerfile.Instruction) bool {
		return in.Name == "ENV" && slices.ContainsFunc(in.KeyValues(), func(kv dockerfile.KeyValue) bool { return kv.Key == "PATH" })
	})
}

// makeLinks is the RUN that makes symbolic links.
func makeLinks(links []link) string {
	commands := make([]string, len(links))
	for i, l := range links {
		commands[i] = "ln -sfn " + l.target + " " + l.path
	}
	return "RUN " + strings.Join(commands, " && ")
}

// install installs the runtime packages with the distribution's manager.
func (r *renderer) install() {
	if len(r.spec.Packages) == 0 {
		return
	}
	what, flags := "Run-time packages: ", "--no-install-recommends "
	if r.spec.Recommends {
		what, flags = "Run-time packages and what they recommend: ", ""
	}
	r.comment(what + reasons(r.spec.Packages) + ".")
	names := make([]string, len(r.spec.Packages))
	for i, p := range r.spec.Packages {
		names[i] = p.Name
	}
	slices.Sort(names)
	escape := string(r.file.Escape)
	if r.manager == "apk" {
		r.line("RUN apk add --no-cache " + strings.Join(names, " "))
		return
	}
	first := "RUN "
	if r.spec.Manuals {
		first += "mkdir -p /usr/share/man/man1 && "
	}
	r.line(first + "apt-get update && apt-get install -y " + flags + escape)
	for _, name := range names {
		r.line("    " + name + " " + escape)
	}
	r.line(" && rm -rf /var/lib/apt/lists/*")
}

// reasons lists why packages are there, each reason once, in order.
func reasons(packages []Package) string {
	var seen []string
	for _, p := range packages {
		if !slices.Contains(seen, p.Why) {
			seen = append(seen, p.Why)
		}
	}
	return strings.Join(seen, ", ")
}

// copy writes one COPY --from. Destinations under the working directory are
// written relative to it, as people do.
func (r *renderer) copy(c Copy) {
	if r.origins != nil {
		r.copyOrigins(c)
		return
	}
	r.comment(c.Why)
	dest := c.Paths[0]
	if c.To != "" {
		dest = c.To
	} else if !c.Dir {
		dest = strings.TrimSuffix(path.Dir(dest), "/") + "/"
	}
	words := append(slices.Clone(c.Paths), r.relative(dest))
	flags := "COPY --from=" + r.build + " "
	if c.Owner != "" {
		flags += "--chown=" + c.Owner + " "
	}
	if slices.ContainsFunc(words, func(w string) bool { return strings.ContainsAny(w, " \t\"'#$\\`") }) {
		r.line(flags + jsonArray(escapeAll(words)))
		return
	}
	r.line(flags + strings.Join(words, " "))
}

// escapeAll keeps a '$' in a path from being taken for a variable.
func escapeAll(words []string) []string {
	escaped := make([]string, len(words))
	for i, w := range words {
		escaped[i] = strings.NewReplacer(`\`, `\\`, `$`, `\$`).Replace(w)
	}
	return escaped
}

func (r *renderer) relative(dest string) string {
	dir := strings.TrimSuffix(r.spec.Workdir, "/")
	if dir == "" || !strings.HasPrefix(dest, dir+"/") {
		return dest
	}
	return "./" + strings.TrimPrefix(dest, dir+"/")
}
