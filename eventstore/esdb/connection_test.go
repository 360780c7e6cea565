package esdb_test

import (
	"bytes"
	"errors"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
)

// TestConnectionStrings: errors name the faulty part or file, and repeat neither user nor password.
func TestConnectionStrings(t *testing.T) {
	t.Parallel()
	none, empty := filepath.Join(t.TempDir(), "none.pem"), filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const user = "esdb://canary:hunter2@"
	for bad, want := range map[string]string{
		"":                                   "begins with",
		"hunter2@host":                       "begins with",
		"http://hunter2@host":                "kurrentdb://",
		"esdb://":                            "host 1: the host is empty",
		user + "host:port":                   "host 1: the port",
		user + "a:1,b:0":                     "host 2: the port",
		user + "a:1,,b:2":                    "host 2: the host is empty",
		user + "host:99999":                  "the port",
		user + "::1:2113":                    "in brackets",
		user + "[::1":                        "neither host:port",
		user + "[host]:1":                    "not an IPv6 address",
		user + "host/path":                   "a path",
		user + "host?tls=perhaps":            "tls is not true or false",
		user + "host?nodePreference=best":    "nodePreference is not leader, follower",
		user + "host?defaultDeadline=abc":    "defaultDeadline is not a whole number of milliseconds",
		user + "host?defaultDeadline=0":      "defaultDeadline",
		user + "host?maxDiscoverAttempts=-1": "maxDiscoverAttempts",
		user + "host?gossipTimeout=9999999999999999":           "gossipTimeout is not a whole number of seconds",
		user + "host?keepAliveInterval=-2":                     "keepAliveInterval is not",
		user + "host?keepAliveTimeout=":                        "keepAliveTimeout is not",
		user + "host?tlsMode=on":                               `no setting "tlsMode"`,
		user + "host?tls=true&TLS=false":                       "TLS is given twice",
		user + "host?tlsCAFile=%zz":                            "tlsCAFile has an invalid %",
		user + "host?tlsCAFile=" + none:                        none,
		user + "host?tlsCAFile=" + empty:                       empty + " has no PEM certificate",
		user + "host?userCertFile=/c":                          "need each other",
		user + "host?userKeyFile=/k":                           "need each other",
		user + "host?userCertFile=" + none + "&userKeyFile=/k": none,
		"esdb://:hunter2@host":                                 "name is empty",
		"esdb://canary:hunter2%@host":                          "%25",
		"esdb://canary:hunter2/x@host":                         "%2F",
		"esdb://canary:1?hunter2@host":                         "%3F",
		"esdb://canary:1#hunter2@host":                         "%23",
		"esdb://canary:hunter2":                                "the port",
	} {
		_, err := esdb.Open(esdb.Options{Connection: bad})
		if !errors.Is(err, eventstore.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, wanted %q", bad, err, want)
		} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v repeats a secret", bad, err)
		}
	}
	for _, good := range []string{
		"esdb://host", "esdb://host:2113?tls=false", "esdb://host/?tls=FALSE", "esdb+discover://u:p@host:2113", "esdb://a:1,b:2,c:3?nodePreference=Follower",
		"esdb://[::1]:2113", "esdb://[::1]", "esdb://[::1]:1,[fe80::1]:2", "kurrentdb://host", "kurrentdb+discover://host", "kdb://host", "kdb+discover://host",
		"kurrent://host", "KURRENTDB://host", "esdb://u:p%40%2F%3F@host?keepAliveInterval=-1&keepAliveTimeout=1", "esdb://u@host",
	} {
		if err := open(t, esdb.Options{Connection: good}).Close(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

// TestStandardLogger is quiet whatever a connection string says.
func TestStandardLogger(t *testing.T) {
	var said bytes.Buffer
	log.SetOutput(&said)
	defer log.SetOutput(os.Stderr)
	for _, c := range []string{"esdb://host?unknown=1", "esdb://host?keepAliveInterval=1", "esdb://host?tls=false"} {
		if s, err := esdb.Open(esdb.Options{Connection: c}); err == nil {
			_ = s.Close()
		}
	}
	if said.Len() > 0 {
		t.Fatalf("%s", said.String())
	}
}
