package commands

import (
	"context"
	"slices"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// proof holds the events of a verification after its request.
type proof struct {
	request *domain.VerificationRequest // nil if the request is in another stream, as that of a sign-up or a recovery is
	facts   []domain.Fact
}

// Apply keeps the fact.
func (p *proof) Apply(f domain.Fact) error {
	if r, ok := domain.RequestOf(f); ok {
		p.request = &r
		return nil
	}
	p.facts = append(p.facts, f)
	return nil
}

// Fork returns a copy to apply facts to.
func (p *proof) Fork() *proof { return &proof{p.request, slices.Clip(p.facts)} }

// verification is the state of the verification that a request began.
func (p *proof) verification(r *domain.VerificationRequest) (domain.Verification, error) {
	v := r.Start()
	for _, f := range p.facts {
		if err := v.Apply(f); err != nil {
			return v, err
		}
	}
	return v, nil
}

// verification reads a verification as the leader has it now.
func (c *core) verification(ctx context.Context, r *domain.VerificationRequest) (domain.Verification, error) {
	p, err := stateOf(ctx, c.proofStream(r.ID))
	if err != nil {
		return domain.Verification{}, err
	}
	return p.verification(r)
}

// requestOf reads the request that began a verification, and the sign-up if it is one's; nil if there is none by that id.
func (k *call) requestOf(ctx context.Context, id domain.VerificationID) (r *domain.VerificationRequest, signUp *domain.SignUp, err error) {
	var p *proof
	var recovery *domain.Recovery
	err = k.beside(ctx, func(ctx context.Context) (err error) {
		p, err = stateOf(ctx, k.proofStream(id))
		return err
	}, func(ctx context.Context) (err error) {
		signUp, err = stateOf(ctx, k.signUpStream(domain.SignUpID(id)))
		return err
	}, func(ctx context.Context) (err error) {
		recovery, err = stateOf(ctx, k.recoveryStream(domain.RecoveryID(id)))
		return err
	})
	switch {
	case err != nil:
		return nil, nil, err
	case p.request != nil:
		return p.request, nil, nil
	case recovery.Requested != nil:
		asked, _ := domain.RequestOf(recovery.Fact)
		return &asked, nil, nil
	case signUp.Requested == nil:
		return nil, nil, nil
	}
	asked, _ := domain.RequestOf(signUp.Fact)
	return &asked, signUp, nil
}

// changeProof is a change of a verification. Nothing in it is dated before its request.
func (c *core) changeProof(r *domain.VerificationRequest, decide func(context.Context, domain.Verification) ([]any, error)) change[*proof] {
	return change[*proof]{stream: dated{c.proofStream(r.ID), r.Fact.At}, about: concerning[*proof](ofRequest(r)), mayKeep: true,
		decide: func(ctx context.Context, p *proof, _ journal.Head) ([]any, error) {
			v, err := p.verification(r)
			if err != nil {
				return nil, err
			}
			return decide(ctx, v)
		}}
}

// ofRequest: events of a verification concern the account that asked for it. Those of a sign-up or a recovery concern nobody, since none is
// known yet.
func ofRequest(r *domain.VerificationRequest) about {
	return about{subject: r.Fact.Subject, region: r.Fact.Region}
}

var _ source[*proof] = dated{}

// dated is a verification's stream with a time that nothing in it comes before.
type dated struct {
	stream[*proof]
	since time.Time
}

func (d dated) read(ctx context.Context) (*snapshot[*proof], error) {
	at, err := d.stream.read(ctx)
	if err != nil || !at.head.At.IsZero() {
		return at, err
	}
	later := *at
	later.head.At = d.since
	return &later, nil
}
