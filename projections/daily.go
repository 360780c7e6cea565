package projections

import (
	"strings"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

// Metrics of the view daily.
const (
	MetricSignUp       = "sign_up"       // outcome requested, completed or lapsed
	MetricVerification = "verification"  // outcome passed, failed or ended
	MetricOptIn        = "opt_in"        // by permission and purpose
	MetricOptOut       = "opt_out"       // by permission and purpose
	MetricDeviceLinked = "device_linked" // by kind of device
)

type daily struct {
	day                                                view.TimeField
	metric, outcome, region, permission, purpose, kind view.KeywordField
	people, events                                     view.NumberField
}

// Daily is one document for each cell of a table of counts, for analysts: what happened on a day (in UTC), in a
// region, of a kind. Field people counts each person once a day and cell, as the event itself says (a
// sign-up and its verification count as one person); events counts everything. It names nobody. A day's cells change until the day is
// over, and cells of few people point at them, so what analysts are shown is limited where they ask.
func Daily() Declaration {
	var f view.Fields
	v := daily{
		day: f.Time("day"), metric: f.Keyword("metric"), outcome: f.Keyword("outcome", view.Optional),
		region: f.Keyword("region", view.Optional), permission: f.Keyword("permission", view.Optional),
		purpose: f.Keyword("purpose", view.Optional), kind: f.Keyword("kind", view.Optional),
		people: f.Number("people"), events: f.Number("events"),
	}
	return Declaration{
		Schema: view.Schema{Name: "daily", Version: 1, Fields: f, Indexes: []view.Index{
			{"metric", "-day"}, {"-day"}}},
		Touches: func(r journal.Record) []string {
			c, ok := cellOf(r)
			if !ok {
				return nil
			}
			return []string{c.id()}
		},
		Reduce: v.reduce,
	}
}

// cell is what a count is counted by.
type cell struct {
	day                                                string
	metric, outcome, region, permission, purpose, kind string
	firstOfDay                                         bool // not counted yet: the person's first such event of the day
}

// id names the cell; none of its parts can hold a slash.
func (c cell) id() string {
	return strings.Join([]string{c.day, c.metric, c.outcome, c.region, c.permission, c.purpose, c.kind}, "/")
}

func cellOf(r journal.Record) (cell, bool) {
	c := cell{day: string(domain.DayOf(r.At)), region: string(r.Region), firstOfDay: true}
	switch e := r.Event.(type) {
	case domain.SignUpRequested:
		c.metric, c.outcome, c.firstOfDay = MetricSignUp, "requested", e.FirstOfDay
	case domain.SignUpCompleted:
		c.metric, c.outcome = MetricSignUp, "completed"
	case domain.SignUpLapsed:
		c.metric, c.outcome, c.firstOfDay = MetricSignUp, "lapsed", e.FirstOfDay
	case domain.VerificationPassed:
		c.metric, c.outcome = MetricVerification, "passed"
	case domain.VerificationFailed:
		c.metric, c.outcome, c.firstOfDay = MetricVerification, "failed", e.FirstOfDay
	case domain.VerificationEnded:
		c.metric, c.outcome, c.firstOfDay = MetricVerification, "ended", e.FirstOfDay
	case domain.PermissionGranted:
		c.metric, c.permission, c.purpose, c.firstOfDay = MetricOptIn, string(e.Permission), string(e.For), e.FirstOfDay
	case domain.PermissionWithdrawn:
		c.metric, c.permission, c.purpose, c.firstOfDay = MetricOptOut, string(e.Permission), string(e.For), e.FirstOfDay
	case domain.DeviceLinked:
		c.metric, c.kind, c.firstOfDay = MetricDeviceLinked, string(e.Kind), e.FirstOfDay
	default:
		return cell{}, false
	}
	return c, true
}

func (v daily) reduce(d *view.Document, r journal.Record) error {
	c, _ := cellOf(r)
	if d.Deleted {
		v.day.Set(d, r.At.UTC().Truncate(24*time.Hour))
		v.metric.Set(d, c.metric)
		setKeyword(v.outcome, d, c.outcome)
		setKeyword(v.region, d, c.region)
		setKeyword(v.permission, d, c.permission)
		setKeyword(v.purpose, d, c.purpose)
		setKeyword(v.kind, d, c.kind)
		v.people.Set(d, 0)
	}
	v.events.Add(d, 1)
	if c.firstOfDay {
		v.people.Add(d, 1)
	}
	return nil
}
