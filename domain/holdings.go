package domain

// Holdings is everything that is destroyed with an account.
type Holdings struct {
	Keys   []string
	Claims []ClaimID
}

// Holdings lists what the account holds: once the claims are retired and the keys destroyed, nothing personal of it can
// be read. What has a key of its own for a shorter time, such as a month's sessions or an open verification, is sealed under
// the account's key as well.
func (a *Account) Holdings() (h Holdings) {
	if !a.Exists() {
		return h
	}
	h.Keys = []string{AccountKey(a.ID)} // the account's own is the first
	if !a.Password.None() {
		h.Keys = append(h.Keys, PasswordKey(a.Password.ID))
	}
	for _, c := range a.Contacts {
		h.Claims = append(h.Claims, c.Claim)
	}
	for _, d := range a.Detached {
		h.Claims = append(h.Claims, d.Claim)
	}
	h.Claims = append(h.Claims, a.Released...) // a crash may have left them
	for _, claim := range h.Claims {
		h.Keys = append(h.Keys, IdentifierKey(claim))
	}
	for _, f := range a.Factors {
		h.Keys = append(h.Keys, FactorKey(f.Factor))
	}
	for _, id := range a.DeviceIDs() {
		h.Keys = append(h.Keys, DeviceKey(id))
	}
	return h
}
