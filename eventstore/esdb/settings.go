package esdb

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// readSettings parses what follows the ? of a connection string. Names are case-insensitive, as in the vendor's clients.
func (c *config) readSettings(query string) error {
	seen := make(map[string]bool)
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, raw, _ := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(raw)
		read := c.setting(strings.ToLower(name))
		switch {
		case read == nil:
			return malformed("there is no setting %q", name)
		case seen[strings.ToLower(name)]:
			return malformed("the setting %s is given twice", name)
		case err != nil:
			return malformed("the setting %s has an invalid %% escape", name)
		}
		if want := read(value); want != "" {
			return malformed("the setting %s is not %s", name, want)
		}
		seen[strings.ToLower(name)] = true
	}
	if (c.certFile == "") != (c.keyFile == "") {
		return malformed("userCertFile and userKeyFile need each other, and one is missing")
	}
	return nil
}

// setting returns the parser of a setting's value; it returns what the value should have been, or "". nil if there is no such
// setting.
func (c *config) setting(name string) (read func(value string) (want string)) {
	switch name {
	case "tls":
		return flag(&c.tls)
	case "tlsverifycert":
		return flag(&c.verify)
	case "tlscafile":
		return file(&c.caFile)
	case "usercertfile":
		return file(&c.certFile)
	case "userkeyfile":
		return file(&c.keyFile)
	case "nodepreference":
		return c.readPreference
	case "maxdiscoverattempts":
		return func(value string) string {
			n, err := strconv.ParseUint(value, 10, 31)
			if err != nil || n == 0 {
				return "a number of attempts, at least 1"
			}
			c.attempts = int(n)
			return ""
		}
	case "discoveryinterval":
		return span(&c.interval, time.Millisecond, 0)
	case "gossiptimeout":
		return span(&c.answer, time.Second, 1)
	case "defaultdeadline":
		return span(&c.deadline, time.Millisecond, 1)
	case "keepaliveinterval":
		return orNone(span(&c.keepAlive, time.Millisecond, 0), &c.keepAlive)
	case "keepalivetimeout":
		return span(&c.pong, time.Millisecond, 1)
	}
	return nil
}

func (c *config) readPreference(value string) string {
	switch p := preference(strings.ToLower(value)); p {
	case preferLeader, preferFollower, preferReplica, preferAny:
		c.prefer = p
		return ""
	}
	return "leader, follower, random or readOnlyReplica"
}

func flag(to *bool) func(string) string {
	return func(value string) string {
		switch strings.ToLower(value) {
		case "true":
			*to = true
		case "false":
			*to = false
		default:
			return "true or false"
		}
		return ""
	}
}

func file(to *string) func(string) string {
	return func(value string) string {
		if *to = value; value == "" {
			return "a file name"
		}
		return ""
	}
}

// span parses a whole number of units, at least `least`.
func span(to *time.Duration, unit time.Duration, least uint64) func(string) string {
	return func(value string) string {
		n, err := strconv.ParseUint(value, 10, 63)
		if err != nil || n < least || n > uint64(math.MaxInt64/unit) { //nolint:gosec // not negative
			return "a whole number of " + map[time.Duration]string{time.Second: "seconds", time.Millisecond: "milliseconds"}[unit] +
				" from " + strconv.FormatUint(least, 10)
		}
		*to = time.Duration(n) * unit
		return ""
	}
}

// orNone takes -1 as well, for none.
func orNone(read func(string) string, to *time.Duration) func(string) string {
	return func(value string) string {
		if value == "-1" {
			*to = -1
			return ""
		}
		if want := read(value); want != "" {
			return want + ", or -1 for none"
		}
		return ""
	}
}
