package server

import (
	"net"
	"net/url"
	"regexp"
	"strings"
)

// hostNames are host names in ASCII as DNS has them, in lower case. The last label begins with a letter, so that no address is one.
var hostNames = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z]([a-z0-9-]*[a-z0-9])?$`)

// isOrigin says whether people and services can be sent to an origin: as browsers write one (RFC 6454, section 6.2), so in lower case and without the
// port that is the scheme's own. It is https, or http at localhost, and never at an IP address, for which browsers make no passkeys
// (Web Authentication, 5.1.2: an RP ID is a domain).
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || s != u.Scheme+"://"+u.Host || len(u.Hostname()) > 253 || !hostNames.MatchString(u.Hostname()) {
		return false
	}
	port := u.Port()
	if port != "" && (!isAddress(u.Host) || strings.HasPrefix(port, "0")) || strings.HasSuffix(u.Host, ":") {
		return false
	}
	switch u.Scheme {
	case "https":
		return port != "443"
	case "http":
		return port != "80" && u.Hostname() == "localhost"
	}
	return false
}

// OriginAt is where browsers reach the service whose API listens at an address: what is set, or with dev this machine, by name. "" if it is not known.
func (c *Config) OriginAt(address string) string {
	_, port, err := net.SplitHostPort(address)
	switch {
	case c.Origin != "" || !c.Dev || err != nil:
		return c.Origin
	case c.TLS.Own():
		return "https://localhost:" + port
	}
	return "http://localhost:" + port
}
