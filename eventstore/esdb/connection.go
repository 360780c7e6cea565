package esdb

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"accountledger/eventstore"
)

// config is a parsed connection string. The vendor's parser is not used: it accepts values that it cannot parse, knows neither
// the newer schemes nor IPv6, and writes to the standard logger.
type config struct {
	seeds          []string // host:port; a host is a name or an address
	clustered      bool     // the seeds are asked which node of their cluster to use
	user, password string

	tls               bool
	verify            bool // the server's certificate
	caFile            string
	certFile, keyFile string

	prefer    preference
	attempts  int           // rounds of a search before calls fail immediately; 0: decided by time alone
	interval  time.Duration // between the first rounds
	answer    time.Duration // how long one candidate node may take; 0 is as long as a call
	deadline  time.Duration // of a call; 0 is the default
	keepAlive time.Duration // between two pings; negative is none
	pong      time.Duration // how long the answer to a ping may take
}

// preference is which kind of node should serve subscriptions.
type preference string

const (
	preferLeader   preference = "leader"
	preferFollower preference = "follower"
	preferReplica  preference = "readonlyreplica"
	preferAny      preference = "random"
)

// Defaults, the same as the vendor's.
const (
	defaultPort      = "2113"
	defaultInterval  = 100 * time.Millisecond
	defaultKeepAlive = 10 * time.Second
)

// schemes with which a connection string may begin; each also with +discover.
func schemes() []string { return []string{"esdb", "kurrentdb", "kurrent", "kdb"} }

// malformed names the part of a connection string that is wrong. It never repeats the value, which may be a password.
func malformed(format string, a ...any) error {
	return fmt.Errorf("%w: the connection string of EventStoreDB: %s", eventstore.ErrInvalid, fmt.Sprintf(format, a...))
}

// parse reads a connection string, and the files that it names. The error is ErrInvalid.
func parse(connection string) (*config, error) {
	c := &config{tls: true, verify: true, prefer: preferLeader, interval: defaultInterval, keepAlive: defaultKeepAlive, pong: defaultKeepAlive}
	scheme, rest, ok := strings.Cut(connection, "://")
	name, discover := strings.CutSuffix(strings.ToLower(scheme), "+discover")
	if !ok || !slices.Contains(schemes(), name) {
		return nil, malformed("it begins with esdb://, esdb+discover://, kurrentdb:// or kurrentdb+discover://")
	}
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	authority, rest := rest[:end], rest[end:]
	if strings.ContainsAny(rest, "@#") {
		return nil, malformed("in a user's name and password, / is written as %%2F, ? as %%3F, # as %%23 and @ as %%40")
	}
	path, query, _ := strings.Cut(rest, "?")
	if path != "" && path != "/" {
		return nil, malformed("there is a path after the hosts")
	}
	if err := c.readAuthority(authority); err != nil {
		return nil, err
	}
	c.clustered = discover || len(c.seeds) > 1
	if err := c.readSettings(query); err != nil {
		return nil, err
	}
	if c.user != "" && !c.tls {
		return nil, malformed("with tls=false there can be no user: passwords are sent only over TLS")
	}
	return c, c.checkFiles()
}

func (c *config) readAuthority(authority string) error {
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, password, _ := strings.Cut(authority[:i], ":")
		var err, err2 error
		c.user, err = url.PathUnescape(user)
		c.password, err2 = url.PathUnescape(password)
		switch {
		case err != nil || err2 != nil:
			return malformed("a %% in the user's name or password that begins no escape is written as %%25")
		case c.user == "":
			return malformed("the user's name is empty")
		}
		authority = authority[i+1:]
	}
	for i, one := range strings.Split(authority, ",") {
		seed, err := hostPort(one)
		if err != nil {
			return malformed("host %d: %s", i+1, err)
		}
		c.seeds = append(c.seeds, seed)
	}
	return nil
}

// hostPort completes a host with the port; its error says only what kind of thing is wrong.
func hostPort(s string) (string, error) {
	host, port := s, defaultPort
	switch bracketed := strings.HasPrefix(s, "["); {
	case bracketed && strings.HasSuffix(s, "]"):
		host = s[1 : len(s)-1]
	case bracketed || strings.Count(s, ":") == 1:
		var err error
		if host, port, err = net.SplitHostPort(s); err != nil {
			return "", fmt.Errorf("it is neither host:port nor [address]:port")
		}
	case strings.Contains(s, ":"):
		return "", fmt.Errorf("an IPv6 address must be in brackets")
	}
	if strings.HasPrefix(s, "[") {
		if address, err := netip.ParseAddr(host); err != nil || !address.Is6() {
			return "", fmt.Errorf("the text in brackets is not an IPv6 address")
		}
	}
	if host == "" || strings.ContainsAny(host, " %") && !strings.HasPrefix(s, "[") {
		return "", fmt.Errorf("the host is empty or not a valid name")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("the port is not a number from 1 to 65535")
	}
	return net.JoinHostPort(host, port), nil
}
