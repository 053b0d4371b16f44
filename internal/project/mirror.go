package project

import (
	"fmt"
	"net/url"
	"strings"
)

// Mirrors maps a registry's host, as image references name it, to the base URLs
// that are asked in its place, in order.
type Mirrors map[string][]string

// ParseMirrors reads "HOST=URL" pairs separated by commas. A host that is named
// more than once gets several mirrors.
func ParseMirrors(text string) (Mirrors, error) {
	mirrors := Mirrors{}
	for _, pair := range strings.Split(text, ",") {
		pair = strings.TrimSpace(pair)
		if pair == "" {
			continue
		}
		host, address, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("mirror %q: want HOST=URL, e.g. docker.io=http://127.0.0.1:5000", pair)
		}
		if err := checkMirror(host, address); err != nil {
			return nil, err
		}
		mirrors[host] = append(mirrors[host], strings.TrimSuffix(address, "/"))
	}
	return mirrors, nil
}

func checkMirror(host, address string) error {
	if host == "" || strings.ContainsAny(host, "/@ \t?#") {
		return fmt.Errorf("mirror of %q: want a registry's host, e.g. docker.io or ghcr.io", host)
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("mirror of %s: want a URL with http:// or https:// and a host", host)
	case u.User != nil:
		return fmt.Errorf("mirror of %s: credentials belong into Docker's configuration, not into the URL", host)
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("mirror of %s: want a URL without query and fragment", host)
	}
	return nil
}
