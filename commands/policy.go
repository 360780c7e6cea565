package commands

import (
	"errors"

	"accountledger/domain"
	"accountledger/passwords"
)

// passwordRefusal turns a rejected password into a refusal.
func passwordRefusal(err error) error {
	var rejected *passwords.RejectedError
	if !errors.As(err, &rejected) {
		return err
	}
	return rejection(rejected)
}

func rejection(r *passwords.RejectedError) *domain.Error {
	return &domain.Error{Kind: domain.Invalid, Code: "password_" + string(r.Reason), Message: r.Message(), Field: "/password", Number: r.Limit}
}

// PasswordRefusals are those that a new password can be met with, with the lengths that a policy asks for.
func PasswordRefusals(p passwords.Policy) (out []*domain.Error) {
	for _, reason := range passwords.Reasons() {
		out = append(out, rejection(&passwords.RejectedError{Reason: reason, Limit: p.Limit(reason)}))
	}
	return out
}
