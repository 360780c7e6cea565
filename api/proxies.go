package api

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/realclientip/realclientip-go"
	"go4.org/netipx"
)

// Headers in which a proxy passes on where a request came from.
const (
	XForwardedFor = "X-Forwarded-For"
	Forwarded     = "Forwarded" // RFC 7239
)

// Proxies are the reverse proxies in front of the API. What they say about a client counts, and nobody else's word does: anybody can
// send the headers. The zero value trusts nobody, so a client's address is that of the connection.
type Proxies struct {
	ranges []netip.Prefix
	client realclientip.Strategy // nil without proxies
}

// NewProxies trusts the proxies in some ranges (CIDR, or single addresses), which together must not be all addresses of IPv4 or of
// IPv6. header is the one that the outermost and every other proxy adds to; a header that they pass on as it came must not be named.
func NewProxies(ranges []string, header string) (Proxies, error) {
	var p Proxies
	nets := make([]net.IPNet, len(ranges))
	for i, text := range ranges {
		r, err := prefixOf(text)
		if err != nil {
			return p, err
		}
		p.ranges = append(p.ranges, r)
		nets[i] = net.IPNet{IP: r.Addr().AsSlice(), Mask: net.CIDRMask(r.Bits(), r.Addr().BitLen())}
	}
	if err := notEverybody(p.ranges); err != nil {
		return p, err
	}
	if header != XForwardedFor && header != Forwarded {
		return p, fmt.Errorf("the header is neither %s nor %s", XForwardedFor, Forwarded)
	}
	if len(ranges) == 0 {
		return p, nil
	}
	var err error
	p.client, err = realclientip.NewRightmostTrustedRangeStrategy(header, nets)
	return p, err
}

func prefixOf(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	r, err := netip.ParsePrefix(text)
	if err != nil {
		return r, errors.New("not a range of addresses, such as 10.0.0.0/8 or 192.0.2.7")
	}
	const mapped = 96 // bits of ::ffff:0:0/96, the IPv4 addresses as IPv6 (RFC 4291, 2.5.5.2)
	if r.Addr().Is4In6() && r.Bits() >= mapped {
		r = netip.PrefixFrom(r.Addr().Unmap(), r.Bits()-mapped)
	}
	return r.Masked(), nil
}

// notEverybody refuses ranges that leave out no address of IPv4, or none of IPv6: then every client could say that it is another.
func notEverybody(ranges []netip.Prefix) error {
	var b netipx.IPSetBuilder
	for _, r := range ranges {
		b.AddPrefix(r)
	}
	all, err := b.IPSet()
	if err != nil {
		return err
	}
	for _, every := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		if all.ContainsPrefix(netip.PrefixFrom(every, 0)) {
			return errors.New("ranges of all addresses trust every client")
		}
	}
	return nil
}

// trusts reports whether a peer is one of the proxies.
func (p Proxies) trusts(peer netip.Addr) bool {
	for _, one := range p.ranges {
		if one.Contains(peer) {
			return true
		}
	}
	return false
}

// address is the client's: the rightmost hop that is not one of the proxies, or the peer where they do not say.
func (p Proxies) address(r *http.Request) string {
	peer := addressOf(r.RemoteAddr)
	if p.client == nil || !p.trusts(peer) {
		return textOf(peer)
	}
	if client, err := netip.ParseAddr(p.client.ClientIP(r.Header, r.RemoteAddr)); err == nil {
		return textOf(client.Unmap().WithZone(""))
	}
	return textOf(peer)
}

func addressOf(peer string) netip.Addr {
	if at, err := netip.ParseAddrPort(peer); err == nil {
		return at.Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

func textOf(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// overTLS reports whether the client's connection is encrypted, as far as this process or a trusted proxy knows.
func (p Proxies) overTLS(r *http.Request) bool {
	return r.TLS != nil || p.trusts(addressOf(r.RemoteAddr)) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
