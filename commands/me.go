package commands

import (
	"context"
	"time"

	"accountledger/domain"
)

// Me is an account as its owner sees it.
type Me struct {
	Account    domain.AccountID
	Email      string // the primary one
	BirthMonth domain.Month
	Corrected  time.Time // when the owner corrected their month of birth; zero if they did not
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
	me := Me{Account: a.ID, Region: a.Region, Language: a.Language, Rules: a.Rules, Capacity: a.Capacity, Opened: a.OpenedFact.At,
		Corrected: a.Birth.Corrected}
	var o opening
	primary := a.Primary()
	show(&o, primary.Fact, primary.Contact, func(c domain.Contact) { me.Email = c.Typed })
	show(&o, a.Birth.Fact, a.Birth.Month, func(b domain.BirthMonth) { me.BirthMonth = b.Month })
	if err := o.open(ctx, k.Journal); err != nil {
		return Me{}, err
	}
	if a.Erasure.UnderWay() {
		v := k.erasureView(a)
		me.Erasure = &v
	}
	return me, nil
}
