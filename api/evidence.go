package api

import (
	"accountledger/commands"
	"accountledger/passwords"
)

// evidenceBody is what proves who somebody is: exactly one of its fields.
type evidenceBody struct {
	TOTP         string `json:"totp,omitzero" format:"totp" doc:"What an authenticator app shows now."`
	RecoveryCode string `json:"recovery_code,omitzero" format:"code" doc:"One of the recovery codes. It is used up."`
}

func (b evidenceBody) evidence(p passwords.Password, code string) commands.Evidence {
	return commands.Evidence{Password: p, Code: code, TOTP: b.TOTP, RecoveryCode: b.RecoveryCode}
}
