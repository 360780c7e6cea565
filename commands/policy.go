package commands

import (
	"errors"

	"accountledger/domain"
	"accountledger/passwords"
)

// passwordRefusal turns a rejected password into a refusal that names its field.
func passwordRefusal(err error, field string) error {
	var rejected *passwords.RejectedError
	if !errors.As(err, &rejected) {
		return err
	}
	return rejection(rejected, field)
}

func rejection(r *passwords.RejectedError, field string) *domain.Error {
	return &domain.Error{Kind: domain.Invalid, Code: "password_" + string(r.Reason), Message: r.Message(), Field: field, Number: r.Limit}
}

// PasswordRefusals are those that a new password for a use can be met with, with the lengths that a policy asks for.
func PasswordRefusals(p passwords.Policy, use passwords.Use, field string) (out []*domain.Error) {
	for _, reason := range passwords.Reasons() {
		out = append(out, rejection(&passwords.RejectedError{Reason: reason, Limit: p.Limit(reason, use)}, field))
	}
	return out
}
