package commands_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
	"accountledger/vault"
)

func TestStaff(t *testing.T) {
	w := newWorld(t)
	operator := domain.Operator(1000)
	var added commands.StaffAdded
	w.appended([]string{"staff.added.v1", "staff.role_granted.v1"}, func() {
		added = do(w, w.AddStaff, operator, commands.AddStaff{Email: "grace@example.com", Name: "Grace", Role: domain.RoleCompliance})
	})
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.StaffRoleGranted); ok && (!e.Alone || e.Role != domain.RoleCompliance) {
			t.Errorf("a grant by one alone is recorded as %+v", e)
		}
	}
	w.appended(nil, func() {
		refused(w, w.AddStaff, operator, commands.AddStaff{Email: "GRACE@example.com", Role: domain.RoleAdmin}, domain.ErrStaffTaken)
		refused(w, w.AddStaff, operator, commands.AddStaff{Email: "x", Role: domain.RoleAdmin}, domain.ErrEmail)
		refused(w, w.AddStaff, operator, commands.AddStaff{Email: ada, Role: "root"}, domain.ErrRole)
		refused(w, w.AddStaff, operator, commands.AddStaff{Email: ada, Role: domain.RoleAdmin, Name: "\x00"}, domain.ErrPersonName)
		for _, code := range []commands.Token{"", "ale_x", added.Code[:len(added.Code)-4] + "AAAA", "alp_" + added.Code[4:]} {
			refused(w, w.Enrol, domain.Guest(), commands.Enrol{Code: code, Password: passwords.New(password)}, domain.ErrEnrolment)
		}
		_, err := w.Enrol(t.Context(), request(domain.Guest()), commands.Enrol{Code: added.Code, Password: passwords.New("short")})
		if refusal := (*domain.Error)(nil); !errors.As(err, &refusal) || !strings.HasPrefix(refusal.Code, "password_") {
			t.Errorf("a short password: %v", err)
		}
	})
	var won int
	var mu sync.Mutex
	var all sync.WaitGroup
	w.appended([]string{"staff.enrolled.v1"}, func() { // the code works once, for the quicker of two
		for range 10 {
			all.Go(func() {
				_, err := w.Enrol(t.Context(), request(domain.Guest()), commands.Enrol{Code: added.Code, Password: passwords.New(password)})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.Is(err, domain.ErrEnrolment) {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
	if won != 1 {
		t.Errorf("enrolled %d times", won)
	}
	// An officer is no person: the same address signs up as one, and neither signs in as the other.
	w.account("grace@example.com")

	late := do(w, w.AddStaff, operator, commands.AddStaff{Email: "late@example.com", Role: domain.RoleAdmin})
	w.clock.forward(domain.EnrolmentLifetime)
	refused(w, w.Enrol, domain.Guest(), commands.Enrol{Code: late.Code, Password: passwords.New(password)}, domain.ErrEnrolment)
	w.unique()
}

func TestServices(t *testing.T) {
	w := newWorld(t)
	operator := domain.Operator(1000)
	allowed := []domain.Allowance{weather}
	added := do(w, w.AddService, operator, commands.AddService{Name: "weather-app", Allowed: allowed})
	c, err := w.Authenticate(t.Context(), added.Key)
	if err != nil || c.Service != added.Service || c.Actor.Kind != domain.ActorService {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := w.Authenticate(t.Context(), added.Key[:len(added.Key)-4]+"AAAA"); !errors.Is(err, domain.ErrServiceKey) {
		t.Errorf("a wrong key: %v", err)
	}
	w.appended(nil, func() {
		refused(w, w.AddService, operator, commands.AddService{Name: "weather-app", Allowed: allowed}, domain.ErrSlugTaken)
		refused(w, w.AddService, operator, commands.AddService{Name: "Weather", Allowed: allowed}, domain.ErrSlug)
		refused(w, w.AddService, operator, commands.AddService{Name: "other"}, domain.ErrAllowed)
		refused(w, w.AddService, operator, commands.AddService{Name: "other", Allowed: []domain.Allowance{{Permission: "location", Purpose: "research"}}},
			domain.ErrAllowed)
	})
	results := make(chan error, 10)
	for range 10 { // one name, many at once: one of them has it
		go func() {
			_, err := w.AddService(t.Context(), request(operator), commands.AddService{Name: "race", Allowed: allowed})
			results <- err
		}()
	}
	won := 0
	for range 10 {
		if err := <-results; err == nil {
			won++
		} else if !errors.Is(err, domain.ErrSlugTaken) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d services have one name", won)
	}
}

func TestOperations(t *testing.T) {
	w := newWorld(t)
	r := keyed(domain.Operator(1000), "rebuild")
	r.Channel = domain.ChannelConsole
	w.appended([]string{"operation.performed.v1"}, func() {
		a, err := w.Operate(t.Context(), r, commands.Operate{Operation: domain.OpReplayRebuild, Views: []domain.ViewName{"accounts"}})
		if err != nil || a.Value.IsZero() {
			t.Error(err)
		}
	})
	log := w.log()
	f := log[len(log)-1]
	if e := f.Event.(domain.OperationPerformed); e.UID != 1000 || fmt.Sprint(e.Views) != "[accounts]" || f.Actor.Kind != domain.ActorOperator ||
		f.Channel != domain.ChannelConsole {
		t.Errorf("%+v", f)
	}
	if _, err := w.Operate(t.Context(), r, commands.Operate{Operation: domain.OpReplayRebuild, Views: []domain.ViewName{"accounts"}}); err != nil {
		t.Error(err)
	}
	w.unique()
}

// Keys of days go after 30, of months after 12, also when the ledger was off in between; younger ones stay.
func TestRetention(t *testing.T) {
	for _, off := range []time.Duration{0, 200 * 24 * time.Hour} {
		w := newWorld(t)
		w.person(ada)
		first := w.clock.Now()
		gone := func(name string) bool {
			_, err := w.vault.Key(t.Context(), name)
			if err != nil && !errors.Is(err, vault.ErrDestroyed) {
				t.Errorf("%s: %v", name, err)
			}
			return err != nil
		}
		day, month := commands.DayKey(domain.DayOf(first)), domain.MonthKey(domain.MonthOf(first))
		w.clock.forward(29 * 24 * time.Hour)
		w.system(w.Retain)
		if gone(day) || gone(month) {
			t.Error("destroyed too early")
		}
		w.clock.forward(2*24*time.Hour + off)
		w.system(w.Retain)
		if !gone(day) || gone(month) {
			t.Errorf("after 31 days and %s: the day's key is gone: %v, the month's: %v", off, gone(day), gone(month))
		}
		c, _ := w.session(ada)
		w.clock.forward(time.Date(2027, 6, 2, 0, 0, 0, 0, time.UTC).Sub(w.clock.Now()) + off)
		w.system(w.Retain)
		if !gone(month) {
			t.Error("the month's key is still there after a year")
		}
		now, _ := w.session(ada) // and the ledger goes on
		do(w, w.Me, now, struct{}{})
		_ = c
	}
}
