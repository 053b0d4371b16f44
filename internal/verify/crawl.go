package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/careenhq/careen/internal/probe"
)

// How far a crawl goes: pages in all, and clicks from the first one.
const (
	maxPages  = 24
	maxClicks = 3
)

// descriptions are where servers put OpenAPI documents by custom.
var descriptions = []string{"/openapi.json", "/swagger.json", "/v3/api-docs", "/swagger/v1/swagger.json", "/api/openapi.json"}

// crawl asks what the pages of a port lead to: links of HTML, and operations of an
// OpenAPI document that need nothing but GET. Nothing is asked whose name says that it
// changes something.
func (l *live) crawl(ctx context.Context, scheme string, port probe.Port, checks []HTTPCheck, got []probe.Answer) error {
	asked := map[string]bool{}
	var next []string
	for i, answer := range got {
		asked[checks[i].Path] = true
		if cmp.Or(checks[i].Method, http.MethodGet) == http.MethodGet {
			next = append(next, linksIn(checks[i].Path, answer.HTTP)...)
		}
	}
	described, err := l.described(ctx, scheme, port, asked)
	if err != nil {
		return err
	}
	next = append(next, described...)
	for range maxClicks {
		var pages []HTTPCheck
		for _, path := range next {
			if !asked[path] && len(asked) < maxPages {
				asked[path] = true
				pages = append(pages, HTTPCheck{Path: path})
			}
		}
		if len(pages) == 0 {
			return nil
		}
		answers, err := l.askPages(ctx, scheme, port, pages)
		if err != nil {
			return err
		}
		next = nil
		for i, answer := range answers {
			l.recordHTTP(scheme, port, pages[i], answer)
			next = append(next, linksIn(pages[i].Path, answer.HTTP)...)
		}
	}
	return nil
}

// described looks for an OpenAPI document. Places where there is none are not recorded:
// what a server says of an unknown path is asked once, by the user or not at all.
func (l *live) described(ctx context.Context, scheme string, port probe.Port, asked map[string]bool) ([]string, error) {
	var pages []HTTPCheck
	for _, path := range descriptions {
		if !asked[path] {
			pages = append(pages, HTTPCheck{Path: path})
		}
	}
	answers, err := l.askPages(ctx, scheme, port, pages)
	if err != nil {
		return nil, err
	}
	var found []string
	for i, answer := range answers {
		if answer.HTTP == nil || answer.HTTP.Status != http.StatusOK {
			continue
		}
		if operations := operationsIn(answer.HTTP.Body); len(operations) > 0 {
			asked[pages[i].Path] = true
			l.recordHTTP(scheme, port, pages[i], answer)
			found = append(found, operations...)
		}
	}
	return found, nil
}

// reference matches what a page of HTML leads to.
var reference = regexp.MustCompile(`(?i)<(?:a|link|script|img|iframe|source)\b[^>]*?\s(?:href|src)\s*=\s*["']?([^"'\s>]+)`)

// changesSomething matches names of links that do more than show.
var changesSomething = regexp.MustCompile(`(?i)(logout|log-out|signout|sign-out|delete|remove|destroy|shutdown|restart|reset|unsubscribe|stop)`)

// linksIn are the paths on the same server that a page leads to, in its order.
func linksIn(page string, r *probe.HTTPResponse) []string {
	if r == nil {
		return nil
	}
	base, err := url.Parse(page)
	if err != nil {
		return nil
	}
	var found []string
	add := func(text string) {
		to, err := base.Parse(strings.ReplaceAll(text, "&amp;", "&"))
		if err != nil || to.Scheme != "" || to.Host != "" || changesSomething.MatchString(to.Path) {
			return
		}
		if path := to.RequestURI(); strings.HasPrefix(path, "/") && !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	for _, where := range r.Headers["Location"] {
		add(where)
	}
	if !strings.Contains(strings.ToLower(strings.Join(r.Headers["Content-Type"], " ")), "html") {
		return found
	}
	for _, m := range reference.FindAllSubmatch(r.Body, -1) {
		add(string(m[1]))
	}
	return found
}

// operationsIn are the paths of an OpenAPI or Swagger document (swagger.io/specification)
// that can be asked with GET and nothing else.
func operationsIn(document []byte) []string {
	type parameter struct {
		Required bool   `json:"required"`
		In       string `json:"in"`
	}
	var doc struct {
		Openapi, Swagger string
		BasePath         string `json:"basePath"`
		Paths            map[string]struct {
			Parameters []parameter `json:"parameters"`
			Get        *struct {
				Parameters []parameter `json:"parameters"`
			} `json:"get"`
		}
	}
	if json.Unmarshal(document, &doc) != nil || doc.Openapi == "" && doc.Swagger == "" {
		return nil
	}
	required := func(p parameter) bool { return p.Required }
	var found []string
	for _, path := range sortedKeys(doc.Paths) {
		at := doc.Paths[path]
		if at.Get == nil || strings.Contains(path, "{") || slices.ContainsFunc(append(at.Parameters, at.Get.Parameters...), required) || changesSomething.MatchString(path) {
			continue
		}
		found = append(found, strings.TrimSuffix(doc.BasePath, "/")+path)
	}
	return found
}
