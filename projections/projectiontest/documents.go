package projectiontest

import (
	"context"
	"encoding/base64"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/projections/view"
)

// Documents returns all documents of a generation, by id, as a query finds them.
func Documents(t testing.TB, g view.Generation) []*view.Document {
	t.Helper()
	var all []*view.Document
	query := view.Query{Sort: []view.Order{{Field: "id"}}, Limit: view.MaxLimit}
	for {
		result, err := g.Query(context.WithoutCancel(t.Context()), query)
		must(t, err)
		all = append(all, result.Documents...)
		if result.Next == nil {
			return all
		}
		query.After = result.Next
	}
}

// Render writes documents as JSON, one per line, sealed fields in base64.
func Render(t testing.TB, schema *view.Schema, docs []*view.Document) []byte {
	t.Helper()
	var out []byte
	for _, d := range docs {
		fields := map[string]any{"id": d.ID, "position": d.Position}
		for i, v := range d.Values {
			switch {
			case v.Missing():
			case v.Kind() == view.Sealed:
				fields[schema.Fields[i].Name] = base64.StdEncoding.EncodeToString(v.Sealed())
			default:
				b, err := v.MarshalJSON()
				must(t, err)
				fields[schema.Fields[i].Name] = jsontext.Value(b)
			}
		}
		line, err := json.Marshal(fields, json.Deterministic(true))
		must(t, err)
		out = append(append(out, line...), '\n')
	}
	return out
}
