package commands

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// Resend requests a new code.
type Resend struct {
	Verification domain.VerificationID `json:"verification"`
	Handle       string                `json:"-"`
	Work         Work                  `json:"-"`
}

// Resent says when the latest code expires.
type Resent struct {
	CodeExpires time.Time
}

// resend makes a new issue, which replaces the old code; within a minute it repeats the old issue instead, which asks for no message.
func (k *call) resend(ctx context.Context, in Resend) (Resent, error) {
	defer k.hold(domain.VerificationStream(in.Verification))()
	r, signUp, err := k.ownRequest(ctx, in.Verification, in.Handle, k.readIssuing, domain.VerifySignIn) // which begins anew
	if err != nil {
		return Resent{}, err
	}
	ended, err := k.proofEnded(ctx, r, signUp)
	if err != nil {
		return Resent{}, err
	}
	if ended || r.Fact.Restored || k.now.After(r.Due()) {
		return Resent{}, domain.ErrEnded
	}
	contact, err := journal.Open(ctx, k.Journal, r.Fact, r.Contact)
	if errors.Is(err, journal.ErrUnreadable) {
		return Resent{}, domain.ErrEnded
	} else if err != nil {
		return Resent{}, err
	}
	p, err := k.proofStream(r.ID).read(ctx)
	if err != nil {
		return Resent{}, err
	}
	if before, err := k.repeated(ctx, p.before(k.command)); err != nil || len(before) > 0 {
		return resentAt(before, err)
	}
	v, err := p.state.verification(r)
	if err != nil {
		return Resent{}, err
	}
	next, err := v.NextIssue(k.now)
	if err != nil || next == 0 {
		return Resent{v.IssuedAt.Add(domain.CodeLifetime)}, err
	}
	if k.worked, err = k.solved(ctx, in.Work, k.admissionOf(r, contact, next, about{}).to); err != nil {
		return Resent{}, err
	}
	return k.issue(ctx, r, contact, next)
}

// issue makes an issue once its message is admitted. If somebody else was quicker, theirs is repeated.
func (k *call) issue(ctx context.Context, r *domain.VerificationRequest, contact domain.Contact, next int) (Resent, error) {
	guessed, err := k.issuing(ctx, r, contact)
	if err != nil {
		return Resent{}, err
	}
	delivery, err := k.admit(ctx, k.admissionOf(r, contact, next, ofRequest(r)))
	if err != nil {
		return Resent{}, err
	}
	var issued time.Time
	out, err := k.changeProof(r, func(_ context.Context, v domain.Verification) ([]any, error) {
		issued = v.IssuedAt
		return v.Resend(next, delivery, guessed, k.now)
	}).by(ctx, k)
	if err != nil || len(out.facts) > 0 {
		return resentAt(out.facts, err)
	}
	return Resent{issued.Add(domain.CodeLifetime)}, nil
}

func resentAt(issued []domain.Fact, err error) (Resent, error) {
	if err != nil {
		return Resent{}, err
	}
	return Resent{issued[0].At.Add(domain.CodeLifetime)}, nil
}

// issuing reads what another issue needs: whether there were too many wrong codes for the identifier today, and the budget of messages.
func (k *call) issuing(ctx context.Context, r *domain.VerificationRequest, contact domain.Contact) (guessed bool, err error) {
	err = k.beside(ctx, func(ctx context.Context) (err error) {
		guessed, err = k.guessed(ctx, contact)
		return err
	}, func(ctx context.Context) error {
		return k.readPlaces(ctx, k.admissionOf(r, contact, 0, ofRequest(r)))
	})
	return guessed, err
}

// readIssuing does the reads of issuing early for a cached request.
func (k *call) readIssuing(ctx context.Context, id domain.VerificationID) error {
	return k.early(ctx, id, func(r *domain.VerificationRequest, contact domain.Contact) error {
		_, err := k.issuing(ctx, r, contact)
		return err
	})
}
