package commands_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// recovering is a walk: a recovery, message, resend, message, two wrong codes, and completing without the right one.
func (w *walk) recovering(email string, client commands.Token) (steps []effort, asked domain.VerificationID) {
	w.t.Helper()
	w.turn = 0
	var r commands.RecoveryBegun
	var up commands.SignedUp
	first := w.step(func() error {
		a, err := w.Recover(w.t.Context(), request(domain.Guest()), commands.Recover{Email: email, Language: "de", Client: client})
		r = a.Value
		up = commands.SignedUp{Verification: domain.VerificationID(r.ID), Handle: r.Handle}
		return err
	})
	steps = w.onwards(first, &up, func() error {
		_, err := w.CheckRecovery(w.t.Context(), request(domain.Guest()), coded(r, "x"))
		return err
	})
	if first.Answer != "" {
		return steps, up.Verification
	}
	return append(steps, w.step(func() error {
		_, err := w.CompleteRecovery(w.t.Context(), request(domain.Guest()), setting(r, renewed))
		return err
	})), up.Verification
}

// lapse is how a recovery ends that was not proved.
func (w *walk) lapse(id domain.VerificationID) effort {
	w.turn = 0
	return w.step(func() error {
		_, err := w.SettleVerification(w.t.Context(), request(domain.System()), commands.SettleVerification{ID: id})
		return err
	})
}

// No count of events, bytes or work tells an address that somebody has from one that nobody has, nor from one of an account that is being
// erased or was: not in one process nor in several, not below a limit nor above it, and not with a client's token of somebody else's.
func TestNothingCountedTellsWhomToRecover(t *testing.T) {
	for _, processes := range []int{1, 2} {
		t.Run(fmt.Sprint(processes), func(t *testing.T) {
			w := newWalk(t, processes)
			leave := func(email string) domain.Caller {
				c := w.person(email)
				do(w.world, w.RequestErasure, c, commands.RequestErasure{})
				return c
			}
			erased := leave("Gus@example.com")
			w.clock.forward(domain.DefaultGrace)
			do(w.world, w.SettleErasure, domain.System(), commands.SettleErasure{Account: erased.Account})
			leave("Cid@example.com")
			w.account("zoe@example.org")
			_, in := w.session("zoe@example.org")
			limited, emails := false, []string{"Eve@example.com", ada, "Cid@example.com", "Gus@example.com"}
			var ends [][]domain.VerificationID
			for i, pause := range []time.Duration{24 * time.Hour, time.Minute, 2 * time.Hour} {
				for _, client := range []commands.Token{"", in.Client} {
					w.clock.forward(pause)
					w.signUpAt(i, "somebody@example.com") // the first request of a day makes its key
					w.recover(fmt.Sprintf("somebody%d@example.org", i))
					var want []effort
					ids := make([]domain.VerificationID, len(emails))
					for n, email := range emails {
						var got []effort
						if got, ids[n] = w.recovering(email, client); n == 0 {
							want = got
						} else if !reflect.DeepEqual(got, want) {
							t.Errorf("round %d with a client %v:\n%s %+v\nfree %+v", i, client != "", email, got, want)
						}
					}
					if i == 0 && client == "" && (len(want) != 11 || want[0].Events != 2) {
						t.Errorf("not the walk that is meant: %d steps, %+v", len(want), want[0])
					}
					if limited = limited || strings.HasPrefix(want[0].Answer, "too_many_messages"); want[0].Answer == "" {
						ends = append(ends, ids)
					}
				}
			}
			if !limited {
				t.Error("no limit was reached")
			}
			w.clock.forward(domain.VerificationLifetime)
			for _, ids := range ends {
				want := w.lapse(ids[0])
				for n, id := range ids {
					if got := w.lapse(id); n > 0 && got != want || want.Events != 2 {
						t.Errorf("%s ends with %+v, one that is free with %+v", emails[n], got, want)
					}
				}
			}
		})
	}
}
