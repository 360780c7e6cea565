package domain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

func TestErasureStates(t *testing.T) {
	a := opened(t, domain.CapacitySelf)
	if _, err := a.CancelErasure(); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("cancelled what was not asked for: %v", err)
	}
	asked, err := a.RequestErasure(domain.DefaultGrace, noon)
	sameEvents(t, asked, domain.ErasureRequested{Due: noon.Add(14 * 24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, a, noon, asked...)
	if _, err := a.RequestErasure(0, noon); !errors.Is(err, domain.ErrErasureOpen) {
		t.Errorf("asked twice: %v", err)
	}
	if !errors.Is(a.Open(), domain.ErrClosing) {
		t.Error("open while it waits")
	}
	sameEvents(t, a.StartErasure(a.Erasure.Due.Add(-1)))
	cancelled, err := a.CancelErasure()
	sameEvents(t, cancelled, domain.ErasureCancelled{})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, a, noon, cancelled...)
	again, err := a.CancelErasure()
	sameEvents(t, again)
	if err != nil {
		t.Errorf("cancelled twice: %v", err)
	}
	sameEvents(t, a.StartErasure(a.Erasure.Due.Add(time.Hour)))
	if a.Open() != nil || a.Erasure.State != domain.ErasureWithdrawn {
		t.Error("not open after the erasure was cancelled")
	}

	asked, err = a.RequestErasure(0, noon)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, a, noon, asked...)
	started := a.StartErasure(noon)
	sameEvents(t, started, domain.ErasureStarted{})
	apply(t, a, noon, started...)
	sameEvents(t, a.StartErasure(noon.Add(time.Hour)))
	for _, more := range [][]any{nil, {domain.ErasureCompleted{}}} {
		apply(t, a, noon, more...)
		if _, err := a.CancelErasure(); !errors.Is(err, domain.ErrErasureDone) {
			t.Errorf("cancelled after it began: %v", err)
		}
		if _, err := a.RequestErasure(0, noon); !errors.Is(err, domain.ErrErasureOpen) {
			t.Errorf("asked again after it began: %v", err)
		}
	}
	if !a.Erasure.Done() || a.Erasure.EndedAt.IsZero() {
		t.Error("not done")
	}
	if _, err := domain.NewAccount(a.ID).RequestErasure(0, noon); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("erasing nobody: %v", err)
	}
}

func device() domain.LinkDevice {
	return domain.LinkDevice{ID: domain.DeviceID{UUID: uuid.New()}, Kind: "watch", Model: "Model 3", Name: "Ada's watch"}
}

func TestDevices(t *testing.T) {
	a := opened(t, domain.CapacitySelf)
	for name, c := range map[string]struct {
		change func(*domain.LinkDevice)
		want   error
	}{
		"kind":  {func(l *domain.LinkDevice) { l.Kind = "toaster" }, domain.ErrDeviceKind},
		"model": {func(l *domain.LinkDevice) { l.Model = "" }, domain.ErrDeviceModel},
		"name":  {func(l *domain.LinkDevice) { l.Name = strings.Repeat("a", 10_000) }, domain.ErrDeviceName},
	} {
		l := device()
		c.change(&l)
		if events, err := a.LinkDevice(l, noon); !errors.Is(err, c.want) || len(events) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	var last domain.LinkDevice
	for i := range domain.MaxDevices {
		last = device()
		events, err := a.LinkDevice(last, noon)
		if err != nil {
			t.Fatal(err)
		}
		e, ok := events[0].(domain.DeviceLinked)
		if !ok || e.First.Day() != (i == 0) || e.Nth != domain.NthAfter(i) || (e.Cohort == "2026-05") != (i == 0) {
			t.Fatalf("device %d: %#v", i, events)
		}
		text, keys := e.Name.Clear()
		if *text.(*domain.DeviceText) != (domain.DeviceText{Text: "Ada's watch"}) || len(keys) != 2 || keys[0] != domain.AccountKey(a.ID) ||
			keys[1] != domain.DeviceKey(last.ID) {
			t.Fatalf("sealed under %v", keys)
		}
		apply(t, a, noon, events...)
	}
	if _, err := a.LinkDevice(device(), noon); !errors.Is(err, domain.ErrTooMany) {
		t.Errorf("device 101: %v", err)
	}
	stranger := domain.DeviceID{UUID: uuid.New()}
	if _, err := a.RenameDevice(stranger, "x"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("renaming another's: %v", err)
	}
	if _, err := a.RenameDevice(last.ID, "\x00"); !errors.Is(err, domain.ErrDeviceName) {
		t.Errorf("a name with a NUL: %v", err)
	}
	if _, err := a.UnlinkDevice(stranger); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("unlinking another's: %v", err)
	}
	gone, err := a.UnlinkDevice(last.ID)
	sameEvents(t, gone, domain.DeviceUnlinked{Device: last.ID, Kind: "watch"})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, a, noon, gone...)
	if _, err := a.UnlinkDevice(last.ID); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("unlinked twice: %v", err)
	}
	if events, err := a.LinkDevice(device(), noon.Add(24*time.Hour)); err != nil || events[0].(domain.DeviceLinked).First != domain.FirstOfWeek {
		t.Errorf("the next day's first: %v", err)
	}
	apply(t, a, noon, domain.ErasureRequested{Due: noon})
	if _, err := a.LinkDevice(device(), noon); !errors.Is(err, domain.ErrClosing) {
		t.Errorf("linked while closing: %v", err)
	}
}

func TestForkIsApart(t *testing.T) {
	a := opened(t, domain.CapacitySelf)
	one := device()
	linked, _ := a.LinkDevice(one, noon)
	apply(t, a, noon, linked...)
	b := a.Fork()
	unlinked, _ := b.UnlinkDevice(one.ID)
	apply(t, b, noon, unlinked...)
	tomorrow := noon.Add(24 * time.Hour)
	more, _ := b.LinkDevice(device(), tomorrow)
	apply(t, b, tomorrow, more...)
	n := published(t, true)
	set(t, b, wish(true, n, "en"), n, tomorrow)
	if len(a.Devices) != 1 || a.Devices[one.ID] == nil || len(a.Permissions) != 0 || a.Version != 1 {
		t.Error("the original saw what was done to the copy")
	}
	if events, _ := a.LinkDevice(device(), tomorrow); events[0].(domain.DeviceLinked).First != domain.FirstOfWeek {
		t.Error("the original counts the copy's device")
	}
}

func TestStatesRefuseStrangeEvents(t *testing.T) {
	for name, s := range map[string]interface{ Apply(domain.Fact) error }{
		"account": domain.NewAccount(domain.AccountID{}), "sign-up": &domain.SignUp{}, "verification": &domain.Verification{}, "claim": &domain.Claim{},
		"sessions": &domain.Sessions{}, "staff": domain.NewStaff(), "services": domain.NewServices(), "delivery": &domain.Delivery{},
		"notices": &domain.Notices{}, "attempts": &domain.Attempts{},
	} {
		if err := s.Apply(domain.Fact{Stream: "x", Event: struct{}{}}); err == nil {
			t.Errorf("%s takes an event that it does not know", name)
		}
	}
}

func TestSignUpStates(t *testing.T) {
	var s domain.SignUp
	if s.Ended() {
		t.Error("an empty one has an end")
	}
	apply(t, &s, noon, domain.SignUpRequested{HandleHash: domain.HashHandle("right")})
	r, ok := domain.RequestOf(domain.Fact{Stream: domain.SignUpStream(domain.SignUpID{UUID: uuid.New()}), Event: *s.Requested})
	if !ok || !r.Owns("right") || r.Owns("wrong") || r.Owns("") || s.Ended() || !s.Due().Equal(noon.Add(24*time.Hour)) {
		t.Error("wrong owner or time")
	}
	if other := (domain.SignUp{Fact: domain.Fact{ID: domain.EventID{UUID: uuid.New()}}}); s.AccountOf().IsZero() || other.AccountOf() == s.AccountOf() {
		t.Error("its account does not derive from it")
	}
	lapsed := s
	apply(t, &lapsed, noon, domain.SignUpLapsed{Reason: domain.LapseExpired})
	apply(t, &s, noon, domain.SignUpCompleted{Account: s.AccountOf()})
	if !s.Ended() || !lapsed.Ended() {
		t.Error("not ended")
	}
}
