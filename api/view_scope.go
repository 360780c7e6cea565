package api

import (
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/projections/view"
)

// fewest is the smallest number of people in a cell shown to analysts.
const fewest = 10

// errScope: the daily view lacks the fields that hide small cells, so nothing of it is shown.
var errScope = errors.New("api: the daily view has no day or no people to limit by")

// dailyScope limits a query of daily counts to past days and to cells of at least 10 people. It applies before filter, sort,
// paging, groups and sums.
func dailyScope(schema *view.Schema, now time.Time) (*view.Filter, error) {
	day, people := schema.Field("day"), schema.Field("people")
	if day == view.NoField || people == view.NoField {
		return nil, errScope
	}
	today := view.Text(string(domain.DayOf(now)))
	if schema.At(day).Kind == view.Time {
		today = view.Moment(now.UTC().Truncate(24 * time.Hour))
	}
	return view.All(view.Compare("day", view.Lt, today), view.Compare("people", view.Gte, view.Whole(fewest))), nil
}
