package commands

import (
	"context"
	"time"

	"accountledger/domain"
	"accountledger/passwords"
)

// Factor is a factor of the caller's account as its owner sees it.
type Factor struct {
	ID       domain.FactorID
	Kind     domain.FactorKind
	Name     string
	Enrolled time.Time
	// Left is how many recovery codes of a set were not used.
	Left int
	// Void: it proves nothing any more, and has to be replaced.
	Void bool
}

// listFactors lists what the caller's account is proven by beside its password, in the order in which it was enrolled.
func (k *call) listFactors(ctx context.Context, _ struct{}) ([]Factor, error) {
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return nil, err
	}
	var o opening
	out := make([]Factor, len(a.Factors))
	for i, f := range a.Factors {
		out[i] = factorOf(&o, f, &out[i])
		if f.Kind != domain.FactorRecoveryCodes || f.Void() {
			continue
		}
		uses, err := stateOf(ctx, k.factorStream(f.Factor))
		if err != nil {
			return nil, err
		}
		out[i].Left = uses.Left(passwords.LookUps)
	}
	return out, o.open(ctx, k.Journal)
}

// factorOf is a factor as its owner sees it; its name is shown at a place once it is open.
func factorOf(o *opening, f *domain.Factor, at *Factor) Factor {
	if !f.Name.IsZero() {
		show(o, f.NameFact, f.Name, func(n domain.FactorName) { at.Name = n.Text })
	}
	return Factor{ID: f.Factor, Kind: f.Kind, Enrolled: f.Fact.At, Void: f.Void()}
}

func (k *call) factorView(ctx context.Context, f *domain.Factor) (v Factor, err error) {
	var o opening
	v = factorOf(&o, f, &v)
	err = o.open(ctx, k.Journal)
	return v, err
}

// RenameFactor gives one of the caller's factors another name.
type RenameFactor struct {
	ID   domain.FactorID `json:"id"`
	Name string          `json:"name"`
}

func (k *call) renameFactor(ctx context.Context, in RenameFactor) (Factor, error) {
	out, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) { return a.RenameFactor(in.ID, in.Name) })
	if err != nil {
		return Factor{}, err
	}
	f := out.state.FactorOf(in.ID)
	if f == nil { // a repeat, and it has been removed since
		return Factor{}, domain.ErrNotFound
	}
	told := *f // with the name of the first request, even if there is a newer one
	told.NameFact = out.facts[0]
	told.Name = told.NameFact.Event.(domain.FactorRenamed).Name // decided above
	return k.factorView(ctx, &told)
}

// RemoveFactor removes one of the caller's factors, and destroys its key.
type RemoveFactor struct {
	ID domain.FactorID `json:"id"`
}

func (k *call) removeFactor(ctx context.Context, in RemoveFactor) (struct{}, error) {
	out, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) { return a.RemoveFactor(in.ID, k.now) })
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, k.forgetFactors(ctx, out.facts)
}

// forgetFactors destroys the keys of the factors that facts remove.
func (k *call) forgetFactors(ctx context.Context, facts []domain.Fact) error {
	var keys []string
	for _, f := range facts {
		if e, ok := f.Event.(domain.FactorRemoved); ok {
			keys = append(keys, domain.FactorKey(e.Factor))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return k.Journal.Destroy(ctx, keys...)
}

// SettleFactor destroys the key of a removed factor if a crash left it.
type SettleFactor struct {
	Factor domain.FactorID `json:"factor"`
}

func (k *call) settleFactor(ctx context.Context, in SettleFactor) (struct{}, error) {
	return struct{}{}, k.Journal.Destroy(ctx, domain.FactorKey(in.Factor))
}
