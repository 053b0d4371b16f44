package repro

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxInner bounds what is unpacked from a compressed file, in bytes; maxMembers the
// members of an archive.
const (
	maxInner   = 256 << 20
	maxMembers = 200_000
)

// member is one entry of an archive.
type member struct {
	name  string
	notes string // times, owners, modes
	sum   [32]byte
}

// ofArchive looks into gzip, tar, zip (jar, whl, …) and ar files.
func ofArchive(s *sample) (string, string) {
	old, new := s.old, s.new
	if packed(old) && packed(new) {
		a, errA := gunzip(old)
		b, errB := gunzip(new)
		if errA != nil || errB != nil {
			return "", ""
		}
		if bytes.Equal(a, b) {
			if !bytes.Equal(old[4:8], new[4:8]) {
				return GzipHeader, "bytes 4 to 8"
			}
			return GzipHeader, "the name or the level in the header"
		}
		old, new = a, b
	}
	a, b := members(old), members(new)
	if a == nil || b == nil {
		return "", ""
	}
	return compareMembers(a, b)
}

func packed(data []byte) bool { return len(data) > 18 && data[0] == 0x1f && data[1] == 0x8b }

func gunzip(data []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, maxInner+1))
	if len(out) > maxInner {
		return nil, errors.New("too large")
	}
	return out, err
}

func compareMembers(a, b []member) (cause, detail string) {
	sortedA, sortedB := sorted(a), sorted(b)
	if !slices.EqualFunc(sortedA, sortedB, func(x, y member) bool { return x.name == y.name && x.sum == y.sum }) {
		return "", ""
	}
	for i, m := range sortedA {
		if m.notes != sortedB[i].notes {
			return ArchiveTime, "member " + m.name
		}
	}
	if !slices.EqualFunc(a, b, func(x, y member) bool { return x.name == y.name }) {
		return ArchiveOrder, fmt.Sprintf("%d members", len(a))
	}
	return ArchiveTime, "headers"
}

func sorted(list []member) []member {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return list
}

// members lists an archive; nil when it is none.
func members(data []byte) []member {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return zipMembers(data)
	case bytes.HasPrefix(data, []byte("!<arch>\n")):
		return arMembers(data[8:])
	case len(data) > 512 && bytes.Equal(data[257:262], []byte("ustar")):
		return tarMembers(data)
	}
	return nil
}

func tarMembers(data []byte) []member {
	var list []member
	for tr := tar.NewReader(bytes.NewReader(data)); len(list) < maxMembers; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			return nil
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, tr); err != nil {
			return nil
		}
		list = append(list, member{h.Name, fmt.Sprint(h.ModTime.UnixNano(), h.Uid, h.Gid, h.Uname, h.Gname, h.Mode), [32]byte(sum.Sum([]byte(nil)))})
	}
	return nil
}

func zipMembers(data []byte) []member {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(z.File) > maxMembers {
		return nil
	}
	var list []member
	left := int64(maxInner)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil
		}
		sum := sha256.New()
		n, err := io.Copy(sum, io.LimitReader(r, left+1))
		r.Close()
		if left -= n; err != nil || left < 0 {
			return nil
		}
		list = append(list, member{f.Name, fmt.Sprint(f.Modified.UnixNano(), f.ModifiedTime, f.ExternalAttrs, f.Extra), [32]byte(sum.Sum([]byte(nil)))})
	}
	return list
}

// arMembers reads ar(5) records: name 16, time 12, owner 6, group 6, mode 8, size 10
// bytes, and a mark of two.
func arMembers(data []byte) []member {
	const header = 60
	var list []member
	for len(data) >= header && len(list) < maxMembers {
		size, err := strconv.Atoi(strings.TrimSpace(string(data[48:58])))
		if err != nil || size < 0 || size > len(data)-header {
			return nil
		}
		body := data[header : header+size]
		list = append(list, member{string(data[:16]), string(data[16:48]), sha256.Sum256(body)})
		data = data[min(len(data), header+size+size%2):]
	}
	return list
}
