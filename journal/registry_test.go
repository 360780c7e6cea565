package journal_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
	"accountledger/journal"
)

type (
	free struct {
		Text string `json:"text"`
	}
	dict struct {
		M map[string]int `json:"m"`
	}
	pointer struct {
		P *domain.Slug `json:"p"`
	}
	pointers struct {
		P []*domain.Slug `json:"p"`
	}
	partAt struct {
		P *domain.Part[domain.Contact] `json:"p"`
	}
	checked struct {
		V interface{ Validate() error } `json:"v"`
	}
	anything struct {
		A any `json:"a"`
	}
	bytesIn struct {
		B []byte `json:"b"`
	}
	texts struct {
		T []string `json:"t"`
	}
	float struct {
		F float64 `json:"f"`
	}
	array struct {
		A [2]string `json:"a"`
	}
	function struct {
		F func() `json:"f"`
	}
	inside struct {
		In free `json:"in"`
	}
	listed struct {
		All []free `json:"all"`
	}
	unnamed  struct{ S domain.Slug }
	hiddenIn struct {
		s domain.Slug //nolint:unused // to be refused
	}
	nestedPart struct {
		In struct {
			P domain.Part[domain.Contact] `json:"p"`
		} `json:"in"`
	}
	listedPart struct {
		All []struct {
			P domain.Part[domain.Contact] `json:"p"`
		} `json:"all"`
	}
	embeds struct{ free }

	good struct {
		Slug  domain.Slug                 `json:"slug"`
		ID    domain.AccountID            `json:"id"`
		N     int64                       `json:"n"`
		Yes   bool                        `json:"yes"`
		At    time.Time                   `json:"at"`
		Rules domain.Rules                `json:"rules"`
		IDs   []domain.EventID            `json:"ids"`
		Who   domain.Part[domain.Contact] `json:"who"`
	}
	asContact struct {
		Who domain.Part[domain.Contact] `json:"who"`
	}
	asText struct {
		Who domain.Part[domain.DeviceText] `json:"who"`
	}
)

func TestRegistryRefuses(t *testing.T) {
	up := func(map[string]jsontext.Value) error { return nil }
	for name, c := range map[string]struct {
		types []journal.Type
		up    []journal.Upcaster
		parts []journal.PartUpcaster
	}{
		"a free string":           {types: []journal.Type{journal.Event[free]("x.y.v1")}},
		"a map":                   {types: []journal.Type{journal.Event[dict]("x.y.v1")}},
		"a pointer":               {types: []journal.Type{journal.Event[pointer]("x.y.v1")}},
		"pointers":                {types: []journal.Type{journal.Event[pointers]("x.y.v1")}},
		"a pointer to a part":     {types: []journal.Type{journal.Event[partAt]("x.y.v1")}},
		"an interface":            {types: []journal.Type{journal.Event[checked]("x.y.v1")}},
		"anything":                {types: []journal.Type{journal.Event[anything]("x.y.v1")}},
		"bytes":                   {types: []journal.Type{journal.Event[bytesIn]("x.y.v1")}},
		"free strings":            {types: []journal.Type{journal.Event[texts]("x.y.v1")}},
		"a float":                 {types: []journal.Type{journal.Event[float]("x.y.v1")}},
		"an array":                {types: []journal.Type{journal.Event[array]("x.y.v1")}},
		"a function":              {types: []journal.Type{journal.Event[function]("x.y.v1")}},
		"a free string inside":    {types: []journal.Type{journal.Event[inside]("x.y.v1")}},
		"a free string in a list": {types: []journal.Type{journal.Event[listed]("x.y.v1")}},
		"a free string embedded":  {types: []journal.Type{journal.Event[embeds]("x.y.v1")}},
		"a field without a name":  {types: []journal.Type{journal.Event[unnamed]("x.y.v1")}},
		"a hidden field":          {types: []journal.Type{journal.Event[hiddenIn]("x.y.v1")}},
		"no struct":               {types: []journal.Type{journal.Event[domain.Slug]("x.y.v1")}},
		"a part inside":           {types: []journal.Type{journal.Event[nestedPart]("x.y.v1")}},
		"a part in a list":        {types: []journal.Type{journal.Event[listedPart]("x.y.v1")}},
		"a name twice":            {types: []journal.Type{journal.Event[good]("x.y.v1"), journal.Event[asContact]("x.y.v1")}},
		"a type twice":            {types: []journal.Type{journal.Event[good]("x.y.v1"), journal.Event[good]("x.z.v1")}},
		"a part with two kinds":   {types: []journal.Type{journal.Event[asText]("x.y.v1"), journal.Event[asContact]("x.z.v1")}},
		"no version":              {types: []journal.Type{journal.Event[good]("x.y")}},
		"version 0":               {types: []journal.Type{journal.Event[good]("x.y.v0")}},
		"version 01":              {types: []journal.Type{journal.Event[good]("x.y.v01")}},
		"nothing before v2":       {types: []journal.Type{journal.Event[good]("x.y.v2")}},
		"a gap":                   {types: []journal.Type{journal.Event[good]("x.y.v3")}, up: []journal.Upcaster{{"x.y.v1", up}}},
		"another gap":             {types: []journal.Type{journal.Event[good]("x.y.v3")}, up: []journal.Upcaster{{"x.y.v2", up}}},
		"an upcaster to nothing":  {types: []journal.Type{journal.Event[good]("x.y.v1")}, up: []journal.Upcaster{{"x.z.v1", up}}},
		"an upcaster of today's":  {types: []journal.Type{journal.Event[good]("x.y.v1")}, up: []journal.Upcaster{{"x.y.v1", up}}},
		"both versions current":   {types: []journal.Type{journal.Event[good]("x.y.v1"), journal.Event[asContact]("x.y.v2")}, up: []journal.Upcaster{{"x.y.v1", up}}},
		"two upcasters":           {types: []journal.Type{journal.Event[good]("x.y.v2")}, up: []journal.Upcaster{{"x.y.v1", up}, {"x.y.v1", up}}},
		"an unknown part":         {types: []journal.Type{journal.Event[good]("x.y.v1")}, parts: []journal.PartUpcaster{{"whom", 1, up}}},
		"a gap of a part":         {types: []journal.Type{journal.Event[good]("x.y.v1")}, parts: []journal.PartUpcaster{{"who", 2, up}}},
		"a part's upcaster twice": {types: []journal.Type{journal.Event[good]("x.y.v1")}, parts: []journal.PartUpcaster{{"who", 1, up}, {"who", 1, up}}},
	} {
		if _, err := journal.NewRegistry(c.types, c.up, c.parts); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := journal.NewRegistry([]journal.Type{journal.Event[good]("x.y.v3"), journal.Event[asContact]("x.z.v1")},
		[]journal.Upcaster{{"x.y.v1", up}, {"x.y.v2", up}}, []journal.PartUpcaster{{"who", 2, up}, {"who", 1, up}}); err != nil {
		t.Errorf("a good one was refused: %v", err)
	}
}

// counted is the third form of an event: v1 had a word, v2 a number called n.
type counted struct {
	Count int                            `json:"count"`
	Kind  domain.DeviceKind              `json:"kind"`
	Name  domain.Part[domain.DeviceText] `json:"device_name"`
}

func countedUpcasters() []journal.Upcaster {
	return []journal.Upcaster{
		{From: "thing.counted.v2", Up: func(f map[string]jsontext.Value) error {
			f["count"], f["kind"] = f["n"], jsontext.Value(`"other"`)
			delete(f, "n")
			return nil
		}},
		{From: "thing.counted.v1", Up: func(f map[string]jsontext.Value) error {
			n, ok := map[string]string{`"one"`: "1", `"two"`: "2"}[string(f["word"])]
			if !ok {
				return errors.New("no such number")
			}
			f["n"] = jsontext.Value(n)
			delete(f, "word")
			return nil
		}},
	}
}

func countedRegistry(t *testing.T) *journal.Registry {
	t.Helper()
	r, err := journal.NewRegistry([]journal.Type{journal.Event[counted]("thing.counted.v3")}, countedUpcasters(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestUpcasting(t *testing.T) {
	r := countedRegistry(t)
	part := `{"name":"device_name","version":1,"keys":["k"],"alg":"A256GCM","nonce":"AAAA","bytes":"AAAA"}`
	for stored, data := range map[string]string{
		"thing.counted.v1": `{"word":"two","device_name":` + part + `}`,
		"thing.counted.v2": `{"n":2,"device_name":` + part + `}`,
		"thing.counted.v3": `{"count":2,"kind":"other","device_name":` + part + `}`,
	} {
		event, err := r.Decode(stored, []byte(data))
		if err != nil {
			t.Errorf("%s: %v", stored, err)
			continue
		}
		got := event.(counted)
		b, err := json.Marshal(got.Name)
		if got.Count != 2 || got.Kind != "other" || err != nil || string(b) != part {
			t.Errorf("%s became %d %s with %s", stored, got.Count, got.Kind, b)
		}
	}
	for stored, data := range map[string]string{
		"thing.counted.v1": `{"word":"many"}`, "thing.counted.v2": `{"n":2,"more":1}`, "thing.counted.v3": `{"count":2,"kind":"other","more":1}`,
	} {
		if _, err := r.Decode(stored, []byte(data)); err == nil || isUnknown(err) {
			t.Errorf("%s: %v", stored, err)
		}
	}
	for _, stored := range []string{"thing.counted.v4", "thing.forgotten.v1", "thing.counted", ""} {
		if _, err := r.Decode(stored, []byte(`{}`)); !isUnknown(err) {
			t.Errorf("%q: %v", stored, err)
		}
	}
}

func isUnknown(err error) bool {
	var unknown *journal.UnknownTypeError
	return errors.As(err, &unknown)
}

func TestMissingPartsAreNormal(t *testing.T) {
	event, err := countedRegistry(t).Decode("thing.counted.v3", []byte(`{"count":1,"kind":"watch"}`))
	if err != nil || !event.(counted).Name.IsZero() {
		t.Fatalf("%v", err)
	}
	j := journal.New(openStore(t), countedRegistry(t), newKeys(""))
	if v, err := journal.Open(t.Context(), j, domain.Fact{}, event.(counted).Name); err != nil || v.Text != "" {
		t.Errorf("opening what is missing: %v", err)
	}
}

func TestWhatAProgramDoesNotKnow(t *testing.T) {
	for name, c := range map[string]struct {
		typ, metadata string
		unknown       bool
	}{
		"a type":                    {"thing.invented.v1", metadata, true},
		"a newer version":           {"session.ended.v2", metadata, true},
		"a newer format":            {"session.ended.v1", strings.Replace(metadata, `"format":1`, `"format":2`, 1), true},
		"a newer format, all other": {"session.ended.v1", `{"format":2,"at":17,"actor":["x"]}`, true},
		"no metadata":               {"session.ended.v1", `{}`, true},
		"broken metadata":           {"session.ended.v1", `{"format":1,"at":17}`, false},
		"broken data":               {"session.started.v1", metadata, false},
	} {
		s := openStore(t)
		j := journal.New(s, registry(t), newKeys(""))
		appendTo(t, j, "x-1", domain.SessionEnded{Session: id[domain.SessionID](1), Reason: domain.SessionSignedOut})
		put(t, s, "x-1", c.typ, `{"session":17}`, c.metadata)
		recs, err := read(t, j, "x-1")
		if len(recs) != 1 || err == nil || isUnknown(err) != c.unknown {
			t.Errorf("%s: %d records, %v", name, len(recs), err)
		}
		if _, err := j.LastOf(t.Context(), "x-1"); err == nil {
			t.Errorf("%s: an append could be decided on it", name)
		}
	}
}
