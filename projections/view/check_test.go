package view_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"accountledger/projections/view"
)

func anything() *view.Schema {
	var f view.Fields
	f.Keyword("colour")
	f.Words("title", view.Optional)
	f.Time("at")
	f.Number("size", view.Optional)
	f.Bool("flag")
	f.Sealed("secret", view.Optional)
	return &view.Schema{Name: "things", Version: 1, Fields: f}
}

// TestCheck reads queries as an answer of the API would, and sees where they are
// refused. An empty pointer means that the query is right.
func TestCheck(t *testing.T) {
	deep := strings.Repeat(`{"not":`, 8) + `{"field":"flag","op":"exists"}` + strings.Repeat(`}`, 8)
	many := `{"any":[` + strings.TrimSuffix(strings.Repeat(`{"field":"flag","op":"exists"},`, 65), ",") + `]}`
	values := strings.TrimSuffix(strings.Repeat(`1,`, 513), ",")
	for text, pointer := range map[string]string{
		`{}`: "",
		`{"filter":{"field":"colour","op":"eq","value":"red"},"limit":1000,"total":true}`:                         "",
		`{"filter":{"all":[{"field":"id","op":"in","values":["a","b"]},{"not":{"field":"size","op":"exists"}}]}}`: "",
		`{"filter":{"field":"at","op":"gte","value":"2026-01-01T00:00:00+05:30"}}`:                                "",
		`{"filter":{"field":"size","op":"lt","value":-9223372036854775808}}`:                                      "",
		`{"words":"red fox*","sort":[{"field":"at","desc":true},{"field":"id"}]}`:                                 "",
		`{"group":{"by":["colour","flag"],"sum":"size"},"histogram":{"field":"at","interval":"week"}}`:            "",
		`{"histogram":{"field":"at","interval":"day","zone":"America/Argentina/Buenos_Aires"}}`:                   "",
		`{"filter":{"field":"title","op":"exists"}}`:                                                              "",
		`{"filter":{}}`:           "/filter",
		`{"filter":{"all":[]}}`:   "/filter/all",
		`{"filter":{"all":[{}]}}`: "/filter/all/0",
		`{"filter":{"any":[{"field":"flag","op":"exists"}],"field":"flag"}}`:                  "/filter",
		`{"filter":{"field":"canary","op":"eq","value":"x"}}`:                                 "/filter/field",
		`{"filter":{"op":"eq","value":"x"}}`:                                                  "/filter/field",
		`{"filter":{"field":"secret","op":"exists"}}`:                                         "/filter/field",
		`{"filter":{"not":{"any":[{"field":"secret","op":"eq","value":"canary"}]}}}`:          "/filter/not/any/0/field",
		`{"filter":{"field":"title","op":"eq","value":"canary"}}`:                             "/filter/op",
		`{"filter":{"field":"flag","op":"lt","value":true}}`:                                  "/filter/op",
		`{"filter":{"field":"colour","op":"canary","value":"x"}}`:                             "/filter/op",
		`{"filter":{"field":"colour","value":"x"}}`:                                           "/filter/op",
		`{"filter":{"field":"colour","op":"eq"}}`:                                             "/filter",
		`{"filter":{"field":"colour","op":"eq","values":["x"]}}`:                              "/filter",
		`{"filter":{"field":"colour","op":"in","value":"x"}}`:                                 "/filter",
		`{"filter":{"field":"colour","op":"in","values":[]}}`:                                 "/filter",
		`{"filter":{"field":"colour","op":"exists","value":"x"}}`:                             "/filter",
		`{"filter":{"field":"colour","op":"eq","value":7}}`:                                   "/filter/value",
		`{"filter":{"field":"colour","op":"eq","value":{"canary":1}}}`:                        "/filter/value",
		`{"filter":{"field":"colour","op":"in","values":["a",null]}}`:                         "/filter/values/1",
		`{"filter":{"field":"size","op":"eq","value":1.5}}`:                                   "/filter/value",
		`{"filter":{"field":"size","op":"eq","value":1e3}}`:                                   "/filter/value",
		`{"filter":{"field":"size","op":"eq","value":9223372036854775808}}`:                   "/filter/value",
		`{"filter":{"field":"size","op":"eq","value":"7"}}`:                                   "/filter/value",
		`{"filter":{"field":"flag","op":"eq","value":1}}`:                                     "/filter/value",
		`{"filter":{"field":"at","op":"eq","value":"2026-01-01"}}`:                            "/filter/value",
		`{"filter":{"field":"at","op":"eq","value":"1969-12-31T23:59:59Z"}}`:                  "/filter/value",
		`{"filter":{"field":"at","op":"eq","value":"2262-01-01T00:00:00Z"}}`:                  "/filter/value",
		`{"filter":{"field":"colour","op":"eq","value":"` + strings.Repeat("x", 1025) + `"}}`: "/filter/value",
		`{"filter":` + deep + `}`:                                                             "/filter" + strings.Repeat("/not", 8),
		`{"filter":` + many + `}`:                                                             "/filter/any/64",
		`{"filter":{"field":"size","op":"in","values":[` + values + `]}}`:                     "/filter/values/512",
		`{"words":"!?"}`: "/words",
		`{"words":"*"}`:  "/words",
		`{"words":"` + strings.Repeat("a ", 17) + `"}`:                                                  "/words",
		`{"words":"` + strings.Repeat("a", 257) + `"}`:                                                  "/words",
		`{"sort":[{"field":"secret"}]}`:                                                                 "/sort/0/field",
		`{"sort":[{"field":"at"},{"field":"title"}]}`:                                                   "/sort/1/field",
		`{"sort":[{"field":"at"},{"field":"at","desc":true}]}`:                                          "/sort/1/field",
		`{"sort":[{"field":"at"},{"field":"id"},{"field":"flag"},{"field":"size"},{"field":"colour"}]}`: "/sort",
		`{"limit":1001}`:                                                       "/limit",
		`{"limit":-1}`:                                                         "/limit",
		`{"group":{"by":[]}}`:                                                  "/group/by",
		`{"group":{"by":["secret"]}}`:                                          "/group/by/0",
		`{"group":{"by":["colour","at"]}}`:                                     "/group/by/1",
		`{"group":{"by":["colour","colour"]}}`:                                 "/group/by/1",
		`{"group":{"by":["colour"],"sum":"flag"}}`:                             "/group/sum",
		`{"group":{"by":["colour"],"limit":1001}}`:                             "/group/limit",
		`{"histogram":{"field":"size","interval":"day"}}`:                      "/histogram/field",
		`{"histogram":{"field":"at","interval":"canary"}}`:                     "/histogram/interval",
		`{"histogram":{"field":"at","interval":"day","zone":"canary"}}`:        "/histogram/zone",
		`{"histogram":{"field":"at","interval":"day","zone":"Local"}}`:         "/histogram/zone",
		`{"histogram":{"field":"at","interval":"day","zone":"../etc/passwd"}}`: "/histogram/zone",
		`{"histogram":{"field":"at","interval":"day","zone":"right/UTC"}}`:     "/histogram/zone",
		`{"histogram":{"field":"at","interval":"day","sum":"canary"}}`:         "/histogram/sum",
	} {
		var q view.Query
		if err := json.Unmarshal([]byte(text), &q, json.RejectUnknownMembers(true)); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		err := view.Check(anything(), &q)
		var invalid *view.InvalidError
		switch {
		case pointer == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case pointer == "":
			back, err := json.Marshal(q)
			var again view.Query
			if err != nil || json.Unmarshal(back, &again) != nil || view.Check(anything(), &again) != nil {
				t.Errorf("%s: does not come back from its own JSON", text)
			}
		case !errors.As(err, &invalid) || invalid.Pointer != pointer:
			t.Errorf("%s: %v, want a fault at %s", text, err, pointer)
		case strings.Contains(err.Error(), "canary"):
			t.Errorf("%s: the error repeats what the caller made up", text)
		}
	}
}

// TestScope sees that the program's own filter takes no room from the caller's.
func TestScope(t *testing.T) {
	exists := &view.Filter{Field: "flag", Op: view.Exists}
	var all []*view.Filter
	for range view.MaxComparisons {
		all = append(all, exists)
	}
	q := view.Query{Scope: view.All(all...), Filter: view.All(all...)}
	if err := view.Check(anything(), &q); err != nil {
		t.Error(err)
	}
	if err := json.Unmarshal([]byte(`{"Scope":{}}`), &q, json.RejectUnknownMembers(true)); err == nil {
		t.Error("a scope was read from JSON")
	}
	if view.All() != nil || view.All(nil, nil) != nil {
		t.Error("no filters must give none")
	}
}

// FuzzQuery sees that whatever can be read as a query is refused or planned.
func FuzzQuery(f *testing.F) {
	f.Add(`{"filter":{"all":[{"not":{"field":"colour","op":"in","values":["a",1,null]}}]},"words":"a b*"}`)
	f.Add(`{"sort":[{"field":"at","desc":true}],"group":{"by":["flag"]},"histogram":{"field":"at","interval":"hour","zone":"UTC"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var q view.Query
		if json.Unmarshal([]byte(text), &q) != nil {
			return
		}
		plan, err := view.NewPlan(anything(), &q)
		if (plan == nil) == (err == nil) {
			t.Fatal("neither a plan nor an error, or both")
		}
	})
}
