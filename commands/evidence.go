package commands

import (
	"fmt"
	"log/slog"

	"accountledger/domain"
	"accountledger/passwords"
)

// Evidence is what somebody gives to prove who they are: exactly one of its fields.
type Evidence struct {
	Password     passwords.Password `json:"-"`
	Code         string             `json:"-"` // from a message
	TOTP         string             `json:"-"` // from an authenticator app
	RecoveryCode string             `json:"-"`
	Passkey      PasskeyAnswer      `json:"-"`
}

// method is by what the evidence proves. ErrEvidence if there is none or more than one.
func (e Evidence) method() (m domain.AuthMethod, err error) {
	n := 0
	for method, given := range map[domain.AuthMethod]bool{domain.MethodPassword: !e.Password.IsZero(), domain.MethodCode: e.Code != "",
		domain.MethodTOTP: e.TOTP != "", domain.MethodRecoveryCode: e.RecoveryCode != "", domain.MethodPasskey: e.Passkey != ""} {
		if given {
			m, n = method, n+1
		}
	}
	if n != 1 {
		return "", domain.ErrEvidence
	}
	return m, nil
}

// credential is what a request with the evidence is bound to.
func (e Evidence) credential() []byte {
	return fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s", domain.CleanCode(e.Code), e.TOTP, domain.CleanCode(e.RecoveryCode), e.Passkey)
}

// Format prints [personal] for every verb.
func (Evidence) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (Evidence) LogValue() slog.Value { return hidden() }
