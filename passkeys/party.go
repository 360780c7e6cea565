package passkeys

import (
	"crypto/sha256"
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// RelyingParty is who passkeys are made for: the pages of one origin.
type RelyingParty struct {
	origin, id, name string
	hash             [sha256.Size]byte // of the id
}

var errOrigin = errors.New("this is not an origin, such as https://accounts.example.com; only http://localhost can be without TLS")

// NewRelyingParty makes the relying party of an origin: https:// and the name of a host, or http://localhost, either with a port or without, and
// nothing more. Its id is the host. It is shown under a name.
func NewRelyingParty(origin, name string) (RelyingParty, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme+"://"+u.Host != origin || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") {
		return RelyingParty{}, errOrigin
	}
	host := u.Hostname()
	_, ip := netip.ParseAddr(host)
	switch {
	case ip == nil, host != strings.ToLower(host), strings.HasSuffix(host, "."): // browsers know no other form
		return RelyingParty{}, errOrigin
	case u.Scheme == "https" && u.Port() != "443", u.Scheme == "http" && host == "localhost" && u.Port() != "80":
		return RelyingParty{origin, host, name, sha256.Sum256([]byte(host))}, nil
	}
	return RelyingParty{}, errOrigin
}

// Origin is that of its pages.
func (rp RelyingParty) Origin() string { return rp.origin }

// ID is the relying party's id: the host of its origin.
func (rp RelyingParty) ID() string { return rp.id }

// IsZero reports whether there is none.
func (rp RelyingParty) IsZero() bool { return rp.id == "" }
