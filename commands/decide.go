package commands

import (
	"context"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// DecideAccess asks whether a service may use somebody's data now.
type DecideAccess struct {
	Account    domain.AccountID  `json:"account"`
	Permission domain.Permission `json:"permission"`
	Purpose    domain.Purpose    `json:"purpose"`
}

// AccessDecision is the answer. Withdrawn, never given, unknown and erased are all simply denied.
type AccessDecision struct {
	ID      domain.EventID // of the record
	Outcome domain.Outcome
	At      time.Time
}

// decideAccess decides on the account as read after the question arrived, records its version, and answers only once the record
// is durable and confirmed.
func (k *call) decideAccess(ctx context.Context, in DecideAccess) (AccessDecision, error) {
	decided, about, err := k.decide(ctx, in)
	if err != nil {
		return AccessDecision{}, err
	}
	f, err := k.record(ctx, about, decided)
	if err == nil && k.Journal.MayLag() {
		decided, f, err = k.confirm(ctx, in, decided, f)
	}
	return AccessDecision{ID: f.ID, Outcome: decided.Outcome, At: f.At}, err
}

// decide returns the decision as of now, and what its record is about.
func (k *call) decide(ctx context.Context, in DecideAccess) (domain.AccessDecided, about, error) {
	var services *domain.Services
	var notices *domain.Notices
	var a *domain.Account
	if err := k.beside(ctx, func(ctx context.Context) (err error) {
		services, err = stateOf(ctx, k.servicesStream())
		return err
	}, func(ctx context.Context) (err error) {
		notices, err = k.notices(ctx, in.Permission)
		return err
	}, func(ctx context.Context) (err error) {
		a, err = k.account(ctx, in.Account)
		return err
	}); err != nil {
		return domain.AccessDecided{}, about{}, err
	}
	if err := services.ByID(k.Caller.Service).Asks(in.Permission, in.Purpose); err != nil {
		return domain.AccessDecided{}, about{}, err
	}
	outcome, reason, grant := a.Decide(in.Permission, in.Purpose, notices.Material())
	return domain.AccessDecided{Service: k.Caller.Service, Key: k.Caller.Key, Permission: in.Permission, For: in.Purpose, Outcome: outcome,
		Reason: reason, AccountVersion: a.Version, Grant: grant}, about{subject: in.Account, region: a.Region}, nil
}

// confirm reads the account again as of the record's position. A deposed leader that does not know it yet can answer reads from
// stale data, but cannot commit a record; so at the record's position, everything is visible that anybody had been told
// before the question arrived. If the account had changed and the decision differs, a second record corrects the first
// and becomes the answer. A decision that cannot be confirmed is not answered.
func (k *call) confirm(ctx context.Context, in DecideAccess, decided domain.AccessDecided, f domain.Fact) (domain.AccessDecided, domain.Fact, error) {
	since := journal.Since(again(ctx), k.position)
	a, err := k.account(since, in.Account)
	if err != nil || a.Version == decided.AccountVersion {
		return decided, f, err
	}
	again, about, err := k.decide(since, in)
	if err != nil || again.Outcome == decided.Outcome && again.Grant == decided.Grant {
		return decided, f, err
	}
	f, err = k.record(ctx, about, domain.AccessCorrected{AccessDecided: again, Corrects: f.ID})
	return again, f, err
}
