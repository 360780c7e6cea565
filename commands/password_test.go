package commands_test

import "accountledger/domain"

// passwordOf is the password that an account has, by the log.
func (w *world) passwordOf(id domain.AccountID) (password domain.PasswordID) {
	w.t.Helper()
	for _, f := range w.log() {
		if f.Stream != domain.AccountStream(id) {
			continue
		}
		switch e := f.Event.(type) {
		case domain.AccountOpened:
			password = e.FirstPassword()
		case domain.PasswordChanged:
			password = e.Password
		}
	}
	return password
}
