package commands_test

import (
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// traces are the texts of an account with one of everything that nobody must be able to read after its erasure.
var traces = []string{strings.ToLower(ada), ada2, "also.ada@example.org", "free.ada@example.org", "1990-05", "1991-06", "ada's watch", "model 3", "the old one",
	"198.51.100.23", "phone/3"}

// TestAnAccountWithOneOfEverything is erased without a trace: whatever can still be opened, in whatever stream, holds nothing of it.
// Its addresses are free for others.
func TestAnAccountWithOneOfEverything(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Unusual = commands.UnusualCode
	w.restart()
	c := w.person(ada)
	underWay := w.begin()
	w.attached(c, ada2)
	w.attached(c, "also.ada@example.org")
	open := w.signUp("free.ada@example.org") // somebody else's sign-up, who will have the address
	officer, maps := w.officer("officer@example.org", domain.RoleCompliance), w.service("maps")
	watch := do(w, w.LinkDevice, c, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Ada's watch"})
	do(w, w.RenameDevice, c, commands.RenameDevice{ID: watch.ID, Name: "the old one"})
	do(w, w.SetPermission, c, w.grant())
	do(w, w.SetPermission, c, withdrawal())
	do(w, w.SetLanguage, c, commands.SetLanguage{Language: "es"})
	do(w, w.DecideAccess, maps, commands.DecideAccess{Account: c.Account, Permission: weather.Permission, Purpose: weather.Purpose})
	why := commands.Why{Purpose: domain.LookSubjectRequest, Case: "DSR-2026-1"}
	do(w, w.LookUp, officer, commands.LookUp{Why: why, Email: ada2})
	do(w, w.Reveal, officer, commands.Reveal{Why: why, Account: c.Account, Parts: []domain.RevealedPart{domain.RevealEmail, domain.RevealNames}})
	phone := request(domain.Guest())
	phone.Client = domain.ClientInfo{Address: "198.51.100.23", UserAgent: "phone/3"}
	asked, err := w.SignIn(t.Context(), phone, signInOf(ada2))
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.ContinueSignIn(t.Context(), phone, withCode(asked.Value.Pending, w.codeOf(asked.Value.Pending)))
	if err != nil {
		t.Fatal(err)
	}
	do(w, w.EndSession, c, commands.EndSession{ID: other.Value.Session})
	w.clock.forward(domain.Probation)
	lost, forgotten := w.proved(ada2), w.recover("also.ada@example.org")
	do(w, w.MakePrimary, c, w.own(c, "also.ada@example.org"))
	do(w, w.RemoveContact, c, w.own(c, ada2))
	removed := w.lastTold()
	do(w, w.CorrectBirth, c, commands.CorrectBirth{BirthMonth: "1991-06"})
	before := w.readable()
	for _, text := range traces {
		if !strings.Contains(before, text) {
			t.Errorf("%s cannot be read before", text)
		}
	}

	do(w, w.RequestErasure, c, commands.RequestErasure{})
	w.clock.forward(domain.DefaultGrace + time.Hour)
	if e := do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: c.Account}); e.State != domain.ErasureDone {
		t.Fatalf("the erasure is %s", e.State)
	}
	refused(w, w.Undo, domain.Guest(), undoOf(removed), domain.ErrLinkEnded)
	w.settled(open.Verification)
	for _, r := range []commands.RecoveryBegun{lost, forgotten} {
		w.settleRecovery(r)
	}
	if !w.settled(domain.VerificationID(underWay.ID)) {
		t.Error("a sign-in is not settled")
	}
	w.restart()
	after := w.readable()
	for _, text := range traces {
		if strings.Contains(after, text) {
			t.Errorf("%s can be read after", text)
		}
	}
	for _, email := range []string{ada, ada2, "also.ada@example.org"} {
		if again := w.account(email); again == c.Account {
			t.Errorf("the address opens the erased account")
		}
	}
	w.unique()
}

// readable is everything on the log that can be opened, as text in lower case.
func (w *world) readable() string {
	w.t.Helper()
	shown, err := w.journal.RevealAll(w.t.Context(), w.log()...)
	if err != nil {
		w.t.Fatal(err)
	}
	var out strings.Builder
	for _, v := range shown {
		out.WriteString(strings.ToLower(string(v)))
		out.WriteByte('\n')
	}
	return out.String()
}
