package security

import "net/netip"

// Bits of an address that name a network: what one client usually has for itself, and little enough to say nothing
// about a household.
const (
	bits4 = 24
	bits6 = 56
)

// network is the network of a client's address, or "" when that is not an IP address.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	bits := bits6
	if ip.Is4() {
		bits = bits4
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}
