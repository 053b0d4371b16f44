package dockerfile

// A Copy is what a COPY or ADD says. Variables are still in place.
type Copy struct {
	Sources  []Word    // without heredocs
	Heredocs []Heredoc // sources written in the file itself
	Dest     Word
	From     string // stage, image or context; "" for the build context
	Chown    string
	Chmod    string
	Link     bool
	Parents  bool
	Exclude  []string
	Checksum string // ADD
	Add      bool   // ADD rather than COPY
}

// Copy reads a COPY or ADD instruction; ok is false for another one, and when a
// source or the destination is missing.
func (i *Instruction) Copy() (c Copy, ok bool) {
	if i.Name != "COPY" && i.Name != "ADD" {
		return c, false
	}
	w := i.Words()
	if len(w) < 2 {
		return c, false
	}
	c.Add = i.Name == "ADD"
	c.Dest = w[len(w)-1]
	for _, src := range w[:len(w)-1] {
		if _, heredoc, _ := heredocWord(src.Value); !heredoc {
			c.Sources = append(c.Sources, src)
		}
	}
	c.Heredocs = i.Heredocs
	for _, fl := range i.Flags {
		c.flag(fl)
	}
	return c, true
}

func (c *Copy) flag(fl Flag) {
	switch fl.Name {
	case "from":
		c.From = fl.Value
	case "chown":
		c.Chown = fl.Value
	case "chmod":
		c.Chmod = fl.Value
	case "link":
		c.Link = fl.Bool()
	case "parents":
		c.Parents = fl.Bool()
	case "exclude":
		c.Exclude = append(c.Exclude, fl.Value)
	case "checksum":
		c.Checksum = fl.Value
	}
}
