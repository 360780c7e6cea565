package simulate

import (
	"context"
	"time"

	"accountledger/domain"
	"accountledger/totp"
)

// prove adds a proof.
func (f fields) prove(p Proof) {
	for name, value := range map[string]string{"code": p.Code, "totp": p.TOTP, "recovery_code": p.RecoveryCode} {
		if value != "" {
			f[name] = value
		}
	}
}

// factorMade is a new factor, and the recovery codes that were made with it.
type factorMade struct {
	Factor domain.FactorID `json:"factor"`
	Codes  []string        `json:"recovery_codes"`
}

// Secure implements Ledger.
func (h *OverHTTP) Secure(ctx context.Context, s Session, now time.Time) (Second, error) {
	var offer struct {
		Seed         string `json:"seed"`
		Continuation string `json:"continuation"`
	}
	if err := h.send(ctx, "offerTOTP", "POST", "/v1/me/factors/totp", s.Token, nil, &offer); err != nil {
		return Second{}, err
	}
	seed, err := totp.Seed(offer.Seed)
	if err != nil {
		return Second{}, err
	}
	var a factorMade
	err = h.send(ctx, "confirmTOTP", "POST", "/v1/me/factors/totp/confirm", s.Token,
		fields{"continuation": offer.Continuation, "code": totp.Code(seed, now), "name": "my phone"}, &a)
	return Second{App: a.Factor, Seed: seed, Codes: a.Codes}, err
}

// MakeCodes implements Ledger.
func (h *OverHTTP) MakeCodes(ctx context.Context, s Session) ([]string, error) {
	var a factorMade
	err := h.send(ctx, "makeRecoveryCodes", "POST", "/v1/me/factors/recovery-codes", s.Token, nil, &a)
	return a.Codes, err
}

// RemoveFactor implements Ledger.
func (h *OverHTTP) RemoveFactor(ctx context.Context, s Session, id domain.FactorID) error {
	return h.send(ctx, "removeFactor", "DELETE", "/v1/me/factors/"+id.String(), s.Token, nil, nil)
}
