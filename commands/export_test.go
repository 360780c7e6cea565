package commands

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
)

// NetworkOf is the network of a client.
var NetworkOf = networkOf

// NewForgetful is New with counts in memory of so many things that were attempted once, and as many that were more often.
func NewForgetful(ctx context.Context, d Deps, atOnce int) (*Menu, error) {
	c, err := newCore(ctx, d)
	if err != nil {
		return nil, err
	}
	c.tallies = newTallies(atOnce)
	return menu(c), nil
}

// Watch remembers the states that commands share.
type Watch struct {
	core *core
	seen map[any]func() error // by snapshot
}

// NewWatched is New, with a Watch on its states.
func NewWatched(ctx context.Context, d Deps) (*Menu, *Watch, error) {
	c, err := newCore(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	return menu(c), &Watch{c, map[any]func() error{}}, nil
}

// Remember notes every state that is cached now.
func (w *Watch) Remember() {
	id := func(stream string) domain.AccountID {
		_, text, _ := strings.Cut(stream, "-")
		return domain.AccountID{UUID: uuid.MustParse(text)}
	}
	watch(w, w.core.accounts, func(stream string) *domain.Account { return domain.NewAccount(id(stream)) })
	watch(w, w.core.sessions, func(string) *domain.Sessions { return &domain.Sessions{} })
	watch(w, w.core.clients, func(string) *domain.Clients { return &domain.Clients{} })
	watch(w, w.core.missed, func(string) *domain.Missed { return &domain.Missed{} })
	watch(w, w.core.signIns, func(string) *domain.SignIn { return &domain.SignIn{} })
	watch(w, w.core.factors, func(string) *domain.FactorUses { return domain.NewFactorUses() })
	watch(w, w.core.services, func(string) *domain.Services { return domain.NewServices() })
	watch(w, w.core.officers, func(string) *domain.Staff { return domain.NewStaff() })
	watch(w, w.core.relying, func(string) *domain.Relying { return &domain.Relying{} })
	watch(w, w.core.published, func(string) *domain.Notices { return &domain.Notices{} })
	watch(w, w.core.described, func(string) *domain.Controllers { return &domain.Controllers{} })
	watch(w, w.core.claims, func(string) *domain.Claim { return &domain.Claim{} })
	watch(w, w.core.attempts, func(string) *domain.Attempts { return &domain.Attempts{} })
	watch(w, w.core.asked, func(string) *domain.SignUp { return &domain.SignUp{} })
	watch(w, w.core.recovers, func(string) *domain.Recovery { return &domain.Recovery{} })
	watch(w, w.core.delivered, func(string) *domain.Delivery { return &domain.Delivery{} })
	watch(w, w.core.proofs, func(string) *proof { return &proof{} })
}

// Kinds is how many kinds of states are cached, and of how many Remember saw one.
func (w *Watch) Kinds() (all, seen int) {
	kinds := map[reflect.Type]bool{}
	for s := range w.seen {
		kinds[reflect.TypeOf(s)] = true
	}
	return len(w.core.caches), len(kinds)
}

// Changed returns the states that are not what the log says up to their version: somebody wrote to them.
func (w *Watch) Changed() []error {
	var out []error
	for _, check := range w.seen {
		if err := check(); err != nil {
			out = append(out, err)
		}
	}
	return out
}

func watch[S state[S]](w *Watch, f *folded[S], fresh func(stream string) S) {
	for _, k := range f.by.Values() {
		at := k.latest.Load()
		w.seen[at] = func() error {
			want := forking[S]{snapshot: &snapshot[S]{state: fresh(at.head.Stream), head: journal.NoStream(at.head.Stream)}}
			for rec, err := range w.core.Journal.Read(context.Background(), at.head.Stream, 0) {
				if err != nil {
					return err
				}
				if rec.Version > at.head.Version {
					break
				}
				if err := want.apply(rec); err != nil {
					return err
				}
			}
			if !reflect.DeepEqual(want.state.Fork(), at.state.Fork()) {
				return fmt.Errorf("%s at version %d was changed", at.head.Stream, at.head.Version)
			}
			return nil
		}
	}
}

// DecideNothing is a change of an account without events.
func (w *Watch) DecideNothing(id domain.AccountID, mayKeep bool) error {
	k := &call{core: w.core}
	c := k.changeAccount(id, func(*domain.Account) ([]any, error) { return nil, nil })
	c.mayKeep = mayKeep
	_, err := c.by(context.Background(), k)
	return err
}
