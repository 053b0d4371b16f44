package checks

import (
	"bytes"
	"path"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/dockerfile"
	"github.com/careenhq/careen/internal/buildctx"
	"github.com/careenhq/careen/internal/rule"
	"github.com/careenhq/careen/span"
)

func addOrCopy() *rule.Rule {
	return &rule.Rule{
		ID: "add-or-copy",
		Doc: rule.Doc{
			Title: "ADD of a remote archive, or where COPY serves",
			Text: `ADD of a URL stores the archive as it is, in a layer of its own: unpacking it in a
later RUN keeps both, and removing it there frees nothing. Download, unpack and remove it in one RUN.

ADD of local files does what COPY does, until one of them happens to be a tar archive: then it is
unpacked. The fix is safe: it is offered only where every source is in the build context, none of
the files is an archive by its contents, and no flag is used that COPY lacks.`,
			Before: "ADD . /app",
			After:  "COPY . /app",
			Since:  "0.1",
		},
		Severity: diag.Info,
		Fix:      diag.Safe,
		Aliases:  []string{"DL3020"},
		Check:    checkAddOrCopy,
	}
}

func checkAddOrCopy(p *rule.Pass) {
	for _, s := range p.File.Stages {
		for _, i := range s.Instructions {
			if c, ok := i.Copy(); ok && c.Add {
				checkAdd(p, s, i, c)
			}
		}
	}
}

func checkAdd(p *rule.Pass, s *dockerfile.Stage, i *dockerfile.Instruction, c dockerfile.Copy) {
	remote, local := 0, 0
	for _, src := range c.Sources {
		switch {
		case isRemoteArchive(src.Value):
			remote++
		case !isRemote(src.Value) && !isArchiveName(src.Value) && !strings.Contains(src.Value, "$"):
			local++
		}
	}
	_, unpack := i.Flag("unpack")
	switch {
	case remote > 0 && !unpack:
		f := diag.Finding{
			Span: i.Span, Severity: diag.Warning,
			Message: "ADD keeps the downloaded archive in a layer",
			Reason:  "the archive stays in the image even if a later RUN unpacks and removes it; download, unpack and remove it in one RUN",
		}
		if e, ok := p.Bytes(i); ok {
			f.Saving = []diag.Estimate{e}
		}
		p.Report(f)
	case local == len(c.Sources) && !unpack && onlyCopyFlags(i):
		f := diag.Finding{
			Span: i.Span, Message: "ADD where COPY serves",
			Reason: "ADD unpacks a file that happens to be an archive; COPY never does",
		}
		if plainFiles(p, c) && strings.EqualFold(p.File.Text(i.Keyword), "add") {
			f.Change = p.Edit("use COPY for local files", []span.Edit{span.Replace(i.Keyword, likeCase(p.File.Text(i.Keyword), "COPY"))})
		}
		p.Report(f)
	}
}

// plainFiles tells whether the sources are in the context and none is unpacked by
// ADD. Files inside a copied directory never are.
func plainFiles(p *rule.Pass, c dockerfile.Copy) bool {
	if p.Project.Context == nil {
		return len(c.Sources) == 0
	}
	for _, src := range c.Sources {
		if path.Clean("/"+src.Value) == "/" {
			continue
		}
		matched := p.Project.Context.Match(src.Value)
		if len(matched) == 0 || !allPlain(p.Project.Context, matched) {
			return false
		}
	}
	return true
}

// allPlain looks at the files that were named themselves.
func allPlain(c *buildctx.Context, matched []buildctx.Entry) bool {
	inside := ""
	for _, e := range matched {
		switch {
		case inside != "" && strings.HasPrefix(e.Path, inside):
		case e.Mode.IsDir():
			inside = e.Path + "/"
		case !e.Mode.IsRegular():
			return false
		default:
			head, err := c.Read(e.Path, maxHead)
			if err == nil && isArchive(head) || err != nil && !isTextName(e.Path) {
				return false
			}
		}
	}
	return true
}

// maxHead is how large a file may be to be looked into for an archive's marks.
const maxHead = 1 << 20

// isArchive tells archives that ADD unpacks, by the marks they begin with.
func isArchive(data []byte) bool {
	for _, mark := range []string{"\x1f\x8b", "BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return true
		}
	}
	return len(data) > 262 && string(data[257:262]) == "ustar"
}

var archiveEndings = [...]string{".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst", ".gz", ".bz2", ".xz", ".zst", ".zip", ".lz4", ".7z"}

func isArchiveName(name string) bool {
	name = strings.ToLower(name)
	for _, e := range archiveEndings {
		if strings.HasSuffix(name, e) {
			return true
		}
	}
	return false
}

// isTextName tells files that are large at times and never archives.
func isTextName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".sql", ".csv", ".txt", ".js", ".css", ".html", ".jar", ".war", ".xml", ".svg", ".py", ".so":
		return true
	}
	return false
}

// isRemote tells sources that are not in the context: URLs and git repositories.
func isRemote(src string) bool {
	return strings.Contains(src, "://") || strings.HasPrefix(src, "git@")
}

func isRemoteArchive(src string) bool {
	name, _, _ := strings.Cut(src, "?")
	return strings.HasPrefix(src, "http") && isRemote(src) && isArchiveName(name)
}

// onlyCopyFlags tells whether COPY understands all of the instruction's flags.
func onlyCopyFlags(i *dockerfile.Instruction) bool {
	for _, fl := range i.Flags {
		switch fl.Name {
		case "chown", "chmod", "link", "exclude":
		default:
			return false
		}
	}
	return true
}

// likeCase writes word in lower case where sample is.
func likeCase(sample, word string) string {
	if sample == strings.ToLower(sample) {
		return strings.ToLower(word)
	}
	return word
}
