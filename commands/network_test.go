package commands_test

import (
	"testing"

	"accountledger/commands"
)

func TestNetworks(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.0/24", "192.0.2.250": "192.0.2.0/24", "192.0.3.7": "192.0.3.0/24", "::ffff:192.0.2.7": "192.0.2.0/24",
		"2001:db8:1:2::3": "2001:db8:1::/48", "2001:db8:1:ffff::3%eth0": "2001:db8:1::/48", "2001:db8:2::1": "2001:db8:2::/48",
		"": "", "nonsense": "", "192.0.2.7:80": "",
	} {
		if got := commands.NetworkOf(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
