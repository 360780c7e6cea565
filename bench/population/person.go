package population

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"accountledger/domain"
)

// person is a member of the population: what later events need to know about earlier ones.
type person struct {
	number   int
	account  domain.AccountID
	region   domain.Region
	language domain.Language
	version  int64 // of the account's stream
	granted  []held
}

// held is somebody's last decision on one purpose.
type held struct {
	domain.Allowance
	state domain.State
	event domain.EventID
	on    domain.Day
}

// Shares of a population, in percent, or as weights.
const (
	neverProven  = 12 // of sign-ups
	signsIn      = 80 // of those who verified
	changesMind  = 20 // of later decisions
	visitsPeople = 45 // later visits for each hundred people
)

// deviceCounts is the number of devices of each of ten people.
func deviceCounts() []int { return []int{0, 0, 0, 0, 1, 1, 1, 2, 2, 5} }

// home is where somebody lives and what they read, by weight.
type home struct {
	region   domain.Region
	language domain.Language
}

func homes() []home {
	return []home{{"DE", "de"}, {"DE", "de"}, {"DE", "en"}, {"FR", "fr"}, {"US", "en"}, {"US", "en"}, {"IT", "it"}, {"ES", "es"}, {"PL", "pl"}, {"IN", "en"},
		{"KR", "ko"}, {"BR", "pt"}}
}

func pick[T any](d *rand.Rand, from []T) T { return from[d.IntN(len(from))] }

// contact is somebody's address.
func contact(number int) domain.Contact {
	address := fmt.Sprintf("somebody.%d@example.invalid", number)
	return domain.Contact{Kind: domain.IdentifierEmail, Typed: address, Normalised: address}
}

// born is somebody's month of birth: all adults.
func born(d *rand.Rand) domain.BirthMonth {
	return domain.BirthMonth{Month: domain.Month(fmt.Sprintf("%d-%02d", 1950+d.IntN(55), 1+d.IntN(12)))}
}

// hash returns random bytes in the form of a hash.
func hash(d *rand.Rand) domain.Hash {
	return domain.Hash(fmt.Sprintf("%016x%016x%016x%016x", d.Uint64(), d.Uint64(), d.Uint64(), d.Uint64()))
}

// decide returns somebody's next decision: mostly on a new purpose, sometimes a change of an earlier one.
func (p *person) decide(d *rand.Rand, allowances []domain.Allowance, notices map[domain.Permission]domain.PublishedNotice,
	event domain.EventID, now time.Time) any {
	today := domain.DayOf(now)
	at := -1
	if len(p.granted) > 0 && d.IntN(100) < changesMind {
		at = d.IntN(len(p.granted))
	}
	if at < 0 {
		a := pick(d, allowances)
		if at = slices.IndexFunc(p.granted, func(h held) bool { return h.Allowance == a }); at < 0 {
			at = len(p.granted)
			p.granted = append(p.granted, held{Allowance: a, state: domain.StateNone})
		}
	}
	h := &p.granted[at]
	n := notices[h.Permission]
	decision := domain.Decision{Permission: h.Permission, For: h.Purpose, Notice: n.Event, NoticeHash: n.Hash, NoticeVersion: n.Version, Language: n.Language,
		LegalBasis: domain.LegalBasisConsent, Method: domain.MethodSettings, GivenBy: domain.GivenBySelf, Capacity: domain.CapacitySelf,
		Previous: h.state, Before: h.event, FirstOfDay: h.on != today}
	h.event, h.on = event, today
	if h.state == domain.StateGranted {
		h.state = domain.StateWithdrawn
		return domain.PermissionWithdrawn{Decision: decision}
	}
	h.state = domain.StateGranted
	return domain.PermissionGranted{Decision: decision}
}

// access is a service's answer about somebody.
func (p *person) access(d *rand.Rand, service domain.ServiceID, allowances []domain.Allowance) domain.AccessDecided {
	e := domain.AccessDecided{Service: service, AccountVersion: p.version, Outcome: domain.Denied, Reason: domain.ReasonNever}
	if len(p.granted) == 0 || d.IntN(5) == 0 {
		a := pick(d, allowances)
		e.Permission, e.For = a.Permission, a.Purpose
		return e
	}
	h := pick(d, p.granted)
	e.Permission, e.For, e.Grant = h.Permission, h.Purpose, h.event
	if h.state == domain.StateGranted {
		e.Outcome, e.Reason = domain.Allowed, domain.ReasonGranted
	} else {
		e.Reason, e.Grant = domain.ReasonWithdrawn, domain.EventID{}
	}
	return e
}

func deviceName(d *rand.Rand, kind domain.DeviceKind) (model, name string) {
	return fmt.Sprintf("%s model %d", strings.ToUpper(string(kind[:1]))+string(kind[1:]), d.IntN(900)), fmt.Sprintf("my %s number %d", kind, d.IntN(9))
}
