package viewtest

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"accountledger/projections/view"
)

// bucketStart finds the start of a bucket by walking the zone's clock minute by
// minute. known holds the days already found in this zone.
func bucketStart(t time.Time, interval view.Interval, known map[time.Time]time.Time) time.Time {
	minute := t.Truncate(time.Minute)
	if interval == view.Hour {
		for minute.Minute() != 0 {
			minute = minute.Add(-time.Minute)
		}
		return minute
	}
	y, m, d := t.Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	switch interval {
	case view.Week:
		for day.Weekday() != time.Monday {
			day = day.AddDate(0, 0, -1)
		}
	case view.Month:
		day = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	case view.Hour, view.Day:
	}
	if at, ok := known[day]; ok {
		return at
	}
	// The first minute whose date on the zone's clock is that day or, if the
	// zone skipped the day, a later one.
	at := day.Add(-26 * time.Hour).In(t.Location())
	for {
		y, m, d := at.Date()
		if !time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Before(day) {
			known[day] = at
			return at
		}
		at = at.Add(time.Minute)
	}
}

func unquote(text []byte) string {
	var s string
	_ = json.Unmarshal(text, &s)
	return s
}

func parseInt(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// changes are moments, by zone, at which clocks were changed in ways that are easy to get
// wrong.
func changes() map[string][]string {
	return map[string][]string{
		"UTC":                 {"2026-01-01T00:00:00Z"},
		"Europe/Berlin":       {"2026-03-29T01:00:00Z", "2025-10-26T01:00:00Z", "2040-12-31T12:00:00Z"}, // the last: a 366th day, beyond the tables of changes
		"America/New_York":    {"2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"},
		"Asia/Kolkata":        {"2026-05-31T18:30:00Z"},
		"Australia/Lord_Howe": {"2026-04-04T15:00:00Z", "2025-10-04T15:30:00Z"}, // by half an hour
		"America/Havana":      {"2025-03-09T05:00:00Z", "2025-11-02T05:00:00Z"}, // midnight skipped, midnight twice
		"America/St_Johns":    {"2009-11-01T02:31:00Z", "2010-03-14T03:31:00Z"}, // a minute past midnight
		"America/Sao_Paulo":   {"2018-11-04T03:00:00Z", "2018-02-18T02:00:00Z"}, // no midnight
		"Pacific/Apia":        {"2011-12-30T10:00:00Z"},                         // a day skipped
	}
}

// testCalendar compares histograms around changes of the clock with the plain walk.
func testCalendar(t *testing.T, open func(*testing.T) view.Engine) {
	e, g := fresh(t, open)
	_ = e
	s := newShape()
	m := &model{schema: *g.Schema(), docs: map[string]*view.Document{}}
	position := int64(0)
	for zone, moments := range changes() {
		for _, moment := range moments {
			at, err := time.Parse(time.RFC3339, moment)
			must(t, err)
			for offset := -26 * time.Hour; offset <= 26*time.Hour; offset += 14*time.Minute + 59*time.Second {
				position++
				d := plain(zone+strconv.FormatInt(position, 10), position, zone)
				s.at.Set(d, at.Add(offset))
				s.ended.Set(d, at.Add(offset))
				m.write(d)
			}
			d := plain(zone+"at"+moment, position, zone)
			s.at.Set(d, at)
			m.write(d)
		}
	}
	batch := view.Batch{}
	for _, d := range m.docs {
		batch.Documents = append(batch.Documents, d)
	}
	must(t, g.Write(t.Context(), batch))
	must(t, g.Refresh(t.Context()))
	for zone := range changes() {
		for _, interval := range []view.Interval{view.Hour, view.Day, view.Week, view.Month} {
			for _, field := range []string{"at", "ended"} {
				q := &view.Query{
					Filter:    view.Compare("colour", view.Eq, view.Text(zone)),
					Histogram: &view.Histogram{Field: field, Interval: interval, Zone: zone, Sum: "size"},
				}
				compare(t, g, m, q)
			}
		}
	}
}
