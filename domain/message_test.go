package domain_test

import (
	"testing"

	"github.com/google/uuid"

	"accountledger/domain"
)

func TestWhatAsksForAMessage(t *testing.T) {
	id := uuid.MustParse("0198a1b2-0000-7000-8000-000000000001")
	signUp, proof := domain.SignUpStream(domain.SignUpID{UUID: id}), domain.VerificationStream(domain.VerificationID{UUID: id})
	for name, c := range map[string]struct {
		stream string
		event  any
		want   domain.MessageRequest
	}{
		"sign-up":         {signUp, domain.SignUpRequested{}, domain.MessageRequest{Class: domain.ClassGuest, Issue: 1}},
		"another code":    {proof, domain.VerificationIssued{Issue: 3, Purpose: domain.VerifySignUp}, domain.MessageRequest{Class: domain.ClassGuest, Issue: 3}},
		"contact":         {proof, domain.VerificationRequested{Purpose: domain.VerifyAddContact}, domain.MessageRequest{Class: domain.ClassOwn, Issue: 1}},
		"its second code": {proof, domain.VerificationIssued{Issue: 2, Purpose: domain.VerifyAddContact}, domain.MessageRequest{Class: domain.ClassOwn, Issue: 2}},
		"wrong code":      {proof, domain.VerificationFailed{Issue: 1}, domain.MessageRequest{}},
		"proven":          {proof, domain.VerificationPassed{Issue: 1}, domain.MessageRequest{}},
		"no such stream":  {"operations", domain.SignUpRequested{}, domain.MessageRequest{}},
	} {
		got, ok := domain.Fact{Stream: c.stream, Event: c.event}.Asks()
		if ok {
			c.want.Verification = domain.VerificationID{UUID: id}
		}
		if ok != (c.want.Issue > 0) || ok && got != c.want {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}

func TestEveryPurposeHasItsMessages(t *testing.T) {
	for _, p := range []domain.VerificationPurpose{domain.VerifySignUp, domain.VerifyAddContact} {
		if p.Class().Validate() != nil || p.Message(false).Validate() != nil || p.Message(true).Validate() != nil || p.Message(true) == p.Message(false) {
			t.Errorf("%s: class %q, messages %q and %q", p, p.Class(), p.Message(false), p.Message(true))
		}
	}
}
