package commands

import (
	"errors"

	"accountledger/domain"
	"accountledger/passwords"
)

// passwordRefusal says why a password is refused, in the API's terms.
func passwordRefusal(err error) error {
	var rejected *passwords.RejectedError
	if !errors.As(err, &rejected) {
		return err
	}
	return &domain.Error{Kind: domain.Invalid, Code: "password_" + string(rejected.Reason), Message: rejected.Message(), Field: "/password"}
}
