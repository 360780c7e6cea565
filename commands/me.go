package commands

import (
	"context"
	"time"

	"accountledger/domain"
	"accountledger/journal"
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
	a, _, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return Me{}, err
	}
	contact, err := journal.Open(ctx, k.Journal, a.OpenedFact, a.Opened.Contact)
	if err = ignoreUnreadable(err); err != nil {
		return Me{}, err
	}
	birth, err := journal.Open(ctx, k.Journal, a.OpenedFact, a.Opened.Birth)
	if err = ignoreUnreadable(err); err != nil {
		return Me{}, err
	}
	me := Me{Account: a.ID, Email: contact.Typed, BirthMonth: birth.Month, Region: a.Region, Language: a.Opened.Language, Rules: a.Rules,
		Capacity: a.Capacity, Opened: a.OpenedFact.At}
	if a.Erasure.UnderWay() {
		v := k.erasureView(a)
		me.Erasure = &v
	}
	return me, nil
}
