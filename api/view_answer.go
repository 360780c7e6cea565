package api

import (
	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/projections/view"
)

type queryAnswer struct {
	Documents  []document    `json:"documents" doc:"Objects with the view's fields. Missing and encrypted fields are left out."`
	Cursor     string        `json:"cursor,omitzero" doc:"For the next page; missing on the last one."`
	Total      *int64        `json:"total,omitzero" doc:"How many documents match, if with_total was set."`
	Groups     []groupCount  `json:"groups,omitzero"`
	GroupTotal *int64        `json:"group_total,omitzero" doc:"How many groups there are."`
	Buckets    []bucketCount `json:"buckets,omitzero" doc:"Buckets with at least one document, oldest first."`
}

type groupCount struct {
	Keys  document `json:"keys" doc:"The values grouped by; null where documents lack the field."`
	Count int64    `json:"count"`
	Sum   *int64   `json:"sum,omitzero"`
}

type bucketCount struct {
	Start string `json:"start" format:"date-time" doc:"The start of the bucket, with the zone's offset."`
	Count int64  `json:"count"`
	Sum   *int64 `json:"sum,omitzero"`
}

// document is a set of fields with their values, in the view's order.
type document struct {
	names  []string
	values []view.Value
}

func (d *document) add(name string, v view.Value) {
	d.names, d.values = append(d.names, name), append(d.values, v)
}

// MarshalJSONTo writes a flat object. It refuses encrypted values, so none gets out by mistake.
func (d document) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for i, name := range d.names {
		if err := e.WriteToken(jsontext.String(name)); err != nil {
			return err
		}
		if err := json.MarshalEncode(e, d.values[i]); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

// Schema is an object of plain values.
func (document) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// documentOf shows all of a document but what is sealed and what is withheld.
func documentOf(schema *view.Schema, d *view.Document, withheld func(field string) bool) document {
	out := document{}
	out.add("id", view.KeywordValue(d.ID))
	for i, f := range schema.Fields {
		if i < len(d.Values) && f.Kind != view.Sealed && !d.Values[i].Missing() && !withheld(f.Name) {
			out.add(f.Name, d.Values[i])
		}
	}
	return out
}

func queryAnswerOf(schema *view.Schema, q view.Query, found *view.Result, next string, withheld func(field string) bool) queryAnswer {
	out := queryAnswer{Documents: make([]document, len(found.Documents)), Cursor: next}
	for i, d := range found.Documents {
		out.Documents[i] = documentOf(schema, d, withheld)
	}
	if q.Total {
		out.Total = &found.Total
	}
	if q.Group != nil {
		out.Groups, out.GroupTotal = make([]groupCount, len(found.Groups)), &found.GroupTotal
		for i, g := range found.Groups {
			c := groupCount{Count: g.Count}
			for n, name := range q.Group.By {
				c.Keys.add(name, g.Keys[n])
			}
			if q.Group.Sum != "" {
				c.Sum = &found.Groups[i].Sum
			}
			out.Groups[i] = c
		}
	}
	if q.Histogram != nil {
		out.Buckets = make([]bucketCount, len(found.Buckets))
		for i, b := range found.Buckets {
			out.Buckets[i] = bucketCount{Start: b.Label, Count: b.Count}
			if q.Histogram.Sum != "" {
				out.Buckets[i].Sum = &found.Buckets[i].Sum
			}
		}
	}
	return out
}
