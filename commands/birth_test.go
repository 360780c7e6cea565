package commands_test

import (
	"testing"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

func TestCorrectBirth(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	do(w, w.SetPermission, c, w.grant())
	maps := w.service("maps")
	asks := commands.DecideAccess{Account: c.Account, Permission: weather.Permission, Purpose: weather.Purpose}
	if do(w, w.DecideAccess, maps, asks).Outcome != domain.Allowed {
		t.Error("it is not allowed")
	}
	refused(w, w.CorrectBirth, c, commands.CorrectBirth{BirthMonth: "1990-13"}, domain.ErrBirthMonth)
	refused(w, w.CorrectBirth, c, commands.CorrectBirth{BirthMonth: "2031-01"}, domain.ErrBirthMonth)
	refused(w, w.CorrectBirth, c, commands.CorrectBirth{BirthMonth: "1990-05"}, domain.ErrBirthSame)
	w.appended([]string{"account.birth_corrected.v1"}, func() {
		if got := do(w, w.CorrectBirth, c, commands.CorrectBirth{BirthMonth: "2012-03"}); got != domain.CapacityGuardian {
			t.Errorf("a child is %s", got)
		}
	})
	w.restart()
	if me := do(w, w.Me, c, struct{}{}); me.BirthMonth != "2012-03" || me.Capacity != domain.CapacityGuardian || me.Corrected.IsZero() {
		t.Errorf("born %s, %s", me.BirthMonth, me.Capacity)
	}
	if do(w, w.DecideAccess, maps, asks).Outcome != domain.Denied {
		t.Error("what a child has granted alone is allowed")
	}
	refused(w, w.CorrectBirth, c, commands.CorrectBirth{BirthMonth: "2013-03"}, domain.ErrBirthOnce)
	w.appended([]string{"client.known.v1", "session.started.v1"}, func() { w.session(ada) }) // it is not decided by the old month again
	officer := w.officer("officer@example.org", domain.RoleCompliance)
	why := commands.Why{Purpose: domain.LookSubjectRequest, Case: "DSR-2026-1"}
	asked := commands.Reveal{Why: why, Account: c.Account, Parts: []domain.RevealedPart{domain.RevealBirth}}
	if got := do(w, w.Reveal, officer, asked); got.BirthMonth != "2012-03" {
		t.Error("an officer sees another month")
	}
}

// A minor cannot become older, not even by a month; younger holds. An adult stays one either way.
func TestWhoCannotBecomeOlder(t *testing.T) {
	for _, c := range []struct {
		before, after string
		want          error
	}{
		{"2012-03", "2012-02", domain.ErrBirthOlder}, {"2012-03", "1990-01", domain.ErrBirthOlder}, {"2012-03", "2013-01", nil},
		{"1990-05", "1980-01", nil}, {"1990-05", "1991-01", nil},
	} {
		w := newWorld(t)
		in := commands.SignUp{Email: ada, Password: passwords.New(password), Region: "DE", Language: "de", BirthMonth: c.before}
		s := do(w, w.SignUp, domain.Guest(), in)
		if _, err := w.check(s, w.message(s, 1).Code); err != nil {
			t.Fatal(err)
		}
		who, _ := w.session(ada)
		if c.want != nil {
			w.appended(nil, func() { refused(w, w.CorrectBirth, who, commands.CorrectBirth{BirthMonth: c.after}, c.want) })
			continue
		}
		do(w, w.CorrectBirth, who, commands.CorrectBirth{BirthMonth: c.after})
	}
}
