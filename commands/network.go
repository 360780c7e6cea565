package commands

import "net/netip"

// Bits of an address that a network has. A household or a phone has one IPv4 address, or an IPv6 prefix of 48 to 64 bits (RFC 6177), in
// which it can take any address it likes.
const (
	networkBits4 = 24
	networkBits6 = 48
)

// networkOf is the network of a client's address: IPv4 /24, IPv6 /48; "" if there is no address. It is personal.
func networkOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	a = a.Unmap().WithZone("")
	bits := networkBits6
	if a.Is4() {
		bits = networkBits4
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}
