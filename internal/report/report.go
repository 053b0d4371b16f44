// Package report renders one diag.Document: to a terminal, to JSON, and to the
// pages that are written into a project as evidence.
//
// The renderers are pure: they read the document and nothing else, and every
// figure goes through the formatters of number.go, so that no two pages can
// disagree. What a Dockerfile or an image says is untrusted and is escaped.
// Nothing is measured, judged or written to disk here.
package report

import (
	"encoding/json"
	"io"
	"reflect"

	"github.com/careenhq/careen/diag"
)

// JSON writes the document in its versioned form (docs/schema/results.schema.json).
// A list that is absent is written as an empty one.
func JSON(w io.Writer, d diag.Document) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(withLists(reflect.ValueOf(d)).Interface())
}

// withLists is a copy of a value whose lists are empty where they were nil.
func withLists(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Struct:
		for k := range v.NumField() {
			if v.Type().Field(k).IsExported() {
				out.Field(k).Set(withLists(v.Field(k)))
			}
		}
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for k := range v.Len() {
			out.Index(k).Set(withLists(v.Index(k)))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(withLists(v.Elem()))
		}
	}
	return out
}
