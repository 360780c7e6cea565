package domain

// IdentifierClaimed: an account owns the identifier; it was proven for what it completes.
type IdentifierClaimed struct {
	Kind      IdentifierKind `json:"kind"`
	Account   AccountID      `json:"account"`
	Completes SignUpID       `json:"completes"`
}

// IdentifierRetired: the claim has ended for ever. Whoever signs up by the same address gets a claim of their own.
type IdentifierRetired struct{}

// Claim is the state of who owns an identifier.
type Claim struct {
	Account   AccountID
	Completes SignUpID
	Since     Fact
	Retired   bool
}

// Apply assigns what a fact says.
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

// Held reports whether an account owns it now.
func (c *Claim) Held() bool { return !c.Account.IsZero() && !c.Retired }
