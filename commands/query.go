package commands

import (
	"context"
	"encoding/hex"
	"slices"

	"accountledger/domain"
)

// RecordQuery records that an officer queried a view; only then may the answer be shown.
type RecordQuery struct {
	// Why may be left out by a query that names nobody.
	Why
	View  domain.ViewName `json:"view"`
	Query []byte          `json:"query"` // in canonical form; the log keeps it sealed, and a keyed hash
	Rows  int             `json:"-"`
	// Names: the query names people or things of theirs, so it is a look at People. Not all need exist; they can also be nobody.
	Names  bool               `json:"names,omitzero"`
	People []domain.AccountID `json:"people,omitzero"`
}

// MayName refuses what an officer may not ask of a view, before anything of it is read: why they ask, and how long ago they proved who
// they are, matter only if the query names people.
func (in *RecordQuery) MayName(c domain.Caller) error {
	if len(in.Query) > domain.MaxQuestion {
		return domain.ErrQuestion
	}
	if in.Names {
		if err := fresh(officer(domain.RoleCompliance), freshOfficer)(c); err != nil {
			return err
		}
	}
	if in.Names || in.Why != (Why{}) {
		return in.Validate()
	}
	return nil
}

// recordQuery records a query: once for each existing account that it names, all or none of them, or once for nobody.
func (k *call) recordQuery(ctx context.Context, in RecordQuery) (domain.EventID, error) {
	if in.View.Validate() != nil {
		return domain.EventID{}, domain.ErrNotFound
	}
	if err := Viewer(in.View)(k.Caller); err != nil {
		return domain.EventID{}, err
	}
	if err := in.MayName(k.Caller); err != nil {
		return domain.EventID{}, err
	}
	in.People = distinct(in.People)
	if len(in.People) > domain.MaxNamed {
		return domain.EventID{}, domain.ErrNamed
	}
	looks, err := k.looksAt(ctx, in.Why, in.People)
	if err != nil {
		return domain.EventID{}, err
	}
	mac := k.keys.commands.MAC([]byte("query"), []byte(in.View), in.Query)
	e := domain.AccessQueried{View: in.View, Fingerprint: domain.Fingerprint(hex.EncodeToString(mac[:16])), Rows: in.Rows,
		Question: domain.Personal(domain.Question{Query: string(in.Query)}, domain.LedgerKey())}
	f, err := k.recordLooks(ctx, looks, len(in.Query), func(first domain.EventID) any {
		if !first.IsZero() {
			e.Asked, e.Question = first, domain.Part[domain.Question]{}
		}
		return e
	})
	return f.ID, err
}

// distinct leaves out what was there before.
func distinct(all []domain.AccountID) (out []domain.AccountID) {
	for _, one := range all {
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// looksAt is what the records of a look at some people are about, each of them there once.
func (k *call) looksAt(ctx context.Context, in Why, people []domain.AccountID) (looks []about, err error) {
	accounts := make([]*domain.Account, len(people))
	err = k.besideEach(ctx, len(people), func(ctx context.Context, i int) (err error) {
		accounts[i], err = k.account(ctx, people[i])
		return err
	})
	for _, a := range accounts {
		if err == nil && a.Exists() { // of others there is nothing to see
			looks = append(looks, about{subject: a.ID, region: a.Region, purpose: in.Purpose, caseID: in.Case})
		}
	}
	if len(looks) == 0 {
		looks = []about{{purpose: in.Purpose, caseID: in.Case}}
	}
	return looks, err
}
