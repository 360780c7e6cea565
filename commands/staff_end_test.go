package commands_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

// office is an officer of a world with two processes: what is done in one is in force at once in the other.
type office struct {
	*world
	other    *world
	operator domain.Caller
}

func newOffice(t *testing.T) office {
	w := newWorld(t)
	other := &world{t: t, clock: w.clock, store: w.store, vault: w.vault, deps: w.deps}
	other.restart()
	return office{w, other, domain.Operator(1000)}
}

// enrol sets a password with a one-time code, and signs in.
func (o office) enrol(email string, code commands.Token, password string) commands.Token {
	o.t.Helper()
	do(o.world, o.Enrol, domain.Guest(), commands.Enrol{Code: code, Password: passwords.New(password)})
	return o.signIn(email, password)
}

func (o office) signIn(email, password string) commands.Token {
	o.t.Helper()
	in := commands.SignIn{Email: email, Password: passwords.New(password), Staff: true}
	return do(o.world, o.SignIn, domain.Guest(), in).Token
}

// is checks in both processes, by a session that each has seen before, whether it is open and with which roles.
func (o office) is(token commands.Token, open bool, roles ...domain.Role) {
	o.t.Helper()
	for _, w := range []*world{o.world, o.other} {
		c, err := w.Authenticate(o.t.Context(), token)
		if open != (err == nil) || err != nil && !errors.Is(err, domain.ErrSession) || open && !slices.Equal(c.Roles, roles) {
			o.t.Errorf("open %v: %v, %v", open, c.Roles, err)
		}
	}
}

func TestAnOfficerIsEnded(t *testing.T) {
	o := newOffice(t)
	const email = "grace@example.com"
	added := do(o.world, o.AddStaff, o.operator, commands.AddStaff{Email: email, Role: domain.RoleCompliance})
	token := o.enrol(email, added.Code, password)
	o.is(token, true, domain.RoleCompliance)
	o.appended([]string{"staff.role_ended.v1"}, func() {
		for range 2 {
			do(o.world, o.EndStaffRole, o.operator, commands.StaffRole{OfStaff: commands.OfStaff{Officer: email}, Role: domain.RoleCompliance})
		}
	})
	o.is(token, true)
	refused(o.world, o.EndStaffRole, o.operator, commands.StaffRole{OfStaff: commands.OfStaff{Officer: email}, Role: "root"}, domain.ErrRole)
	var ended commands.StaffNow
	o.appended([]string{"staff.ended.v1"}, func() {
		ended = do(o.world, o.EndStaff, o.operator, commands.OfStaff{Officer: email})
		do(o.world, o.EndStaff, o.operator, commands.OfStaff{Officer: added.Staff.String()}) // by id
	})
	if ended.State != domain.StaffLeft || ended.Staff != added.Staff {
		t.Errorf("ended: %+v", ended)
	}
	o.is(token, false)
	for _, w := range []*world{o.world, o.other} {
		refused(w, w.SignIn, domain.Guest(), commands.SignIn{Email: email, Password: passwords.New(password), Staff: true}, domain.ErrCredentials)
	}
	refused(o.world, o.ResetStaff, o.operator, commands.OfStaff{Officer: email}, domain.ErrOfficerEnded)
	for _, nobody := range []string{"", "nobody@example.com", "x", domain.StaffID{UUID: domain.Derive(added.Staff.UUID, "nobody")}.String()} {
		refused(o.world, o.EndStaff, o.operator, commands.OfStaff{Officer: nobody}, domain.ErrNoOfficer)
	}
	again := do(o.world, o.AddStaff, o.operator, commands.AddStaff{Email: email, Role: domain.RoleAnalyst}) // as another officer
	if again.Staff == added.Staff {
		t.Error("the same officer again")
	}
	o.is(o.enrol(email, again.Code, password), true, domain.RoleAnalyst)
	o.is(token, false)
	o.unique()
}

func TestAnOfficerIsReset(t *testing.T) {
	o := newOffice(t)
	const email = "grace@example.com"
	const next = "another long password 7"
	added := do(o.world, o.AddStaff, o.operator, commands.AddStaff{Email: email, Role: domain.RoleCompliance})
	token := o.enrol(email, added.Code, password)
	o.is(token, true, domain.RoleCompliance)
	reset := do(o.world, o.ResetStaff, o.operator, commands.OfStaff{Officer: email})
	o.is(token, false)
	for _, w := range []*world{o.world, o.other} {
		refused(w, w.SignIn, domain.Guest(), commands.SignIn{Email: email, Password: passwords.New(password), Staff: true}, domain.ErrCredentials)
	}
	refused(o.world, o.Enrol, domain.Guest(), commands.Enrol{Code: added.Code, Password: passwords.New(next)}, domain.ErrEnrolment)
	if reset.Staff != added.Staff || reset.Code == added.Code {
		t.Errorf("reset: %+v", reset)
	}
	o.is(o.enrol(email, reset.Code, next), true, domain.RoleCompliance)
	o.is(token, false)
	refused(o.world, o.Enrol, domain.Guest(), commands.Enrol{Code: reset.Code, Password: passwords.New(next)}, domain.ErrEnrolment)

	late := do(o.world, o.ResetStaff, o.operator, commands.OfStaff{Officer: email}) // a code that expires is given again
	o.clock.forward(domain.EnrolmentLifetime + time.Minute)
	refused(o.world, o.Enrol, domain.Guest(), commands.Enrol{Code: late.Code, Password: passwords.New(next)}, domain.ErrEnrolment)
	refused(o.world, o.AddStaff, o.operator, commands.AddStaff{Email: email, Role: domain.RoleAdmin}, domain.ErrStaffTaken)
	o.is(o.enrol(email, do(o.world, o.ResetStaff, o.operator, commands.OfStaff{Officer: email}).Code, next), true, domain.RoleCompliance)
	o.unique()
}
