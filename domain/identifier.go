package domain

// IdentifierClaimed: an account owns the identifier, which was verified for it.
type IdentifierClaimed struct {
	Kind      IdentifierKind      `json:"kind"`
	Account   AccountID           `json:"account"`
	Completes VerificationID      `json:"completes"`
	Purpose   VerificationPurpose `json:"purpose"` // of the verification
}

// IdentifierRetired: the claim has ended. A new sign-up with the same address gets a new claim.
type IdentifierRetired struct{}

// Claim is the state of a claim on an identifier.
type Claim struct {
	Account   AccountID
	Completes VerificationID
	Since     Fact
	Retired   bool
}

// Fork returns a copy to apply facts to; see forked.
func (c *Claim) Fork() *Claim {
	next := *c
	return &next
}

// Apply applies a fact to the state.
func (c *Claim) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case IdentifierClaimed:
		c.Account, c.Completes, c.Since = e.Account, e.Completes, f
	case IdentifierRetired:
		c.Retired = true
	default:
		return unexpected(f)
	}
	return nil
}

// Held reports whether an account owns the identifier now.
func (c *Claim) Held() bool { return !c.Account.IsZero() && !c.Retired }
