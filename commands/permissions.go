package commands

import (
	"context"
	"time"

	"accountledger/domain"
)

// PermissionView is the state of one purpose of a permission.
type PermissionView struct {
	Permission domain.Permission
	Purpose    domain.Purpose
	State      domain.State
	// Effective: it is granted, and its notice is still valid.
	Effective bool
	Since     time.Time
	Event     domain.EventID
}

// Permissions are all permissions of an account, with the tag of the latest decision.
type Permissions struct {
	All []PermissionView
	Tag string
}

// listPermissions lists every permission and purpose of the catalogue; what was never decided on is off.
func (k *call) listPermissions(ctx context.Context, _ struct{}) (Permissions, error) {
	var a *domain.Account
	var notices []*domain.Notices
	if err := k.beside(ctx, func(ctx context.Context) (err error) {
		a, err = k.account(ctx, k.Caller.Account)
		return err
	}, func(ctx context.Context) (err error) {
		notices, err = k.allNotices(ctx)
		return err
	}); err != nil {
		return Permissions{}, err
	}
	out := Permissions{Tag: a.PermissionTag()}
	for i, p := range domain.TheCatalogue().Permissions {
		for _, u := range p.Purposes {
			out.All = append(out.All, permissionView(a, p.Key, u.Key, notices[i]))
		}
	}
	return out, nil
}

func permissionView(a *domain.Account, p domain.Permission, u domain.Purpose, notices *domain.Notices) PermissionView {
	s := a.Permissions[domain.Allowance{Permission: p, Purpose: u}]
	if s.State == "" {
		s.State = domain.StateNone
	}
	outcome, _, _ := a.Decide(p, u, notices.Material())
	return PermissionView{Permission: p, Purpose: u, State: s.State, Effective: outcome == domain.Allowed, Since: s.At, Event: s.Event}
}

// PermissionSet is the answer to a decision.
type PermissionSet struct {
	PermissionView
	Tag string
}

// setPermission appends a grant, a withdrawal, or a confirmation of the current state.
func (k *call) setPermission(ctx context.Context, in domain.SetPermission) (PermissionSet, error) {
	catalogue := domain.TheCatalogue()
	if _, ok := catalogue.Permission(in.Permission); !ok {
		return PermissionSet{}, domain.ErrPermission
	}
	notices, err := k.notices(ctx, in.Permission) // the account was read to authenticate the caller
	if err != nil {
		return PermissionSet{}, err
	}
	out, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) {
		return a.SetPermission(in, catalogue, notices, k.now)
	})
	if err != nil {
		return PermissionSet{}, err
	}
	f := out.facts[0]
	answer := PermissionSet{answerOf(f, notices), domain.PermissionTag(f.Version)}
	if out.repeat { // what the first request decided may have been decided otherwise since
		now := permissionView(out.state, in.Permission, in.Purpose, notices)
		answer.Effective = now.Effective
		if now.State != answer.State {
			answer = PermissionSet{now, out.state.PermissionTag()}
		}
	}
	return answer, nil
}

// answerOf answers from the event, so that a repeat gets the first answer.
func answerOf(f domain.Fact, notices *domain.Notices) PermissionView {
	v := PermissionView{Since: f.At, Event: f.ID}
	d := domain.Decision{}
	switch e := f.Event.(type) {
	case domain.PermissionGranted:
		d, v.State = e.Decision, domain.StateGranted
	case domain.PermissionWithdrawn:
		d, v.State = e.Decision, domain.StateWithdrawn
	case domain.PermissionConfirmed:
		d, v.State = e.Decision, e.State
	}
	v.Permission, v.Purpose = d.Permission, d.For
	v.Effective = v.State == domain.StateGranted && d.NoticeVersion >= notices.Material()
	return v
}
