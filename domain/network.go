package domain

import "net/netip"

// bits4 is how many bits of an IPv4 address name a network.
const bits4 = 24

// NetworkOf is the network of a client's address: IPv4 /24, and so many bits of an IPv6 address; "" if there is no address. It is
// personal.
func NetworkOf(address string, bits6 int) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	a = a.Unmap().WithZone("")
	bits := bits6
	if a.Is4() {
		bits = bits4
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}
