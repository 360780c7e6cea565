package viewtest

import (
	"errors"
	"strings"
	"testing"

	"accountledger/projections/view"
)

// testRefusedQueries checks that an engine validates queries; what exactly is
// refused is up to package view.
func testRefusedQueries(t *testing.T, open func(*testing.T) view.Engine) {
	_, g := fresh(t, open)
	const canary = "canary'; DROP TABLE docs; --"
	for pointer, q := range map[string]view.Query{
		"/filter/field":       {Filter: view.Compare("secret", view.Eq, view.Text(canary))},
		"/filter/all/0/field": {Filter: view.All(view.Compare(canary, view.Eq, view.Text(canary)))},
		"/sort/0/field":       {Sort: []view.Order{{Field: "secret"}}},
		"/group/by/0":         {Group: &view.Group{By: []string{"secret"}}},
		"/histogram/zone":     {Histogram: &view.Histogram{Field: "at", Interval: view.Day, Zone: canary}},
		"/filter/value":       {Filter: view.Compare("size", view.Eq, view.Text(canary))},
		"/limit":              {Limit: -1},
		"/after":              {After: &view.Cursor{ID: canary, Values: []view.Value{view.BoolValue(true)}}},
	} {
		_, err := g.Query(t.Context(), q)
		var invalid *view.InvalidError
		if !errors.As(err, &invalid) || invalid.Pointer != pointer {
			t.Errorf("%s: %v", pointer, err)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error repeats the caller's input", pointer)
		}
	}
}

// testWords looks for words in spellings other than the stored ones.
func testWords(t *testing.T, open func(*testing.T) view.Engine) {
	_, g := fresh(t, open)
	s := newShape()
	for i, text := range []string{
		"The quick-brown FOX", "account.signed_up.v1", "Straße nach Ｍünchen", "東京タワー", "привет Мир", "e\u0301tude 42",
		"foxtrot", "a\x01b\"c'd*e", strings.Repeat("long", 40),
	} {
		d := plain(string(rune('a'+i)), int64(i+1), "x")
		s.title.Set(d, text)
		write(t, g, d)
	}
	d := plain("z", 20, "x")
	s.title.Set(d, "left half")
	s.notes.Set(d, "right")
	write(t, g, d)
	for words, want := range map[string]int{
		"fox": 1, "FOX": 1, "fox*": 2, "fo*": 2, "quick fox": 1, "fox quick": 1, "quick the missing": 0, "quic": 0,
		"strasse": 1, "STRASSE MÜNCHEN": 1, "munch*": 1, "京": 1, "京都": 0, "京東": 1, "タ": 1, "МИР": 1, "Étude": 1, "4*": 1, "2": 0,
		"signed up": 1, "v1": 1, "left right": 1, "halfright": 0, "a b c d e": 1, "\"c": 1, "NEAR": 0, "a OR fox": 0, "title:fox": 0,
		strings.Repeat("long", 16): 1, strings.Repeat("long", 17): 1, "fox *": 1, "and": 0, " fox ": 1,
	} {
		expectWords(t, g, words, want)
	}
}
