package api

import (
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/projections/view"
)

// dailyView is the view that analysts may query.
const dailyView = "daily"

// fewest is the least number of people that a cell shown to analysts counts.
const fewest = 10

// errScope: the view of daily counts has no longer what hides small cells, so nothing of it is shown.
var errScope = errors.New("api: the daily view has no day or no people to limit by")

// dailyScope limits a query of daily counts to closed days and to cells of at least 10 people. It is joined to the query before
// filter, sort, page, groups and sums.
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
