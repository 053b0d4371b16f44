package verify

import (
	"context"
	"encoding/pem"
	"fmt"
	"path"
	"strings"

	"github.com/careenhq/careen/diag"
	"github.com/careenhq/careen/internal/image"
)

// certificateBundle is where Debian and Alpine keep the TLS roots as one file.
const certificateBundle = "/etc/ssl/certs/ca-certificates.crt"

// bundles are where programs look for the TLS roots (crypto/x509 of Go, OpenSSL's
// defaults of Debian, Alpine and Fedora).
var bundles = []string{certificateBundle, "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"}

// certificates checks that every TLS root is still trusted.
func (c *comparison) certificates(ctx context.Context, s *sheet) {
	for _, bundle := range bundles {
		before := c.old.tree.Resolve(bundle)
		if before == nil {
			continue
		}
		s.checked("certificates")
		after := c.new.tree.Resolve(bundle)
		if after == nil {
			s.differs(diag.Difference{Check: "certificates", Path: bundle, Label: "B14", Reason: "the TLS roots are not in the new image: connections over TLS fail"})
			continue
		}
		if before.Digest == after.Digest {
			continue
		}
		older, err := c.old.certificatesIn(ctx, bundle)
		newer, errNew := c.new.certificatesIn(ctx, bundle)
		if err != nil || errNew != nil {
			s.unjudged("certificates", "%s cannot be read", bundle)
			continue
		}
		missing := 0
		for root := range older {
			if !newer[root] {
				missing++
			}
		}
		if missing > 0 {
			s.differs(diag.Difference{Check: "certificates", Path: bundle, Label: "B14", Old: fmt.Sprintf("%d roots", len(older)),
				New: fmt.Sprintf("%d roots", len(newer)), Reason: fmt.Sprintf("%d TLS roots are no longer trusted", missing)})
		}
	}
}

func (s *side) certificatesIn(ctx context.Context, bundle string) (map[string]bool, error) {
	const limit = 16 << 20
	rest, err := s.tree.Read(ctx, s.tree.Resolve(bundle).Path, limit)
	if err != nil {
		return nil, err
	}
	roots := map[string]bool{}
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return roots, nil
		}
		roots[string(block.Bytes)] = true
	}
}

// places checks what programs expect of every system and find by custom.
func (c *comparison) places(s *sheet) {
	s.checked("tmp", "zones", "nsswitch", "locales")
	for _, dir := range []string{"/tmp", "/var/tmp"} {
		c.place(s, dir)
	}
	c.zones(s)
	c.locales(s)
	c.nsswitch(s)
}

// place compares a directory for temporary files.
func (c *comparison) place(s *sheet, dir string) {
	before, after := c.old.tree.Resolve(dir), c.new.tree.Resolve(dir)
	switch {
	case before == nil || !before.IsDir():
	case after == nil || !after.IsDir():
		if dir == "/var/tmp" {
			s.note("%s is not in the new image", dir)
			return
		}
		s.differs(diag.Difference{Check: "tmp", Path: dir, Label: "B14", Reason: "there is no directory for temporary files"})
	case before.Mode != after.Mode:
		s.differs(diag.Difference{Check: "tmp", Path: dir, Label: "B14", Old: fmt.Sprintf("%04o", before.Mode), New: fmt.Sprintf("%04o", after.Mode),
			Reason: "others may use the directory for temporary files differently"})
	}
}

const zones = "/usr/share/zoneinfo"

// zones checks that every time zone that the old image knows is there.
func (c *comparison) zones(s *sheet) {
	older, newer := c.old.tree.Resolve(zones), c.new.tree.Resolve(zones)
	if older == nil {
		return
	}
	if newer == nil {
		s.differs(diag.Difference{Check: "zones", Path: zones, Label: "B14", Reason: "the time zones are not in the new image"})
		return
	}
	var lost []string
	c.old.tree.Walk(func(n *image.Node) bool {
		if !within(zones, n.Path) {
			return n.IsDir() && within(n.Path, zones)
		}
		isZone := !n.IsDir() && !strings.Contains(n.Path, ".") && !within(zones+"/right", n.Path) && !within(zones+"/posix", n.Path)
		if isZone && !c.new.has(n.Path) && !c.defaultTime(n.Path) {
			lost = append(lost, n.Path)
		}
		return true
	})
	if len(lost) > 0 {
		s.differs(diag.Difference{Check: "zones", Path: lost[0], Label: "B14", Reason: fmt.Sprintf("%d time zones are not in the new image", len(lost))})
	}
}

// defaultTime tells whether a path is the link to the local time and leads to UTC,
// which is what the C library takes where there is no local time.
func (c *comparison) defaultTime(p string) bool {
	local := c.old.tree.Resolve(p)
	return p == zones+"/localtime" && (local == nil || path.Base(local.Path) == "UTC")
}

// locales checks the locale that the environment asks for, and those that the
// project made.
func (c *comparison) locales(s *sheet) {
	const archive = "/usr/lib/locale/locale-archive"
	n := c.old.tree.Resolve(archive)
	if n != nil && !c.old.fromBase(n) && !c.new.has(archive) {
		s.differs(diag.Difference{Check: "locales", Path: archive, Label: "B14", Reason: "the project's locales are not in the new image"})
	}
}

// databases of nsswitch.conf that programs of every kind ask.
var databases = []string{"hosts", "passwd", "group"}

// nsswitch compares which services the C library asks for hosts and accounts. It
// matters only where a C library is left that reads it.
func (c *comparison) nsswitch(s *sheet) {
	older, newer := services(c.old.text("/etc/nsswitch.conf")), services(c.new.text("/etc/nsswitch.conf"))
	if len(older) == 0 {
		return
	}
	if len(newer) == 0 {
		s.differs(diag.Difference{Check: "nsswitch", Path: "/etc/nsswitch.conf", Label: "B14", Reason: "the file says in which order names are looked up, and the new image lacks it"})
		return
	}
	for _, database := range databases {
		if newer[database] != older[database] {
			s.differs(diag.Difference{Check: "nsswitch", Path: database, Label: "B14", Old: older[database], New: newer[database],
				Reason: "names are looked up in another order"})
		}
	}
}

// services is nsswitch.conf(5) by database.
func services(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if database, list, ok := strings.Cut(line, ":"); ok {
			all[strings.TrimSpace(database)] = strings.Join(strings.Fields(list), " ")
		}
	}
	return all
}
