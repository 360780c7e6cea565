package api_test

import (
	"net/http/httptest"
	"testing"

	"accountledger/api"
)

// TestTheClientsAddress: the rightmost hop that is no proxy, and only where a proxy says so.
func TestTheClientsAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, ranges, header, peer string
		said                       []string
		want                       string
	}{
		{"no proxies", "", api.XForwardedFor, "198.51.100.9:4711", []string{"203.0.113.5"}, "198.51.100.9"},
		{"a stranger's word", "10.0.0.0/8", api.XForwardedFor, "198.51.100.9:4711", []string{"203.0.113.5"}, "198.51.100.9"},
		{"a proxy's word", "10.0.0.0/8", api.XForwardedFor, "10.1.2.3:80", []string{"203.0.113.5"}, "203.0.113.5"},
		{"a client that says so itself", "10.0.0.0/8", api.XForwardedFor, "10.1.2.3:80", []string{"192.0.2.1, 203.0.113.5"}, "203.0.113.5"},
		{"two proxies", "10.0.0.0/8,192.0.2.7", api.XForwardedFor, "10.1.2.3:80", []string{"198.51.100.1, 203.0.113.5, 192.0.2.7"}, "203.0.113.5"},
		{"two headers", "10.0.0.0/8", api.XForwardedFor, "10.1.2.3:80", []string{"198.51.100.1", "203.0.113.5, 10.9.9.9"}, "203.0.113.5"},
		{"nothing said", "10.0.0.0/8", api.XForwardedFor, "10.1.2.3:80", nil, "10.1.2.3"},
		{"nonsense", "10.0.0.0/8", api.XForwardedFor, "10.1.2.3:80", []string{"203.0.113.5, unknown"}, "10.1.2.3"},
		{"proxies alone", "10.0.0.0/8", api.XForwardedFor, "10.1.2.3:80", []string{"10.4.4.4"}, "10.1.2.3"},
		{"IPv6", "fd00::/8", api.XForwardedFor, "[fd00::1]:80", []string{"2001:db8::5"}, "2001:db8::5"},
		{"IPv4 in IPv6", "10.0.0.0/8", api.XForwardedFor, "[::ffff:10.1.2.3]:80", []string{"::ffff:203.0.113.5"}, "203.0.113.5"},
		{"a zone", "10.0.0.0/8", api.XForwardedFor, "10.1.2.3:80", []string{"fe80::1%eth0"}, "fe80::1"},
		{"RFC 7239", "10.0.0.0/8", api.Forwarded, "10.1.2.3:80", []string{`for=192.0.2.1, for="[2001:db8:cafe::17]:4711";proto=https`}, "2001:db8:cafe::17"},
		{"the other header", "10.0.0.0/8", api.Forwarded, "10.1.2.3:80", nil, "10.1.2.3"},
	} {
		var ranges []string
		if c.ranges != "" {
			ranges = api.Separated(c.ranges)
		}
		p, err := api.NewProxies(ranges, c.header)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		for _, h := range c.said {
			r.Header.Add(c.header, h)
		}
		if c.name == "the other header" {
			r.Header.Set(api.XForwardedFor, "203.0.113.5")
		}
		if got := p.Address(r); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for _, bad := range []string{"0.0.0.0/0", "::/0", "localhost", "10.0.0.0/33", "fe80::1%eth0", "0.0.0.0/1,128.0.0.0/1", "8000::/1,10.0.0.0/8,::/1",
		"128.0.0.0/2,192.0.0.0/2,0.0.0.0/2,64.0.0.0/2", "::ffff:0:0/96", "::ffff:0:0/97,128.0.0.0/1"} {
		if _, err := api.NewProxies(api.Separated(bad), api.XForwardedFor); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	for _, good := range []string{"0.0.0.0/1,128.0.0.0/2", "::/1,0.0.0.0/1", "10.0.0.0/8,10.0.0.0/9,fd00::/8"} {
		if _, err := api.NewProxies(api.Separated(good), api.XForwardedFor); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	if _, err := api.NewProxies(nil, "X-Real-IP"); err == nil {
		t.Error("another header was accepted")
	}
}
