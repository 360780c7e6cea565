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
	MetricSignUp       = "sign_up"         // outcome requested, completed or lapsed
	MetricVerification = "verification"    // outcome passed, failed or ended; kind is its purpose
	MetricSignIn       = "sign_in"         // of people
	MetricContactAdded = "contact_added"   // besides the address that an account was opened with
	MetricFactor       = "factor_enrolled" // a second factor; by its kind
	MetricOptIn        = "opt_in"          // by permission and purpose
	MetricOptOut       = "opt_out"         // by permission and purpose
	MetricDeviceLinked = "device_linked"   // by kind of device
)

type daily struct {
	day                                                view.TimeField
	metric, outcome, region, permission, purpose, kind view.KeywordField
	people, weekly, monthly, ever, events              view.NumberField
}

// Daily is one document for each cell of a table of counts, for analysts: what happened on a day (in UTC), in a region, of a kind. It names
// nobody.
//
// Field events counts everything; the others count proven people, as the events themselves say: people each person once a day and cell,
// weekly_people once a week, on the first day of it (ISO 8601, from Monday), monthly_people once a month, and new_people only once. So
// the sum over the days of a week or month is the number of people in it. Who never proved an address is no person here: anybody can make up
// any number of those. A sign-up that was completed counts as a person where it was requested and where its verification passed, and where
// a code of it was wrong.
//
// Verifications are counted on the day on which they were requested, and so are sign-ups, but for completed ones. So the cells of a day change
// until the day after it is over too, and cells of few people point at them: what analysts are shown is limited where they ask.
func Daily() Declaration {
	var f view.Fields
	v := daily{
		day: f.Time("day"), metric: f.Keyword("metric"), outcome: f.Keyword("outcome", view.Optional),
		region: f.Keyword("region", view.Optional), permission: f.Keyword("permission", view.Optional),
		purpose: f.Keyword("purpose", view.Optional), kind: f.Keyword("kind", view.Optional),
		people: f.Number("people"), weekly: f.Number("weekly_people"), monthly: f.Number("monthly_people"), ever: f.Number("new_people"),
		events: f.Number("events"),
	}
	schema := view.Schema{Name: "daily", Version: 3, Fields: f, Indexes: []view.Index{
		{"metric", "-day"}, {"-day"}}}
	return declare(schema,
		ignore(domain.VerificationRequested{}, domain.VerificationIssued{}, domain.VerificationMissed{}, domain.IdentifierClaimed{}, domain.IdentifierRetired{},
			domain.AccountOpened{}, domain.AccountCapacityDecided{}, domain.AccountSignedOutEverywhere{}, domain.LanguageChanged{},
			domain.PermissionConfirmed{}, domain.DeviceRenamed{}, domain.DeviceUnlinked{},
			domain.ErasureRequested{}, domain.ErasureCancelled{}, domain.ErasureStarted{}, domain.ErasureCompleted{},
			domain.FactorRenamed{}, domain.FactorRemoved{}, domain.FactorUsed{}, domain.FactorDoubted{},
			domain.ClientRemembered{}, domain.SignInFailed{}, domain.PasswordChanged{}, domain.PasswordRehashed{}, domain.PasswordRemoved{},
			domain.AccountGuarded{}, domain.AlertDisowned{}, domain.ErasureReminded{},
			domain.LinkFailed{}, domain.LinkUsed{}, domain.ContactReleased{}, domain.ContactMadePrimary{}, domain.ContactDetached{},
			domain.ContactRestored{}, domain.BirthCorrected{},
			domain.SessionRaised{}, domain.SessionSeen{}, domain.SessionEnded{}, domain.ClientKnown{},
			domain.SignInBegun{}, domain.SignInPassed{},
			domain.RecoveryRequested{}, domain.RecoveryProved{}, domain.RecoveryWaiting{}, domain.RecoveryReminded{},
			domain.RecoveryCompleted{}, domain.RecoveryLapsed{}, domain.RecoveryMissed{},
			domain.AttemptsCounted{}, domain.AttemptsLimited{}, domain.AttemptsCleared{},
			domain.StaffAdded{}, domain.StaffRoleGranted{}, domain.StaffEnrolled{},
			domain.StaffRoleEnded{}, domain.StaffReset{}, domain.StaffEnded{}, domain.ServiceAdded{},
			domain.ServiceRenamed{}, domain.ServiceAllowed{}, domain.ServiceSuspended{},
			domain.ServiceResumed{}, domain.ServiceKeyAdded{}, domain.ServiceKeyEnded{}, domain.ServiceEnded{},
			domain.AccessDecided{}, domain.AccessCorrected{}, domain.AccessRevealed{}, domain.AccessLookedUp{}, domain.AccessQueried{},
			domain.AccessQuestionRevealed{},
			domain.DeliveryAdmitted{}, domain.DeliveryAttempted{}, domain.DeliverySucceeded{}, domain.DeliveryFailed{},
			domain.ControllerDescribed{}, domain.PartyNamed{}, domain.NoticePublished{},
			domain.LedgerRestored{}, domain.LedgerImported{}, domain.OperationPerformed{}, domain.LimitsChanged{},
			domain.EventSkipped{}, domain.ClockConfirmed{}),
		count(v, func(r journal.Record, _ domain.SignUpRequested) []cell {
			return []cell{signUpCell("requested", domain.DayOf(r.At))}
		}),
		count(v, completedCells),
		count(v, func(_ journal.Record, e domain.SignUpLapsed) []cell {
			return []cell{signUpCell("lapsed", e.RequestedOn)}
		}),
		count(v, func(_ journal.Record, e domain.VerificationPassed) []cell {
			return []cell{verificationCell("passed", e.Purpose, e.RequestedOn)}
		}),
		count(v, func(_ journal.Record, e domain.VerificationFailed) []cell {
			return []cell{verificationCell("failed", e.Purpose, e.RequestedOn)}
		}),
		count(v, func(_ journal.Record, e domain.VerificationEnded) []cell {
			return []cell{verificationCell("ended", e.Purpose, e.RequestedOn)}
		}),
		count(v, func(r journal.Record, e domain.SessionStarted) []cell {
			if e.Owner != domain.ActorPerson {
				return nil
			}
			return []cell{{day: domain.DayOf(r.At), metric: MetricSignIn, first: e.First, event: true}}
		}),
		count(v, func(r journal.Record, e domain.ContactAttached) []cell {
			return []cell{{day: domain.DayOf(r.At), metric: MetricContactAdded, first: e.First, event: true}}
		}),
		count(v, func(r journal.Record, e domain.FactorEnrolled) []cell {
			return []cell{{day: domain.DayOf(r.At), metric: MetricFactor, kind: string(e.Kind), first: e.First, event: true}}
		}),
		count(v, func(r journal.Record, e domain.PermissionGranted) []cell {
			return decisionCells(MetricOptIn, r, e.Decision)
		}),
		count(v, func(r journal.Record, e domain.PermissionWithdrawn) []cell {
			return decisionCells(MetricOptOut, r, e.Decision)
		}),
		count(v, func(r journal.Record, e domain.DeviceLinked) []cell {
			return []cell{{day: domain.DayOf(r.At), metric: MetricDeviceLinked, kind: string(e.Kind), first: e.First, event: true}}
		}),
	)
}

// cell is what a count is counted by, and what an event adds to it.
type cell struct {
	day                                                domain.Day
	metric, outcome, region, permission, purpose, kind string
	first                                              domain.First // in which periods the person is counted
	event                                              bool         // and not the person alone
}

// id names the cell; none of its parts can hold a slash.
func (c cell) id() string {
	return strings.Join([]string{string(c.day), c.metric, c.outcome, c.region, c.permission, c.purpose, c.kind}, "/")
}

func signUpCell(outcome string, day domain.Day) cell {
	return cell{day: day, metric: MetricSignUp, outcome: outcome, event: true}
}

func verificationCell(outcome string, p domain.VerificationPurpose, requestedOn domain.Day) cell {
	return cell{day: requestedOn, metric: MetricVerification, outcome: outcome, kind: string(p), event: true}
}

// completedCells: a completed sign-up is the one event by which a person comes to be, so that one who proves an address several times is
// counted once. They are counted then in what they did before, which has its event already.
func completedCells(r journal.Record, e domain.SignUpCompleted) []cell {
	before := []cell{signUpCell("requested", e.RequestedOn), verificationCell("passed", domain.VerifySignUp, e.RequestedOn)}
	if e.Nth > 1 {
		before = append(before, verificationCell("failed", domain.VerifySignUp, e.RequestedOn))
	}
	for i := range before {
		before[i].first, before[i].event = domain.FirstEver, false
	}
	completed := signUpCell("completed", domain.DayOf(r.At))
	completed.first = domain.FirstEver
	return append(before, completed)
}

func decisionCells(metric string, r journal.Record, d domain.Decision) []cell {
	return []cell{{day: domain.DayOf(r.At), metric: metric, permission: string(d.Permission), purpose: string(d.For), first: d.First, event: true}}
}

// count adds each event of type T to its cells, of the event's region.
func count[T any](v daily, of func(journal.Record, T) []cell) rule {
	where := func(r journal.Record, e T) []cell {
		cells := of(r, e)
		for i := range cells {
			cells[i].region = string(r.Region)
		}
		return cells
	}
	return onEach(func(r journal.Record, e T) []string {
		cells := where(r, e)
		ids := make([]string, len(cells))
		for i, c := range cells {
			ids[i] = c.id()
		}
		return ids
	}, func(d *view.Document, r journal.Record, e T) {
		cells := where(r, e)
		for _, c := range cells {
			if len(cells) == 1 || c.id() == d.ID {
				v.add(d, c)
			}
		}
	})
}

func (v daily) add(d *view.Document, c cell) {
	if d.Deleted {
		day, _ := time.Parse(time.DateOnly, string(c.day)) // a day is one
		v.day.Set(d, day)
		v.metric.Set(d, c.metric)
		setKeyword(v.outcome, d, c.outcome)
		setKeyword(v.region, d, c.region)
		setKeyword(v.permission, d, c.permission)
		setKeyword(v.purpose, d, c.purpose)
		setKeyword(v.kind, d, c.kind)
		for _, n := range []view.NumberField{v.people, v.weekly, v.monthly, v.ever, v.events} {
			n.Set(d, 0)
		}
	}
	for _, n := range []struct {
		field view.NumberField
		one   bool
	}{{v.people, c.first.Day()}, {v.weekly, c.first.Week()}, {v.monthly, c.first.Month()}, {v.ever, c.first.Ever()}, {v.events, c.event}} {
		if n.one {
			n.field.Add(d, 1)
		}
	}
}
