package commands

import "accountledger/domain"

// limitedBits6 are the bits of an IPv6 address that count as one asker: a household or a phone has a prefix of 48 to 64 bits (RFC 6177), in
// which it can take any address it likes.
const limitedBits6 = 48

// networkOf is the network of a client's address that limits count by.
func networkOf(address string) string { return domain.NetworkOf(address, limitedBits6) }
