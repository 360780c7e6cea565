package commands

import (
	"context"

	"accountledger/domain"
)

func zero[S any]() *S { return new(S) }

func (c *core) signUpStream(id domain.SignUpID) stream[*domain.SignUp] {
	return stream[*domain.SignUp]{domain.SignUpStream(id), c.asked, zero[domain.SignUp]}
}

func (c *core) recoveryStream(id domain.RecoveryID) stream[*domain.Recovery] {
	return stream[*domain.Recovery]{domain.RecoveryStream(id), c.recovers, zero[domain.Recovery]}
}

func (c *core) proofStream(id domain.VerificationID) stream[*proof] {
	return stream[*proof]{domain.VerificationStream(id), c.proofs, zero[proof]}
}

func (c *core) claimStream(id domain.ClaimID) stream[*domain.Claim] {
	return stream[*domain.Claim]{domain.IdentifierStream(id), c.claims, zero[domain.Claim]}
}

func (c *core) deliveryStream(id domain.DeliveryID) stream[*domain.Delivery] {
	return stream[*domain.Delivery]{domain.DeliveryStream(id), c.delivered, zero[domain.Delivery]}
}

func (c *core) staffStream(id domain.StaffID) stream[*domain.Staff] {
	return stream[*domain.Staff]{domain.StaffStream(id), c.officers, domain.NewStaff}
}

func (c *core) servicesStream() stream[*domain.Services] {
	return stream[*domain.Services]{domain.ServicesStream, c.services, domain.NewServices}
}

func (c *core) noticeStream(p domain.Permission) stream[*domain.Notices] {
	return stream[*domain.Notices]{domain.NoticeStream(p), c.published, zero[domain.Notices]}
}

func (c *core) controllerStream() stream[*domain.Controllers] {
	return stream[*domain.Controllers]{domain.ControllerStream, c.described, zero[domain.Controllers]}
}

func (c *core) attemptsStream(hash [32]byte, period string) stream[*domain.Attempts] {
	return stream[*domain.Attempts]{domain.AttemptsStream(hash, period), c.attempts, zero[domain.Attempts]}
}

func (c *core) sessionsStream(owner [16]byte, month domain.Month) stream[*domain.Sessions] {
	return stream[*domain.Sessions]{domain.SessionsStream(owner, month), c.sessions, zero[domain.Sessions]}
}

func (c *core) clientsStream(owner [16]byte) stream[*domain.Clients] {
	return stream[*domain.Clients]{domain.ClientsStream(owner), c.clients, zero[domain.Clients]}
}

func (c *core) missedStream(id domain.AccountID) stream[*domain.Missed] {
	return stream[*domain.Missed]{domain.MissedStream(id), c.missed, zero[domain.Missed]}
}

func (c *core) signInStream(id domain.SignInID) stream[*domain.SignIn] {
	return stream[*domain.SignIn]{domain.SignInStream(id), c.signIns, zero[domain.SignIn]}
}

func (c *core) factorStream(id domain.FactorID) stream[*domain.FactorUses] {
	return stream[*domain.FactorUses]{domain.FactorStream(id), c.factors, domain.NewFactorUses}
}

func (c *core) partyStream() stream[*domain.Relying] {
	return stream[*domain.Relying]{domain.PartyStream, c.relying, zero[domain.Relying]}
}

// stateOf reads the state of a stream as the leader has it now.
func stateOf[S state[S]](ctx context.Context, s stream[S]) (S, error) {
	at, err := s.read(ctx)
	if err != nil {
		var none S
		return none, err
	}
	return at.state, nil
}
