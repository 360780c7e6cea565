package projectiontest

import (
	"strings"
	"time"

	"pgregory.net/rapid"

	"accountledger/domain"
)

// History is what happened to a few people.
type History struct {
	ledger  *Ledger
	notices map[domain.Permission]*domain.Notices
	people  []*Person
}

// NewHistory starts a history by publishing notices.
func NewHistory(l *Ledger) *History {
	l.Helper()
	h := &History{ledger: l, notices: map[domain.Permission]*domain.Notices{}}
	for _, p := range []domain.Permission{"location", "contacts"} {
		h.notices[p] = l.Notices(p)
	}
	return h
}

// Step adds one random event.
func (h *History) Step(t *rapid.T) {
	l := h.ledger
	l.Pass(time.Duration(rapid.IntRange(0, 20).Draw(t, "hours")) * time.Hour)
	step := rapid.IntRange(0, 15).Draw(t, "step")
	if len(h.people) == 0 || step == 0 && len(h.people) < 6 {
		h.people = append(h.people, l.SignUp(rapid.SampledFrom([]domain.Region{"DE", "FR", "IN"}).Draw(t, "region"), "somebody@example.org", h.notices))
		return
	}
	p := rapid.SampledFrom(h.people).Draw(t, "person")
	devices := p.LinkedDevices()
	switch step {
	case 0, 1:
		today, id := domain.DayOf(l.Now()), l.RequestSignUp(p.Region, "nobody@example.org")
		l.AppendAs(domain.Metadata{Region: p.Region}, domain.VerificationStream(domain.VerificationID(id)),
			domain.VerificationFailed{Issue: 1, Try: 1, Purpose: domain.VerifySignUp, RequestedOn: today})
		l.AppendAs(domain.Metadata{Region: p.Region}, domain.SignUpStream(id), domain.SignUpLapsed{Reason: domain.LapseExpired, RequestedOn: today})
	case 2, 3, 4, 5:
		purpose := rapid.SampledFrom([]string{"location/navigation", "location/weather", "contacts/sync"}).Draw(t, "purpose")
		permission, use, _ := cut(purpose)
		p.Set(permission, use, rapid.Bool().Draw(t, "grant"))
	case 6, 7:
		p.Link(rapid.SampledFrom(domain.DeviceKinds()).Draw(t, "kind"), "a model", "a name")
	case 8:
		if len(devices) > 0 {
			p.Rename(devices[0], "another name")
		}
	case 9:
		if len(devices) > 0 {
			p.Unlink(devices[0])
		}
	case 10:
		p.Leave(time.Duration(rapid.IntRange(0, 1).Draw(t, "grace")) * time.Hour)
	case 11:
		p.Stay()
	case 12:
		p.Erase()
	case 13:
		l.Look(p)
	case 14:
		p.SignIn()
	case 15:
		p.AddContact("somebody@example.net")
	}
}

// Look records that an officer was shown something and that a service queried a decision.
func (l *Ledger) Look(p *Person) {
	l.Helper()
	m := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorStaff, ID: domain.ID[any]{UUID: domain.Derive(p.ID.UUID, "officer")}},
		Subject: p.ID, Region: p.Region, Purpose: domain.LookSupport, Case: "SUP-2026-7"}
	stream := domain.AccessStream(domain.Derive(p.ID.UUID, "writer"), domain.DayOf(l.Now()))
	l.AppendAs(m, stream, domain.AccessRevealed{Parts: []domain.RevealedPart{domain.RevealEmail, domain.RevealModels}})
	outcome, reason, grant := p.Decide("location", "navigation", 1)
	service := domain.ServiceID{UUID: domain.Derive(p.ID.UUID, "service")}
	l.AppendAs(domain.Metadata{Actor: domain.Actor{Kind: domain.ActorService, ID: domain.ID[any](service)}, Subject: p.ID, Region: p.Region}, stream,
		domain.AccessDecided{Service: service, Key: 1, Permission: "location", For: "navigation", Outcome: outcome, Reason: reason,
			AccountVersion: p.Version, Grant: grant})
}

func cut(s string) (domain.Permission, domain.Purpose, bool) {
	permission, purpose, ok := strings.Cut(s, "/")
	return domain.Permission(permission), domain.Purpose(purpose), ok
}
