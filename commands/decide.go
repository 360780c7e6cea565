package commands

import (
	"context"
	"time"

	"accountledger/domain"
)

// DecideAccess is a service's question whether it may use somebody's data now.
type DecideAccess struct {
	Account    domain.AccountID  `json:"account"`
	Permission domain.Permission `json:"permission"`
	Purpose    domain.Purpose    `json:"purpose"`
}

// AccessDecision is the answer. Withdrawn, never given, unknown and erased are all just denied.
type AccessDecision struct {
	ID      domain.EventID // of the record
	Outcome domain.Outcome
	At      time.Time
}

// decideAccess rests on the account as read after the question came, names its version in the record, and
// answers only once the record is durable.
func (k *call) decideAccess(ctx context.Context, in DecideAccess) (AccessDecision, error) {
	var s domain.Service
	if _, err := k.fold(ctx, domain.ServiceStream(k.Caller.Service), &s, nil); err != nil {
		return AccessDecision{}, err
	}
	if !s.May(in.Permission, in.Purpose) {
		return AccessDecision{}, domain.ErrForbidden
	}
	notices, err := k.notices(ctx, in.Permission)
	if err != nil {
		return AccessDecision{}, err
	}
	a, _, err := k.account(ctx, in.Account)
	if err != nil {
		return AccessDecision{}, err
	}
	outcome, reason, grant := a.Decide(in.Permission, in.Purpose, notices.Material())
	f, err := k.record(ctx, about{subject: in.Account, region: a.Region}, domain.AccessDecided{Service: k.Caller.Service, Permission: in.Permission,
		For: in.Purpose, Outcome: outcome, Reason: reason, AccountVersion: a.Version, Grant: grant})
	return AccessDecision{ID: f.ID, Outcome: outcome, At: f.At}, err
}
