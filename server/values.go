package server

import (
	"fmt"
	"net"
	"strconv"
	"time"
)

// checkValue refuses a value that is not of the setting's kind. A duration needs a unit: in a file, 14 could mean anything.
func (s Setting) checkValue(v any) error {
	text := fmt.Sprint(v)
	var err error
	switch s.Default.(type) {
	case time.Duration:
		if _, err = time.ParseDuration(text); err != nil {
			return wrong(s.Key, "give a duration with a unit, such as 336h or 90s")
		}
	case bool:
		if _, err = strconv.ParseBool(text); err != nil {
			return wrong(s.Key, "give true or false")
		}
	case int, int64:
		if _, err = strconv.ParseInt(text, 10, 64); err != nil {
			return wrong(s.Key, "give a whole number")
		}
	case string:
		switch v.(type) {
		case map[string]any, []any:
			return wrong(s.Key, "give one value")
		}
	}
	return nil
}

// isAddress says whether a listener can be given this address: HOST:PORT, with a port in digits.
func isAddress(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}
