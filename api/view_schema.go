package api

import (
	"github.com/danielgtaylor/huma/v2"

	"accountledger/domain"
	"accountledger/projections/view"
)

// shapeQueries writes the limits of looks and queries into their schemas.
func shapeQueries(schemas map[string]*huma.Schema) {
	schemas["RevealBody"].Properties["parts"].MaxItems = whole(len(domain.RevealedPart("").Values()))
	field := func(s *huma.Schema, names ...string) {
		for _, name := range names {
			p := s.Properties[name]
			p.MinLength, p.MaxLength, p.Pattern = whole(1), whole(maxFieldName), fieldPattern
		}
	}
	query := schemas["QueryBody"]
	query.Properties["limit"].Minimum, query.Properties["limit"].Maximum = number(1), number(view.MaxLimit)
	query.Properties["words"].MinLength, query.Properties["words"].MaxLength = whole(1), whole(view.MaxWordsText)
	query.Properties["words"].Pattern, schemas["Histogram"].Properties["zone"].Pattern = printed, printed
	query.Properties["sort"].MaxItems = whole(view.MaxSort)
	query.Examples = []any{map[string]any{"filter": map[string]any{"field": "metric", "op": view.Eq, "value": "sign_up"},
		"sort": []any{map[string]any{"field": "day", "desc": true}}, "limit": 20}}
	filter := schemas["Filter"]
	field(filter, "field")
	for _, name := range []string{"all", "any"} {
		filter.Properties[name].MinItems, filter.Properties[name].MaxItems = whole(1), whole(view.MaxComparisons)
	}
	filter.Properties["op"].Enum = list([]view.Op{view.Eq, view.In, view.Lt, view.Lte, view.Gt, view.Gte, view.Exists})
	filter.Properties["values"].MinItems, filter.Properties["values"].MaxItems = whole(1), whole(view.MaxValues)
	field(schemas["Order"], "field")
	group := schemas["Group"]
	group.Properties["by"].MinItems, group.Properties["by"].MaxItems = whole(1), whole(view.MaxGroupFields)
	group.Properties["limit"].Minimum, group.Properties["limit"].Maximum = number(1), number(view.MaxGroups)
	field(group, "sum")
	histogram := schemas["Histogram"]
	field(histogram, "field", "sum")
	histogram.Properties["interval"].Enum = list([]view.Interval{view.Hour, view.Day, view.Week, view.Month})
	histogram.Properties["zone"].MinLength, histogram.Properties["zone"].MaxLength = whole(1), whole(maxFieldName)
}

// Names of fields in views, and of time zones, are not longer.
const (
	maxFieldName = 64
	fieldPattern = `^[a-z][a-z0-9_]*$`
)

func whole(n int) *int { return &n }
