package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

type factorsAnswer struct {
	Factors []factorAnswer `json:"factors"`
}

type factorAnswer struct {
	Factor     domain.FactorID   `json:"factor" format:"uuid"`
	Kind       domain.FactorKind `json:"kind"`
	Name       string            `json:"name,omitzero"`
	Left       int               `json:"left,omitzero" doc:"How many recovery codes were not used."`
	EnrolledAt time.Time         `json:"enrolled_at"`
	Void       bool              `json:"void,omitzero" doc:"It proves nothing any more: the ledger was restored from a backup, and recovery codes that were used may be in it again. Make others."`
	Codes      []string          `json:"recovery_codes,omitzero" doc:"Those that were made now: each good for one time, in place of another second factor. They are shown only once: write them down."`
}

func factorOf(f commands.Factor) factorAnswer {
	return factorAnswer{f.ID, f.Kind, f.Name, f.Left, f.Enrolled, f.Void, nil}
}

// listFactors lists what a person proves themselves by beside their password.
func (a *API) listFactors() {
	route(a, operation("listFactors", "GET", "/v1/me/factors", "factors", "List your second factors", "In the order in which they were enrolled."),
		of(a.Menu.ListFactors.May),
		func(ctx context.Context, r *ask, _ *struct{}) (*answer[factorsAnswer], error) {
			out, err := a.Menu.ListFactors(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			ans := factorsAnswer{Factors: make([]factorAnswer, len(out.Value))}
			for i, f := range out.Value {
				ans.Factors[i] = factorOf(f)
			}
			return reply(a, journal.Position{}, ans), nil
		})
}

// factorAdded is a new factor, with the recovery codes that were made with it.
func factorAdded(f commands.FactorAdded) factorAnswer {
	a := factorOf(f.Factor)
	a.Codes = f.Codes
	return a
}

type makeCodesIn struct{ Keyed }

// makeCodes makes a set of recovery codes.
func (a *API) makeCodes() {
	route(a, created(operation("makeRecoveryCodes", "POST", "/v1/me/factors/recovery-codes", "factors", "Make recovery codes",
		"Ten codes, each good for one time, for when your phone is lost. They replace those that you have. You need another second factor first, "+
			"whose confirmation gives you the first ones. Every address of the account is told.")),
		of(a.Menu.MakeCodes.May),
		func(ctx context.Context, r *ask, _ *makeCodesIn) (*answer[factorAnswer], error) {
			out, err := a.Menu.MakeCodes(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, factorAdded(out.Value)), nil
		}, domain.ErrNoFactor, domain.ErrChanges)
}

type renameFactorIn struct {
	Keyed
	ID   string `path:"id" format:"uuid" doc:"The factor."`
	Body body[renameFactorBody]
}

type renameFactorBody struct {
	Name string `json:"name" format:"factor-name" doc:"1 to 100 characters."`
}

// renameFactor gives one of a person's factors another name.
func (a *API) renameFactor() {
	route(a, operation("renameFactor", "PATCH", "/v1/me/factors/{id}", "factors", "Rename a second factor", "Only its name can change."),
		of(a.Menu.RenameFactor.May),
		func(ctx context.Context, r *ask, in *renameFactorIn) (*answer[factorAnswer], error) {
			id, err := pathID(in.ID)
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.RenameFactor(ctx, r.Request, commands.RenameFactor{ID: domain.FactorID{UUID: id}, Name: in.Body.value.Name})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, factorOf(out.Value)), nil
		}, domain.ErrNotFound, domain.ErrChanges)
}

type removeFactorIn struct {
	Keyed
	ID string `path:"id" format:"uuid" doc:"The factor."`
}

// removeFactor removes one of a person's factors.
func (a *API) removeFactor() {
	route(a, operation("removeFactor", "DELETE", "/v1/me/factors/{id}", "factors", "Remove a second factor",
		"It is not asked for any more, and its key is destroyed. With the last authenticator app or passkey go the recovery codes; from then on the "+
			"password alone signs you in. "+
			"Every address of the account is told."),
		of(a.Menu.RemoveFactor.May),
		func(ctx context.Context, r *ask, in *removeFactorIn) (*done, error) {
			id, err := pathID(in.ID)
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.RemoveFactor(ctx, r.Request, commands.RemoveFactor{ID: domain.FactorID{UUID: id}})
			if err != nil {
				return nil, err
			}
			return &done{Positioned{a.sealPosition(out.Position)}}, nil
		}, domain.ErrNotFound, domain.ErrGuarded, domain.ErrLastPasskey, domain.ErrChanges)
}
