package verify

import (
	"slices"
	"testing"

	"github.com/careenhq/careen/internal/probe"
)

func TestLinksIn(t *testing.T) {
	page := func(body string) *probe.HTTPResponse {
		return &probe.HTTPResponse{Headers: map[string][]string{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte(body)}
	}
	for _, test := range []struct {
		r    *probe.HTTPResponse
		want []string
	}{
		{nil, nil},
		{page(`<a href="next">a</a> <A class=x HREF='/top?q=1&amp;r=2#end'>b</A> <img src=/i.png>`), []string{"/dir/next", "/top?q=1&r=2", "/i.png"}},
		{page(`<a href="https://elsewhere.example/x">a</a> <a href="//other.example/">b</a> <a href="mailto:a@b.example">c</a>`), nil},
		{page(`<a href="/logout">a</a> <a href="/items/7/delete">b</a> <a href="/stopped/../list">c</a>`), []string{"/list"}},
		{page(`<a data-href="/no" title="x">a</a> href="/neither"`), nil},
		{&probe.HTTPResponse{Status: 302, Headers: map[string][]string{"Location": {"/login"}}}, []string{"/login"}},
		{&probe.HTTPResponse{Headers: map[string][]string{"Content-Type": {"application/json"}}, Body: []byte(`<a href="/x">`)}, nil},
	} {
		if got := linksIn("/dir/page", test.r); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %q, want %q", test.r, got, test.want)
		}
	}
}

func TestOperationsIn(t *testing.T) {
	for text, want := range map[string][]string{
		`{"openapi":"3.0.0","paths":{"/b":{"get":{}},"/a":{"get":{"parameters":[{"in":"query","name":"q"}]}},"/c/{id}":{"get":{}},"/d":{"post":{}},"/e":{"get":{"parameters":[{"in":"query","required":true}]}},"/f/delete":{"get":{}}}}`: {"/a", "/b"},
		`{"swagger":"2.0","basePath":"/v1/","paths":{"/b":{"get":{}},"/g":{"parameters":[{"required":true}],"get":{}}}}`:                                                                                                                  {"/v1/b"},
		`{"paths":{"/b":{"get":{}}}}`: nil,
		`<html>`:                      nil,
	} {
		if got := operationsIn([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
