package commands_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/faults/linear"
	"accountledger/vault"
)

// slowStore and slowVault pause before and after what others could come between.
type slowStore struct {
	eventstore.Store
	pauses *linear.Pauses
}

func (s slowStore) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	s.pauses.Pause()
	defer s.pauses.Pause()
	return s.Store.Append(ctx, stream, expected, events...)
}

func (s slowStore) ReadStream(ctx context.Context, stream string, d eventstore.Direction, from int64) iter.Seq2[eventstore.Recorded, error] {
	s.pauses.Pause()
	return s.Store.ReadStream(ctx, stream, d, from)
}

type slowVault struct {
	vault.Vault
	pauses *linear.Pauses
}

func (v slowVault) InsertIdentifier(ctx context.Context, d vault.Digest, claim uuid.UUID) (uuid.UUID, error) {
	v.pauses.Pause()
	defer v.pauses.Pause()
	return v.Vault.InsertIdentifier(ctx, d, claim)
}

func (v slowVault) Identifier(ctx context.Context, d vault.Digest) (uuid.UUID, error) {
	defer v.pauses.Pause()
	return v.Vault.Identifier(ctx, d)
}

func (v slowVault) PutSecret(ctx context.Context, name string, secret []byte) error {
	v.pauses.Pause()
	return v.Vault.PutSecret(ctx, name, secret)
}

// forgetfulReads now and then shows an account without its last event, as a store would that answers from a follower.
type forgetfulReads struct {
	eventstore.Store
	pauses *linear.Pauses
}

func (s forgetfulReads) ReadStream(ctx context.Context, stream string, d eventstore.Direction, from int64) iter.Seq2[eventstore.Recorded, error] {
	all := s.Store.ReadStream(ctx, stream, d, from)
	if !strings.HasPrefix(stream, "account-") || s.pauses.IntN(2) == 0 {
		return all
	}
	return func(yield func(eventstore.Recorded, error) bool) {
		var held *eventstore.Recorded
		for e, err := range all {
			if held != nil && !yield(*held, nil) {
				return
			}
			held = &e
			if err != nil {
				yield(e, err)
				return
			}
		}
	}
}

// heedlessAppends appends at whatever version there is.
type heedlessAppends struct{ eventstore.Store }

func (s heedlessAppends) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	for {
		done, err := s.Store.Append(ctx, stream, expected, events...)
		var conflict *eventstore.ConflictError
		if !errors.As(err, &conflict) || !strings.HasPrefix(stream, "verification-") {
			return done, err
		}
		expected = conflict.Actual
		for i := range events {
			events[i].ID = uuid.New() // derived ones would be taken for a repeat
		}
	}
}

// generousVault gives everybody the claim they ask for.
type generousVault struct{ vault.Vault }

func (v generousVault) InsertIdentifier(ctx context.Context, d vault.Digest, claim uuid.UUID) (uuid.UUID, error) {
	_, err := v.Vault.InsertIdentifier(ctx, d, claim)
	return claim, err
}

// mutant is what a test of the control puts in the place of store and vault; nil changes nothing.
type mutant struct {
	store func(eventstore.Store, *linear.Pauses) eventstore.Store
	vault func(vault.Vault) vault.Vault
}

// processes are several processes on one log and one vault, with pauses between their steps.
func (w *world) processes(n int, pauses *linear.Pauses, m mutant) []*commands.Menu {
	w.t.Helper()
	was := w.Menu
	defer func() { w.Menu = was }()
	var out []*commands.Menu
	for range n {
		var s eventstore.Store = slowStore{w.store, pauses}
		if m.store != nil {
			s = m.store(s, pauses)
		}
		var v vault.Vault = slowVault{w.vault, pauses}
		if m.vault != nil {
			v = m.vault(v)
		}
		w.start(s, v)
		out = append(out, w.Menu)
	}
	return out
}

// explained runs a scenario and expects an order that explains it; with a mutant it must find one, within a few runs,
// that none explains.
func explained(t *testing.T, m *mutant, run func(*testing.T, *world, *linear.Pauses, mutant) (*linear.Recorder, porcupine.Model)) {
	t.Helper()
	pauses := linear.NewPauses(t, time.Millisecond)
	w := newWorld(t)
	if m == nil {
		for range 3 {
			if r, model := run(t, w, pauses, mutant{}); !r.Explained(t, model) {
				t.Errorf("no order explains what %d calls were told", r.Len())
			}
		}
		return
	}
	for range 20 {
		if r, model := run(t, w, pauses, *m); !r.Explained(t, model) {
			return
		}
	}
	t.Error("the mutant was not found out")
}

func TestDecisionsAgainstWithdrawalsAreLinearizable(t *testing.T) {
	t.Parallel()
	explained(t, nil, decisions)
}

func TestDecisionsOnStaleReadsAreFoundOut(t *testing.T) {
	t.Parallel()
	explained(t, &mutant{store: func(s eventstore.Store, p *linear.Pauses) eventstore.Store { return forgetfulReads{s, p} }}, decisions)
}

// decisions has a person give and withdraw a permission at one process, and a service ask at others: a permission is
// a register, and no decision that begins after an acknowledged withdrawal is allowed.
func decisions(t *testing.T, w *world, pauses *linear.Pauses, m mutant) (*linear.Recorder, porcupine.Model) {
	t.Helper()
	person := w.person(uuid.NewString() + "@example.invalid")
	service := w.service(domain.Slug("s" + uuid.NewString()[:8]))
	owners, askers := w.processes(2, pauses, mutant{}), w.processes(2, pauses, m)
	grant := w.grant()
	r := linear.NewRecorder()
	var all sync.WaitGroup
	all.Go(func() {
		for n := range 24 {
			in := withdrawal()
			if n%2 == 0 {
				in = grant
			}
			r.Do(0, in.Grant, func() (any, bool) {
				_, err := owners[n/2%2].SetPermission(t.Context(), request(person), in)
				if err != nil {
					t.Errorf("setting: %v", err)
				}
				return nil, err == nil
			})
		}
	})
	for c := range 4 {
		all.Go(func() {
			for range 20 {
				r.Do(c+1, nil, func() (any, bool) {
					a, err := askers[c%2].DecideAccess(t.Context(), request(service),
						commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose})
					if err != nil {
						t.Errorf("asking: %v", err)
					}
					return a.Value.Outcome == domain.Allowed, err == nil
				})
			}
		})
	}
	all.Wait()
	return r, porcupine.Model{
		Init: func() any { return false },
		Step: func(state, input, output any) (bool, any) {
			if input == nil {
				return output == state, state
			}
			return true, input
		},
	}
}

// redeemed is the state of one verification to those who try codes.
type redeemed struct {
	tries   int
	account domain.AccountID
}

// tried is what a try of a code was told.
type tried struct {
	account domain.AccountID
	ended   bool
}

func TestCodeRedemptionIsLinearizable(t *testing.T) {
	t.Parallel()
	explained(t, nil, redemptions)
}

func TestCodesWithoutVersionsAreFoundOut(t *testing.T) {
	t.Parallel()
	explained(t, &mutant{store: func(s eventstore.Store, _ *linear.Pauses) eventstore.Store { return heedlessAppends{s} }}, redemptions)
}

// redemptions has right and wrong codes tried at two processes at once: each wrong one counts once, the fifth ends the
// verification, and the right one opens one account.
func redemptions(t *testing.T, w *world, pauses *linear.Pauses, m mutant) (*linear.Recorder, porcupine.Model) {
	t.Helper()
	s := w.signUp(uuid.NewString() + "@example.invalid")
	right := w.message(s, 1).Code
	wrong := "000000"
	if right == wrong {
		wrong = "000001"
	}
	r := linear.NewRecorder()
	var all sync.WaitGroup
	for c, menu := range w.processes(5, pauses, m) {
		all.Go(func() {
			for range 2 {
				code := wrong
				if pauses.IntN(6) == 0 {
					code = right
				}
				r.Do(c, code == right, func() (any, bool) {
					a, err := menu.CheckCode(t.Context(), request(domain.Guest()), commands.CheckCode{Verification: s.Verification, Handle: s.Handle, Code: code})
					ended := errors.Is(err, domain.ErrEnded) || errors.Is(err, domain.ErrVerified)
					if err != nil && !ended && !errors.Is(err, domain.ErrCode) {
						t.Errorf("a code: %v", err)
					}
					return tried{a.Value.Account, ended}, true
				})
			}
		})
	}
	all.Wait()
	return r, porcupine.Model{
		Init: func() any { return redeemed{} },
		Step: func(state, input, output any) (bool, any) {
			now, out := state.(redeemed), output.(tried)
			switch {
			case now.tries == domain.MaxTries:
				return out.ended, now
			case !now.account.IsZero(): // the same code may be told the same account once more
				return out.ended || input == true && out.account == now.account, now
			case input == true:
				return !out.account.IsZero(), redeemed{now.tries, out.account}
			}
			now.tries++
			return out.account.IsZero() && out.ended == (now.tries == domain.MaxTries), now
		},
	}
}

func TestIdentifierClaimIsLinearizable(t *testing.T) {
	t.Parallel()
	explained(t, nil, claims)
}

func TestClaimsForEverybodyAreFoundOut(t *testing.T) {
	t.Parallel()
	explained(t, &mutant{vault: func(v vault.Vault) vault.Vault { return generousVault{v} }}, claims)
}

// claims has rivals prove one address at several processes at once: one of them gets it, and a rival who is told that it is
// taken is told so after that.
func claims(t *testing.T, w *world, pauses *linear.Pauses, m mutant) (*linear.Recorder, porcupine.Model) {
	t.Helper()
	email := uuid.NewString() + "@example.invalid"
	menus := w.processes(4, pauses, m)
	var rivals []commands.SignedUp // all of them before the first proof
	var codes []string
	for n := range menus {
		s := w.signUpAt(n, email)
		rivals, codes = append(rivals, s), append(codes, w.message(s, 1).Code)
	}
	r := linear.NewRecorder()
	var all sync.WaitGroup
	for c, menu := range menus {
		s, code := rivals[c], codes[c]
		all.Go(func() {
			r.Do(c, nil, func() (any, bool) {
				a, err := menu.CheckCode(t.Context(), request(domain.Guest()), commands.CheckCode{Verification: s.Verification, Handle: s.Handle, Code: code})
				if err != nil && !errors.Is(err, domain.ErrTaken) {
					t.Errorf("a proof: %v", err)
				}
				return a.Value.Account, true
			})
		})
	}
	all.Wait()
	return r, porcupine.Model{
		Init: func() any { return domain.AccountID{} },
		Step: func(state, _, output any) (bool, any) {
			owner, told := state.(domain.AccountID), output.(domain.AccountID)
			if told.IsZero() {
				return !owner.IsZero(), owner
			}
			return owner.IsZero(), told
		},
		DescribeState: func(state any) string { return fmt.Sprint(state) },
	}
}
