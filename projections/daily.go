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
	schema := view.Schema{Name: "daily", Version: 1, Fields: f, Indexes: []view.Index{
		{"metric", "-day"}, {"-day"}}}
	return declare(schema,
		ignore(domain.VerificationRequested{}, domain.VerificationIssued{}, domain.IdentifierClaimed{}, domain.IdentifierRetired{},
			domain.ContactAttached{},
			domain.AccountOpened{}, domain.AccountCapacityDecided{}, domain.AccountSignedOutEverywhere{}, domain.LanguageChanged{},
			domain.PermissionConfirmed{}, domain.DeviceRenamed{}, domain.DeviceUnlinked{},
			domain.ErasureRequested{}, domain.ErasureCancelled{}, domain.ErasureStarted{}, domain.ErasureCompleted{},
			domain.SessionStarted{}, domain.SessionRaised{}, domain.SessionSeen{}, domain.SessionEnded{}, domain.ClientKnown{},
			domain.SignInBegun{}, domain.SignInPassed{}, domain.AttemptsCounted{}, domain.AttemptsLimited{}, domain.AttemptsCleared{},
			domain.StaffAdded{}, domain.StaffRoleGranted{}, domain.StaffEnrolled{}, domain.ServiceAdded{},
			domain.AccessDecided{}, domain.AccessCorrected{}, domain.AccessRevealed{}, domain.AccessLookedUp{}, domain.AccessQueried{},
			domain.DeliveryAdmitted{}, domain.DeliveryAttempted{}, domain.DeliverySucceeded{}, domain.DeliveryFailed{},
			domain.ControllerDescribed{}, domain.NoticePublished{},
			domain.LedgerRestored{}, domain.LedgerImported{}, domain.OperationPerformed{}, domain.LimitsChanged{},
			domain.EventSkipped{}, domain.ClockConfirmed{}),
		count(v, func(e domain.SignUpRequested) cell {
			return cell{metric: MetricSignUp, outcome: "requested", firstOfDay: e.FirstOfDay}
		}),
		count(v, func(domain.SignUpCompleted) cell {
			return cell{metric: MetricSignUp, outcome: "completed", firstOfDay: true}
		}),
		count(v, func(e domain.SignUpLapsed) cell {
			return cell{metric: MetricSignUp, outcome: "lapsed", firstOfDay: e.FirstOfDay}
		}),
		count(v, func(domain.VerificationPassed) cell {
			return cell{metric: MetricVerification, outcome: "passed", firstOfDay: true}
		}),
		count(v, func(e domain.VerificationFailed) cell {
			return cell{metric: MetricVerification, outcome: "failed", firstOfDay: e.FirstOfDay}
		}),
		count(v, func(e domain.VerificationEnded) cell {
			return cell{metric: MetricVerification, outcome: "ended", firstOfDay: e.FirstOfDay}
		}),
		count(v, func(e domain.PermissionGranted) cell { return decisionCell(MetricOptIn, e.Decision) }),
		count(v, func(e domain.PermissionWithdrawn) cell { return decisionCell(MetricOptOut, e.Decision) }),
		count(v, func(e domain.DeviceLinked) cell {
			return cell{metric: MetricDeviceLinked, kind: string(e.Kind), firstOfDay: e.FirstOfDay}
		}),
	)
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

func decisionCell(metric string, d domain.Decision) cell {
	return cell{metric: metric, permission: string(d.Permission), purpose: string(d.For), firstOfDay: d.FirstOfDay}
}

// count adds each event of type T to its cell, of the event's day and region.
func count[T any](v daily, of func(T) cell) rule {
	where := func(r journal.Record, e T) cell {
		c := of(e)
		c.day, c.region = string(domain.DayOf(r.At)), string(r.Region)
		return c
	}
	return on(func(r journal.Record, e T) string { return where(r, e).id() },
		func(d *view.Document, r journal.Record, e T) { v.add(d, r.At, where(r, e)) })
}

func (v daily) add(d *view.Document, at time.Time, c cell) {
	if d.Deleted {
		v.day.Set(d, at.UTC().Truncate(24*time.Hour))
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
}
