package api

import (
	"errors"
	"fmt"
	"time"

	"accountledger/domain"
	"accountledger/projections/view"
)

// fewest is the smallest number of people in a cell shown to analysts. All were proven: who was not is no person in the view.
const fewest = 10

// errScope: the daily view lacks the fields that hide small cells, so nothing of it is shown.
var errScope = errors.New("api: the daily view has no day or no people to limit by")

// isPartCount reports whether a field of the daily view counts part of a cell's people. A part can be small where the cell is not, so
// analysts only get sums of them, over cells in which they are large enough themselves.
func isPartCount(field string) bool {
	return field == "weekly_people" || field == "monthly_people" || field == "new_people"
}

// limitDaily limits a query of daily counts to days whose counts do not change any more and to cells of at least 10 people, by each number
// that is added up. That applies before filter, sort, paging, groups and sums. It refuses to look at parts of a cell otherwise.
func limitDaily(schema *view.Schema, q *view.Query, now time.Time) error {
	day, people := schema.Field("day"), schema.Field("people")
	if day == view.NoField || people == view.NoField {
		return errScope
	}
	if err := refusePartCounts(q); err != nil {
		return err
	}
	// A sign-up of a day can be proven until as long after.
	over := now.UTC().Add(-domain.SignUpLifetime).Truncate(24 * time.Hour)
	before := view.Text(string(domain.DayOf(over)))
	if schema.At(day).Kind == view.Time {
		before = view.Moment(over)
	}
	limits := []*view.Filter{view.Compare("day", view.Lt, before), enough("people")}
	for _, sum := range sumsOf(q) {
		if isPartCount(sum) {
			limits = append(limits, enough(sum))
		}
	}
	q.Scope = view.All(limits...)
	return nil
}

func enough(field string) *view.Filter { return view.Compare(field, view.Gte, view.Whole(fewest)) }

// sumsOf are the fields that a query adds up.
func sumsOf(q *view.Query) (sums []string) {
	if q.Group != nil {
		sums = append(sums, q.Group.Sum)
	}
	if q.Histogram != nil {
		sums = append(sums, q.Histogram.Sum)
	}
	return sums
}

// refusePartCounts refuses what would show a part of a cell's people, other than as a sum.
func refusePartCounts(q *view.Query) error {
	if place := partCountIn("/filter", q.Filter); place != "" {
		return refusedField(place)
	}
	for i, o := range q.Sort {
		if isPartCount(o.Field) {
			return refusedField(fmt.Sprintf("/sort/%d/field", i))
		}
	}
	if q.Group != nil {
		for i, by := range q.Group.By {
			if isPartCount(by) {
				return refusedField(fmt.Sprintf("/group/by/%d", i))
			}
		}
	}
	return nil
}

func refusedField(pointer string) error {
	return queryRefusal(&view.InvalidError{Pointer: pointer, Message: "must not name a number that can only be added up"})
}

// partCountIn is where a filter compares a part of a cell's people; "" if nowhere.
func partCountIn(pointer string, f *view.Filter) string {
	if f == nil {
		return ""
	}
	if isPartCount(f.Field) {
		return pointer + "/field"
	}
	for name, inner := range map[string][]view.Filter{"all": f.All, "any": f.Any} {
		for i := range inner {
			if place := partCountIn(fmt.Sprintf("%s/%s/%d", pointer, name, i), &inner[i]); place != "" {
				return place
			}
		}
	}
	return partCountIn(pointer+"/not", f.Not)
}
