package commands_test

import (
	"sync"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passkeys/passkeytest"
	"accountledger/passwords"
)

// States are shared by all who read them, so no command may write to one: every state that was ever cached stays what the log says
// up to its version.
func TestNobodyWritesToSharedStates(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Unusual = commands.UnusualCode
	menu, watch, err := commands.NewWatched(t.Context(), w.deps)
	if err != nil {
		t.Fatal(err)
	}
	w.Menu = menu
	w.account(ada)
	person, first := w.session(ada)
	hers := signInOf(ada)
	hers.Client = first.Client
	officer, service := w.officer("grace@example.com", domain.RoleCompliance), w.service("weather-app")
	device := do(w, w.LinkDevice, person, domain.LinkDevice{Kind: "phone", Model: "Pixel 9", Name: "Hers"})
	other := do(w, w.LinkDevice, person, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Too"})
	why := commands.Why{Purpose: domain.LookSupport, Case: "SUP-2026-0042"}
	code := w.signUp("bob@example.com")
	steps := []func(){
		func() { do(w, w.SetPermission, person, w.grant()) },
		func() { do(w, w.SetPermission, person, w.grant()) },
		func() { do(w, w.SetPermission, person, withdrawal()) },
		func() { do(w, w.ListPermissions, person, struct{}{}) },
		func() {
			do(w, w.DecideAccess, service, commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose})
		},
		func() { do(w, w.RenameDevice, person, commands.RenameDevice{ID: device.ID, Name: "Another"}) },
		func() { do(w, w.ListDevices, person, struct{}{}) },
		func() { do(w, w.UnlinkDevice, person, commands.UnlinkDevice{ID: other.ID}) },
		func() { do(w, w.SetLanguage, person, commands.SetLanguage{Language: "fr"}) },
		func() { do(w, w.Me, person, struct{}{}) },
		func() { do(w, w.History, person, commands.ListHistory{Most: 200}) },
		func() { do(w, w.ListSessions, person, struct{}{}) },
		func() {
			second := do(w, w.SignIn, domain.Guest(), hers)
			do(w, w.EndSession, person, commands.EndSession{ID: second.Session})
		},
		func() {
			begun := do(w, w.SignIn, domain.Guest(), signInOf(ada)).Pending
			do(w, w.ContinueSignIn, domain.Guest(), commands.ContinueSignIn{ID: begun.ID, Handle: begun.Handle, Evidence: commands.Evidence{Code: w.codeOf(begun)}})
		},
		func() {
			do(w, w.Reveal, officer, commands.Reveal{Why: why, Account: person.Account,
				Parts: []domain.RevealedPart{domain.RevealEmail, domain.RevealNames, domain.RevealClients}})
		},
		func() { do(w, w.ShowAccount, officer, commands.ShowAccount{Why: why, Account: person.Account}) },
		func() { do(w, w.LookUp, officer, commands.LookUp{Why: why, Email: ada}) },
		func() {
			app := w.enrolApp(person)
			in := withFactor(do(w, w.SignIn, domain.Guest(), signInOf(ada)).Pending, app.next())
			in.Remember = true
			second := w.authenticated(do(w, w.ContinueSignIn, domain.Guest(), in).Token)
			do(w, w.RenameFactor, second, commands.RenameFactor{ID: app.id, Name: "the old phone"})
			do(w, w.RemoveFactor, second, commands.RemoveFactor{ID: app.id})
		},
		func() {
			d := passkeytest.New()
			id := w.enrolPasskey(person, d)
			by := w.byPasskey(d)
			do(w, w.RemoveFactor, by, commands.RemoveFactor{ID: w.enrolPasskey(by, passkeytest.New())})
			do(w, w.RemoveFactor, by, commands.RemoveFactor{ID: id})
		},
		func() { w.send(code, 1) },
		func() { _, _ = w.check(code, "00000000") },
		func() {
			w.clock.forward(2 * time.Minute)
			do(w, w.Resend, domain.Guest(), commands.Resend{Verification: code.Verification, Handle: code.Handle})
		},
		func() { _, _ = w.check(code, w.message(code, 2).Code) },
		func() {
			in := signInOf(ada)
			in.Password = passwords.New("not hers at all")
			for range commands.DefaultLimits().SignIns.Events {
				refused(w, w.SignIn, domain.Guest(), in, domain.ErrCredentials)
			}
		},
		func() { w.signUp(ada) },
		func() {
			s := w.addContact(person, ada2)
			for range domain.MaxTries + 1 {
				_, _ = w.check(s, "00000000")
			}
			w.settled(s.Verification)
		},
		func() { w.proved(ada) },
		func() { w.system(w.PublishNotices) },
		func() {
			e := do(w, w.RequestErasure, person, commands.RequestErasure{})
			closing := person
			closing.Closing = true
			do(w, w.CancelErasure, closing, commands.Erasure{ID: e.ID})
			do(w, w.RequestErasure, person, commands.RequestErasure{})
		},
		func() { do(w, w.SignOutEverywhere, officer, struct{}{}) },
		func() { do(w, w.SignOutEverywhere, person, struct{}{}) },
		func() {
			w.clock.forward(domain.DefaultGrace)
			do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: person.Account})
		},
	}
	for _, step := range steps {
		step()
		watch.Remember()
	}
	if all, seen := watch.Kinds(); all != seen {
		t.Errorf("%d of %d kinds of states were seen", seen, all)
	}
	for _, err := range watch.Changed() {
		t.Error(err)
	}
}

// A state that is read while others change the stream stays as it is; the race detector would report otherwise.
func TestReadersOfStatesRaceWithNobody(t *testing.T) {
	w := newWorld(t)
	person, service, set := w.equipped(3), w.service("weather-app"), w.grant()
	ask := commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose}
	var all sync.WaitGroup
	for _, run := range []func(int){
		func(int) { do(w, w.SetPermission, person, set) },
		func(int) {
			do(w, w.LinkDevice, person, domain.LinkDevice{Kind: "phone", Model: "Pixel 9", Name: "One more"})
		},
		func(int) { do(w, w.ListDevices, person, struct{}{}) },
		func(int) { do(w, w.ListPermissions, person, struct{}{}) },
		func(int) { do(w, w.DecideAccess, service, ask) },
		func(int) { w.session("person3@example.com") },
		func(int) { do(w, w.ListSessions, person, struct{}{}) },
	} {
		all.Go(func() {
			for i := range 10 {
				run(i)
			}
		})
	}
	all.Wait()
}
