package commands

import (
	"context"
	"time"

	"accountledger/domain"
)

// Me is an account as its owner sees it.
type Me struct {
	Account    domain.AccountID
	Email      string
	BirthMonth domain.Month
	Region     domain.Region
	Language   domain.Language
	Rules      domain.Rules
	Capacity   domain.Capacity
	Opened     time.Time
	Erasure    *ErasureView
}

// me reads the caller's own account, which is not recorded.
func (k *call) me(ctx context.Context, _ struct{}) (Me, error) {
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return Me{}, err
	}
	me := Me{Account: a.ID, Region: a.Region, Language: a.Language, Rules: a.Rules, Capacity: a.Capacity, Opened: a.OpenedFact.At}
	var o opening
	show(&o, a.Contacts[0].Fact, a.Contacts[0].Contact, func(c domain.Contact) { me.Email = c.Typed })
	show(&o, a.OpenedFact, a.Opened.Birth, func(b domain.BirthMonth) { me.BirthMonth = b.Month })
	if err := o.open(ctx, k.Journal); err != nil {
		return Me{}, err
	}
	if a.Erasure.UnderWay() {
		v := k.erasureView(a)
		me.Erasure = &v
	}
	return me, nil
}
