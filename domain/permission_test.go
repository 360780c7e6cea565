package domain_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"accountledger/domain"
)

// published are notices of versions 1, 2, …, each material or not, in English and German.
func published(t *testing.T, material ...bool) *domain.Notices {
	t.Helper()
	n := &domain.Notices{}
	for i, m := range material {
		for _, l := range []domain.Language{"en", "de"} {
			text := fmt.Sprintf("text %d in %s", i+1, l)
			apply(t, n, noon, domain.NoticePublished{Permission: "location", Version: i + 1, Material: m, Language: l, Hash: domain.HashText(text),
				Text: domain.PublishedText(text)})
		}
	}
	return n
}

// wish is to allow location for weather, or no longer, having seen a notice.
func wish(grant bool, n *domain.Notices, l domain.Language) domain.SetPermission {
	current, _ := n.Current(l)
	return domain.SetPermission{Permission: "location", Purpose: "weather", Grant: grant, Notice: current.Event}
}

func set(t *testing.T, a *domain.Account, s domain.SetPermission, n *domain.Notices, at time.Time) []any {
	t.Helper()
	events, err := a.SetPermission(s, domain.TheCatalogue(), n, at)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, a, at, events...)
	return events
}

func TestGrantCarriesItsProof(t *testing.T) {
	a, n := opened(t, domain.CapacitySelf), published(t, true)
	notice, _ := n.Current("de-AT")
	decision := domain.Decision{Permission: "location", For: "weather", Notice: notice.Event, NoticeHash: notice.Hash, NoticeVersion: 1, Language: "de",
		LegalBasis: domain.LegalBasisConsent, Method: domain.MethodSettings, GivenBy: domain.GivenBySelf, Capacity: domain.CapacitySelf,
		Previous: domain.StateNone, First: domain.FirstEver}
	// Each decision names the one that it takes the place of.
	before := func(d domain.Decision) domain.Decision {
		d.Before = a.Permissions[domain.Allowance{Permission: "location", Purpose: "weather"}].Event
		return d
	}
	grant, none := wish(true, n, "de"), domain.SetPermission{Permission: "location", Purpose: "weather"}
	sameEvents(t, set(t, a, wish(true, n, "de-AT"), n, noon), domain.PermissionGranted{Decision: decision, Nth: 1, Cohort: "2026-05"})

	decision.Previous, decision.First = domain.StateGranted, ""
	want := before(decision)
	sameEvents(t, set(t, a, grant, n, noon), domain.PermissionConfirmed{Decision: want, State: domain.StateGranted})

	// A withdrawal proves which text the grant that it ends was given on, though none is shown now.
	decision.First = domain.FirstEver
	want = before(decision)
	sameEvents(t, set(t, a, none, n, noon), domain.PermissionWithdrawn{Decision: want})

	decision.Previous, decision.First = domain.StateWithdrawn, ""
	want = before(decision)
	sameEvents(t, set(t, a, none, n, noon), domain.PermissionConfirmed{Decision: want, State: domain.StateWithdrawn})

	want = before(decision) // and not the first grant of the day
	sameEvents(t, set(t, a, grant, n, noon), domain.PermissionGranted{Decision: want, Nth: 2})
	tomorrow := noon.Add(24 * time.Hour)
	decision.Previous, decision.First = domain.StateGranted, domain.FirstOfWeek // a Monday
	want = before(decision)
	sameEvents(t, set(t, a, none, n, tomorrow), domain.PermissionWithdrawn{Decision: want})
	decision.Previous = domain.StateWithdrawn
	want = before(decision)
	sameEvents(t, set(t, a, grant, n, tomorrow), domain.PermissionGranted{Decision: want, Nth: 3})
}

func TestWithdrawingWhatWasNeverGranted(t *testing.T) {
	a, n := opened(t, domain.CapacitySelf), published(t, true)
	got := set(t, a, domain.SetPermission{Permission: "location", Purpose: "weather"}, n, noon)
	if e, ok := got[0].(domain.PermissionConfirmed); !ok || e.State != domain.StateNone || len(a.Permissions) != 0 || a.PermissionAt != a.Version {
		t.Errorf("got %#v", got)
	}
}

func TestRefusedPermissions(t *testing.T) {
	n := published(t, true, false)
	old := n.All[0].Event
	closing := opened(t, domain.CapacitySelf)
	apply(t, closing, noon, domain.ErasureRequested{Due: noon})
	for name, c := range map[string]struct {
		account *domain.Account
		set     domain.SetPermission
		want    error
	}{
		"nobody":        {domain.NewAccount(domain.AccountID{UUID: uuid.New()}), wish(true, n, "en"), domain.ErrNotFound},
		"closing":       {closing, wish(false, n, "en"), domain.ErrClosing},
		"no permission": {opened(t, domain.CapacitySelf), domain.SetPermission{Permission: "teleport", Purpose: "weather"}, domain.ErrPermission},
		"no purpose":    {opened(t, domain.CapacitySelf), domain.SetPermission{Permission: "location", Purpose: "research"}, domain.ErrPurpose},
		"guardian":      {opened(t, domain.CapacityGuardian), wish(true, n, "en"), domain.ErrGuardian},
		"no notice":     {opened(t, domain.CapacitySelf), domain.SetPermission{Permission: "location", Purpose: "weather", Grant: true}, domain.ErrNotice},
		"another's notice": {opened(t, domain.CapacitySelf),
			domain.SetPermission{Permission: "location", Purpose: "weather", Grant: true, Notice: domain.EventID{UUID: uuid.New()}}, domain.ErrNotice},
		"yesterday's notice": {opened(t, domain.CapacitySelf), domain.SetPermission{Permission: "location", Purpose: "weather", Grant: true, Notice: old},
			domain.ErrNotice},
	} {
		events, err := c.account.SetPermission(c.set, domain.TheCatalogue(), n, noon)
		if !errors.Is(err, c.want) || len(events) > 0 {
			t.Errorf("%s: %v, %v; want %v", name, events, err, c.want)
		}
	}
	if _, err := opened(t, domain.CapacityGuardian).SetPermission(wish(false, n, "en"), domain.TheCatalogue(), n, noon); err != nil {
		t.Errorf("who needs a guardian cannot withdraw: %v", err)
	}
}

func TestMaterialNoticesInheritNoConsent(t *testing.T) {
	for name, c := range map[string]struct {
		later []bool
		want  domain.Outcome
		why   domain.AccessReason
	}{
		"none since":          {nil, domain.Allowed, domain.ReasonGranted},
		"not material":        {[]bool{false, false}, domain.Allowed, domain.ReasonGranted},
		"material":            {[]bool{true}, domain.Denied, domain.ReasonNotice},
		"material, then not":  {[]bool{true, false}, domain.Denied, domain.ReasonNotice},
		"not, then material":  {[]bool{false, true}, domain.Denied, domain.ReasonNotice},
		"material once more ": {[]bool{true, true}, domain.Denied, domain.ReasonNotice},
	} {
		a, before := opened(t, domain.CapacitySelf), published(t, true)
		set(t, a, wish(true, before, "en"), before, noon)
		now := published(t, append([]bool{true}, c.later...)...)
		outcome, why, grant := a.Decide("location", "weather", now.Material())
		if outcome != c.want || why != c.why ||
			(outcome == domain.Allowed) != (grant == a.Permissions[domain.Allowance{Permission: "location", Purpose: "weather"}].Event) {
			t.Errorf("%s: %s, %s", name, outcome, why)
		}
		set(t, a, wish(true, now, "en"), now, noon) // agreeing again, which only confirms
		if outcome, why, _ = a.Decide("location", "weather", now.Material()); outcome != domain.Allowed {
			t.Errorf("%s: after agreeing to the new one %s, %s", name, outcome, why)
		}
	}
}

func TestDecide(t *testing.T) {
	n := published(t, true)
	granted := func(c domain.Capacity, more ...any) *domain.Account {
		a := opened(t, domain.CapacitySelf)
		set(t, a, wish(true, n, "en"), n, noon)
		a.Capacity = c
		apply(t, a, noon, more...)
		return a
	}
	withdrawn := granted(domain.CapacitySelf)
	set(t, withdrawn, domain.SetPermission{Permission: "location", Purpose: "weather"}, n, noon)
	for want, a := range map[domain.AccessReason]*domain.Account{
		domain.ReasonGranted:   granted(domain.CapacitySelf, domain.ErasureRequested{Due: noon}, domain.ErasureCancelled{}),
		domain.ReasonNever:     opened(t, domain.CapacitySelf),
		domain.ReasonWithdrawn: withdrawn,
		domain.ReasonCapacity:  granted(domain.CapacityGuardian),
		domain.ReasonClosing:   granted(domain.CapacitySelf, domain.ErasureRequested{Due: noon}),
		domain.ReasonErased:    granted(domain.CapacitySelf, domain.ErasureRequested{Due: noon}, domain.ErasureStarted{}, domain.ErasureCompleted{}),
		domain.ReasonUnknown:   domain.NewAccount(domain.AccountID{UUID: uuid.New()}),
	} {
		outcome, why, grant := a.Decide("location", "weather", n.Material())
		if why != want || (outcome == domain.Allowed) != (want == domain.ReasonGranted) || grant.IsZero() != (outcome == domain.Denied) {
			t.Errorf("%s: %s, %s", want, outcome, why)
		}
		if outcome, _, _ := a.Decide("location", "navigation", n.Material()); outcome != domain.Denied {
			t.Errorf("%s: another purpose is allowed", want)
		}
	}
}

// A random history of decisions against the plainest model: the last decision counts.
func TestTheLastDecisionCounts(t *testing.T) {
	n := published(t, true)
	uses := []domain.Purpose{"weather", "navigation", "local_offers"}
	rapid.Check(t, func(r *rapid.T) {
		a, model, at := opened(t, domain.CapacitySelf), map[domain.Purpose]bool{}, noon
		for range rapid.IntRange(1, 30).Draw(r, "decisions") {
			s := wish(rapid.Bool().Draw(r, "grant"), n, "en")
			s.Purpose = rapid.SampledFrom(uses).Draw(r, "purpose")
			at = at.Add(time.Duration(rapid.IntRange(0, 86_400).Draw(r, "seconds")) * time.Second)
			set(t, a, s, n, at)
			model[s.Purpose] = s.Grant
			for _, u := range uses {
				if outcome, _, _ := a.Decide("location", u, n.Material()); (outcome == domain.Allowed) != model[u] {
					r.Fatalf("%s is %s, the model says %v", u, outcome, model[u])
				}
			}
			if a.PermissionAt != a.Version {
				r.Fatal("the tag has not moved")
			}
		}
	})
}
