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
)

// putBack are the events by which an address that was primary is put back, and more.
func putBack(more ...string) []string {
	return append([]string{"delivery.admitted.v1", "link.used.v1", "contact.restored.v1", "contact.made_primary.v1", "account.signed_out_everywhere.v1",
		"account.guarded.v1"}, more...)
}

// Whoever stole a session and the password gains nothing lasting by removing the owner's address: its reader puts it back.
func TestUndoAgainstAStolenSession(t *testing.T) {
	w := newWorld(t)
	owner := w.person(ada)
	thief, theirs := w.session(ada)
	w.attached(thief, "thief@example.net")
	pending := w.addContact(thief, "another@example.net")
	code := w.message(pending, 1).Code
	do(w, w.MakePrimary, thief, w.own(thief, "thief@example.net"))
	do(w, w.RemoveContact, thief, w.own(thief, ada))
	m := w.lastTold()
	w.clock.forward(5 * time.Minute)
	w.appended(putBack(), func() { do(w, w.Undo, domain.Guest(), undoOf(m)) })
	if _, err := w.Authenticate(t.Context(), theirs.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("the thief's session: %v", err)
	}
	if !w.contact(owner, ada).Primary || w.contact(owner, "thief@example.net").Primary {
		t.Error("the owner's address is not primary again")
	}
	if told := w.lastTold(); told.Kind != domain.MessageRestored || told.To != "thief@example.net" || told.Link != "" {
		t.Errorf("the other address is told %s", told.Kind)
	}
	if _, err := w.check(pending, code); !errors.Is(err, domain.ErrEnded) {
		t.Errorf("an address that the thief was about to add: %v", err)
	}
	for range 2 { // a thief who knows the password comes back
		refused(w, w.MakePrimary, thief, w.own(thief, "thief@example.net"), domain.ErrGuarded)
		refused(w, w.RemoveContact, thief, w.own(thief, "thief@example.net"), domain.ErrGuarded)
		w.restart()
	}
	refused(w, w.Undo, domain.Guest(), undoOf(m), domain.ErrLinkEnded) // once
	w.clock.forward(domain.GuardLifetime)
	c, _ := w.session(ada)
	do(w, w.RemoveContact, c, w.own(c, "thief@example.net"))
	w.unique()
}

// Whoever put their address back is not driven out later by the one that the thief had added: it recovers nothing, and is removed for good.
func TestAnUndoDoubtsWhatWasAddedLately(t *testing.T) {
	w := newWorld(t)
	w.person(ada)
	thief, _ := w.session(ada)
	w.attached(thief, "eve@example.com")
	do(w, w.MakePrimary, thief, w.own(thief, "eve@example.com"))
	do(w, w.RemoveContact, thief, w.own(thief, ada))
	do(w, w.Undo, domain.Guest(), undoOf(w.lastTold()))
	w.clock.forward(domain.GuardLifetime)
	if m := w.recoveryMessage(w.recover("eve@example.com"), 1); m.Kind != domain.MessageTooNew || m.Code != "" {
		t.Errorf("after a week: %s", m.Kind)
	}
	owner, _ := w.session(ada)
	if gone := do(w, w.RemoveContact, owner, w.own(owner, "eve@example.com")); gone.UndoUntil.After(w.clock.Now()) {
		t.Errorf("the thief can undo it until %s", gone.UndoUntil)
	}
	w.unique()
}

// Who still reads the mailbox that somebody moved from can put the address back, which the owner hears of, and neither gets rid of the
// other while the account is guarded.
func TestUndoByAnOldMailbox(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	m := w.moved(c)
	do(w, w.Undo, domain.Guest(), undoOf(m))
	if told := w.lastTold(); told.Kind != domain.MessageRestored || told.To != ada2 {
		t.Errorf("the owner is told %s", told.Kind)
	}
	for _, email := range []string{ada, ada2} {
		again, _ := w.session(email)
		refused(w, w.RemoveContact, again, w.own(again, ada2), domain.ErrGuarded)
	}
	c, _ = w.session(ada2)
	w.clock.forward(domain.GuardLifetime)
	do(w, w.MakePrimary, c, w.own(c, ada2))
	do(w, w.RemoveContact, c, w.own(c, ada))
	w.clock.forward(domain.UndoLifetime + time.Second)
	refused(w, w.Undo, domain.Guest(), undoOf(w.removedMail()), domain.ErrLinkEnded)
}

// removedMail is what the latest removal's message would have said, however late.
func (w *world) removedMail() commands.MessageToSend {
	w.t.Helper()
	now := w.clock.at.Load()
	defer w.clock.at.Store(now)
	w.clock.forward(-2 * 24 * time.Hour)
	return w.lastTold()
}

// An address that was not primary for a week before its removal comes back as it was.
func TestUndoOfASecondAddress(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	w.attached(c, ada2)
	do(w, w.RemoveContact, c, w.own(c, ada2))
	w.appended([]string{"delivery.admitted.v1", "link.used.v1", "contact.restored.v1", "account.signed_out_everywhere.v1", "account.guarded.v1"},
		func() { do(w, w.Undo, domain.Guest(), undoOf(w.lastTold())) })
	if w.contacts(c) != ada+" "+ada2 || !w.contact(c, ada).Primary {
		t.Error("the contacts are not as they were")
	}
}

// Nobody guesses the code: five wrong ones end the link, in however many processes, and at whatever time the right one comes.
func TestTheCodeBesideALinkIsNotGuessed(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	m := w.moved(c)
	w.appended(nil, func() {
		for _, code := range []string{"", "12345", "abcdef", "1234567", "click here"} { // as a program sends forms
			refused(w, w.Undo, domain.Guest(), commands.Undo{Link: m.Link, Code: code}, domain.ErrCode)
		}
	})
	other := *w
	other.restart()
	for n := range domain.MaxLinkTries {
		want := error(domain.ErrCode)
		if n == domain.MaxLinkTries-1 {
			want = domain.ErrLinkEnded
		}
		on := []*world{w, &other}[n%2]
		w.appended([]string{"link.failed.v1"}, func() { refused(on, on.Undo, domain.Guest(), wrongly(m), want) })
	}
	w.restart()
	w.appended(nil, func() {
		refused(w, w.Undo, domain.Guest(), undoOf(m), domain.ErrLinkEnded)
		refused(&other, other.Undo, domain.Guest(), wrongly(m), domain.ErrLinkEnded)
	})
	tries := 0
	for _, e := range do(w, w.History, c, commands.ListHistory{Most: 200}).Entries {
		if e.Type == "link.failed.v1" {
			tries++
		}
	}
	if tries != domain.MaxLinkTries {
		t.Errorf("the history shows %d tries", tries)
	}

	// Many at once are five, too, and the right one among them passes at most once.
	w.clock.forward(time.Hour)
	do(w, w.MakePrimary, c, w.own(c, ada2))
	w.attached(c, "third@example.net")
	do(w, w.RemoveContact, c, w.own(c, "third@example.net"))
	m = w.lastTold()
	var mu sync.Mutex
	answers := map[string]int{}
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			in := wrongly(m)
			if n%4 == 3 {
				in = undoOf(m)
			}
			on := []*world{w, &other}[n%2]
			_, err := on.Undo(t.Context(), request(domain.Guest()), in)
			mu.Lock()
			defer mu.Unlock()
			answers[fmt.Sprint(err)]++
		})
	}
	all.Wait()
	if answers["<nil>"] > 1 || answers[domain.ErrCode.Error()] >= domain.MaxLinkTries || len(answers) > 3 {
		t.Errorf("%v", answers)
	}
	w.unique()
}

// A link that is none is refused, and counted by network; a whole link is as good as its token.
func TestLinksThatAreNone(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Limits.Links = commands.Limit{Events: 4, Window: time.Hour}
	w.restart()
	m := w.moved(w.person(ada))
	other := []byte(m.Link)
	other[80] ^= 1
	for _, link := range []commands.LinkToken{"", "x", commands.LinkToken(other), m.Link[:85]} {
		refused(w, w.Undo, domain.Guest(), commands.Undo{Link: link, Code: m.Code}, domain.ErrLink)
	}
	refused(w, w.Undo, domain.Guest(), undoOf(m), domain.ErrRate)
	elsewhere := request(domain.Guest())
	elsewhere.Client.Address = "203.0.113.9"
	whole := commands.Undo{Link: "https://accounts.example.com/undo#" + m.Link, Code: m.Code[:3] + " " + m.Code[3:]}
	if _, err := w.Undo(t.Context(), elsewhere, whole); err != nil {
		t.Error(err)
	}
	for _, f := range w.log() {
		if strings.Contains(fmt.Sprintf("%+v", f.Event), m.Code) || strings.Contains(fmt.Sprintf("%+v", f.Event), string(m.Link)) {
			t.Errorf("%s has a code or a token", f.Type)
		}
	}
	if text := fmt.Sprintf("%v %+v %s %#v", m.Link, undoOf(m), m.Link, undoOf(m)); strings.Contains(text, string(m.Link)) {
		t.Error("the token prints")
	}
}

// An erasure that a thief asked for after the removal is cancelled with it, and one that has begun is over.
func TestUndoAfterAnErasureRequest(t *testing.T) {
	w := newWorld(t)
	thief := w.person(ada)
	m := w.moved(thief)
	do(w, w.RequestErasure, thief, commands.RequestErasure{})
	w.appended(putBack("erasure.cancelled.v1"), func() { do(w, w.Undo, domain.Guest(), undoOf(m)) })
	w.clock.forward(domain.DefaultGrace)
	w.appended(nil, func() { do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: thief.Account}) })
	c, _ := w.session(ada)
	if c.Closing {
		t.Error("it is still being erased")
	}
}

// A repeat gets the first answer, whichever process it comes to, and another request under the key is no repeat.
func TestRepeatsOfAnUndo(t *testing.T) {
	w := newWorld(t)
	m := w.moved(w.person(ada))
	r := keyed(domain.Guest(), "undo")
	for _, in := range []commands.Undo{wrongly(m), undoOf(m)} {
		_, first := w.Undo(t.Context(), r, in)
		w.restart()
		w.appended(nil, func() {
			if _, again := w.Undo(t.Context(), r, in); fmt.Sprint(again) != fmt.Sprint(first) {
				t.Errorf("%v, and then %v", first, again)
			}
		})
	}
	r = keyed(domain.Guest(), "undo")
	if _, err := w.Undo(t.Context(), r, undoOf(m)); !errors.Is(err, domain.ErrLinkEnded) {
		t.Error(err)
	}
}

func TestCrashesWhileARemovalIsUndone(t *testing.T) {
	t.Parallel()
	var m commands.MessageToSend
	var c domain.Caller
	everyCrash(t, func(w *world) func() error {
		c = w.person(ada)
		m = w.moved(c)
		return func() error { _, err := w.Undo(t.Context(), request(domain.Guest()), undoOf(m)); return err }
	}, func(w *world) { // who asked asks again
		if _, err := w.Undo(t.Context(), request(domain.Guest()), undoOf(m)); err != nil && !errors.Is(err, domain.ErrLinkEnded) {
			t.Error(err)
		}
	}, func(w *world) string {
		if strings.Count(w.shape(), "contact.restored.v1") != 1 {
			t.Error("it was not put back once")
		}
		return w.contacts(c)
	})
}

// The link proves one factor; see domain.TestUndoNeedsTheLevel for removals by who had proven more. Whoever changed the password has not
// ended the link.
func TestUndoAfterAnotherPassword(t *testing.T) {
	w := newWorld(t)
	thief := w.person(ada)
	m := w.moved(thief)
	do(w, w.ChangePassword, thief, change(newPassword))
	do(w, w.Undo, domain.Guest(), undoOf(m))
	in := signInOf(ada)
	in.Password = passwords.New(newPassword)
	do(w, w.SignIn, domain.Guest(), in)
}
