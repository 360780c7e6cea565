package commands

import (
	"context"
	"slices"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// proof holds the events of a verification; its request is in another stream.
type proof struct{ facts []domain.Fact }

// Apply keeps the fact.
func (p *proof) Apply(f domain.Fact) error {
	p.facts = append(p.facts, f)
	return nil
}

// Fork returns a copy to apply facts to.
func (p *proof) Fork() *proof { return &proof{slices.Clip(p.facts)} }

// verification is the state of a sign-up's verification.
func (p *proof) verification(s *domain.SignUp) (domain.Verification, error) {
	v := s.Verification()
	for _, f := range p.facts {
		if err := v.Apply(f); err != nil {
			return v, err
		}
	}
	return v, nil
}

// verification reads the verification of a sign-up as the leader has it now.
func (c *core) verification(ctx context.Context, id domain.SignUpID, s *domain.SignUp) (domain.Verification, error) {
	p, err := stateOf(ctx, c.proofStream(id))
	if err != nil {
		return domain.Verification{}, err
	}
	return p.verification(s)
}

// changeProof is a change of a sign-up's verification. Nothing in it is dated before the sign-up.
func (c *core) changeProof(s *domain.SignUp, id domain.SignUpID, decide func(context.Context, domain.Verification) ([]any, error)) change[*proof] {
	return change[*proof]{stream: dated{c.proofStream(id), s.Fact.At}, about: concerning[*proof](about{region: s.Fact.Region}), mayKeep: true,
		decide: func(ctx context.Context, p *proof, _ journal.Head) ([]any, error) {
			v, err := p.verification(s)
			if err != nil {
				return nil, err
			}
			return decide(ctx, v)
		}}
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
