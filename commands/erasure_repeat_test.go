package commands_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
)

const erasing = "requestErasure"

// erasedAtOnce is somebody with two sessions who asked to be erased without grace, under a key, and was.
func erasedAtOnce(w *world, email string) (first, second commands.SignedIn, r commands.Request, answer commands.Answer[commands.ErasureView]) {
	w.t.Helper()
	w.account(email)
	caller, first := w.session(email)
	_, second = w.session(email)
	r = keyed(caller, erasing)
	answer, err := w.RequestErasure(w.t.Context(), r, commands.RequestErasure{})
	if err != nil {
		w.t.Fatal(err)
	}
	do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: caller.Account})
	return first, second, r, answer
}

func withoutGrace(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.deps.Config.Grace = 0
	w.restart()
	return w
}

// Row T16: a person who repeats the request that ended their session gets the first answer, by any session that it ended.
func TestARepeatOfTheRequestThatErased(t *testing.T) {
	w := withoutGrace(t)
	first, second, r, answer := erasedAtOnce(w, ada)
	w.restart()
	for _, token := range []commands.Token{first.Token, second.Token} {
		if _, err := w.Authenticate(t.Context(), token); !errors.Is(err, domain.ErrSession) {
			t.Errorf("the session goes on: %v", err)
		}
		caller, err := w.AuthenticateErased(t.Context(), token, erasing, r.Key)
		if err != nil {
			t.Fatal(err)
		}
		w.appended(nil, func() {
			again, err := w.RequestErasure(t.Context(), commands.Request{Caller: caller, Channel: r.Channel, Operation: erasing, Key: r.Key}, commands.RequestErasure{})
			if err != nil || again != answer {
				t.Errorf("%v", err)
			}
		})
	}
	if seen := do(w, w.SeeErasure, domain.Guest(), commands.Erasure{ID: answer.Value.ID}); seen.State != domain.ErasureDone {
		t.Errorf("%s", seen.State)
	}
	w.unique()
}

// Nothing else opens by it: another key or operation, a wrong secret, another's token, a session that ended otherwise.
func TestWhatIsNoRepeatOfTheRequestThatErased(t *testing.T) {
	w := withoutGrace(t)
	first, _, r, _ := erasedAtOnce(w, ada)
	eve, _, eves, _ := erasedAtOnce(w, "eve@example.com")
	w.account("grace@example.com")
	_, grace := w.session("grace@example.com")
	if _, err := w.AuthenticateErased(t.Context(), first.Token, erasing, r.Key); err != nil {
		t.Fatal(err)
	}
	wrong := []byte(first.Token)
	if at := len(wrong) - 8; wrong[at] == 'A' { // in the secret
		wrong[at] = 'B'
	} else {
		wrong[at] = 'A'
	}
	for name, c := range map[string]struct {
		token          commands.Token
		operation, key string
	}{
		"another key":          {first.Token, erasing, uuid.NewString()},
		"no key":               {first.Token, erasing, ""},
		"another operation":    {first.Token, "cancelErasure", r.Key},
		"a wrong secret":       {commands.Token(wrong), erasing, r.Key},
		"another erased one's": {eve.Token, erasing, r.Key},
		"another's key":        {first.Token, erasing, eves.Key},
		"nobody erased":        {grace.Token, erasing, r.Key},
		"no token":             {"", erasing, r.Key},
		"no person's":          {"als_" + first.Token[4:], erasing, r.Key},
	} {
		if caller, err := w.AuthenticateErased(t.Context(), c.token, c.operation, c.key); !errors.Is(err, domain.ErrSession) || caller.Actor != domain.Guest().Actor {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.clock.forward(domain.SessionLifetime)
	if _, err := w.AuthenticateErased(t.Context(), first.Token, erasing, r.Key); !errors.Is(err, domain.ErrSession) {
		t.Errorf("expired since: %v", err)
	}
}

// A session that its owner ended, one by one or everywhere, or that a restore ended, is not opened by the erasure, and an
// erasure that was cancelled is not the one that ended it.
func TestSessionsThatTheErasureDidNotEnd(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	before, everywhere := w.session(ada)
	do(w, w.SignOutEverywhere, before, struct{}{})
	caller, last := w.session(ada)
	_, ended := w.session(ada)
	do(w, w.EndSession, caller, commands.EndSession{ID: ended.Session})

	cancelled, asked := keyed(caller, erasing), keyed(caller, erasing)
	view, err := w.RequestErasure(t.Context(), cancelled, commands.RequestErasure{})
	if err != nil {
		t.Fatal(err)
	}
	do(w, w.CancelErasure, caller, commands.Erasure{ID: view.Value.ID})
	if _, err := w.RequestErasure(t.Context(), asked, commands.RequestErasure{}); err != nil {
		t.Fatal(err)
	}
	refuses := func(name string, token commands.Token, key string) {
		t.Helper()
		if _, err := w.AuthenticateErased(t.Context(), token, erasing, key); !errors.Is(err, domain.ErrSession) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refuses("an erasure that waits has ended nothing", last.Token, asked.Key)
	w.clock.forward(domain.DefaultGrace + time.Hour)
	do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: caller.Account})
	refuses("signed out everywhere", everywhere.Token, asked.Key)
	refuses("signed out", ended.Token, asked.Key)
	refuses("the key of the one that was cancelled", last.Token, cancelled.Key)
	if _, err := w.AuthenticateErased(t.Context(), last.Token, erasing, asked.Key); err != nil {
		t.Errorf("the one that it ended: %v", err)
	}
	w.restore()
	w.restart()
	refuses("a restore ended it", last.Token, asked.Key)
}
