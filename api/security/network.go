package security

import "accountledger/domain"

// loggedBits6 are the bits of an IPv6 address that name a network in the log: what one client usually has for itself, and little enough
// to say nothing about a household.
const loggedBits6 = 56

// network is the network of a client's address, or "" when that is not an IP address.
func network(address string) string { return domain.NetworkOf(address, loggedBits6) }
