package domain

import "regexp"

// PartyStream says for whom people's passkeys are made.
const PartyStream = "party"

// Host is the name of a host, in lower case: the id of a relying party (WebAuthn Level 3, 4).
type Host string

var hosts = regexp.MustCompile(Host("").Pattern())

// Pattern is the regular expression for it.
func (Host) Pattern() string { return `^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$` }

// Validate refuses what is no host.
func (h Host) Validate() error {
	if !hosts.MatchString(string(h)) {
		return errValue
	}
	return nil
}

// PartyNamed: the first passkey is about to be made, and all are made for this host from now on. Under another one none of them works, so the
// event comes before what it is about; there is one for ever.
type PartyNamed struct {
	Host Host `json:"host"`
}

// Relying is the relying party of the ledger's passkeys.
type Relying struct {
	Host Host // empty: no passkey was ever made
}

// Fork returns a copy to apply facts to.
func (p *Relying) Fork() *Relying {
	next := *p
	return &next
}

// Apply applies a fact to the state.
func (p *Relying) Apply(f Fact) error {
	e, ok := f.Event.(PartyNamed)
	if !ok {
		return unexpected(f)
	}
	p.Host = e.Host
	return nil
}

// Serve refuses another host than the one that passkeys were made for: ErrOtherParty.
func (p *Relying) Serve(as Host) error {
	if p.Host == "" || p.Host == as {
		return nil
	}
	e := *ErrOtherParty
	e.Message += " They were made for " + string(p.Host) + "."
	return &e
}

// Name decides on the host that passkeys are made for; none if that is known.
func (p *Relying) Name(as Host) ([]any, error) {
	if p.Host == as {
		return nil, nil
	}
	return []any{PartyNamed{Host: as}}, p.Serve(as)
}
