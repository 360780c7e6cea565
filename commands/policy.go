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
	return &domain.Error{Kind: domain.Invalid, Code: "password_" + string(rejected.Reason), Message: rejected.Message(), Field: field}
}
