package server

import (
	"os"
	"regexp"
	"strings"
)

// testPrefix is for tests' own variables.
const testPrefix = Prefix + "TEST_"

// injected are the variables that Kubernetes, for a Service, and Docker, for a link, put into every container when the Service
// is named accountledger or accountledger-SOMETHING. They say where the Service is and set nothing here. Their values are
// matched too: ACCOUNTLEDGER_PORT=8080 is somebody's mistake.
var injected = regexp.MustCompile(`(?s)^ACCOUNTLEDGER(_[A-Z0-9_]+)?_(` + strings.Join([]string{
	`SERVICE_HOST=[0-9A-Fa-f.:]+`,
	`SERVICE_PORT(_[A-Z0-9_]+)?=[0-9]+`,
	`PORT(_[0-9]+_(TCP|UDP|SCTP)(_START|_END)?)?=(tcp|udp|sctp)://\S+`,
	`PORT_[0-9]+_(TCP|UDP|SCTP)_PROTO=(tcp|udp|sctp)`,
	`PORT_[0-9]+_(TCP|UDP|SCTP)_PORT(_START|_END)?=[0-9]+`,
	`PORT_[0-9]+_(TCP|UDP|SCTP)_ADDR=[0-9A-Fa-f.:]+`,
	`NAME=/\S+/\S+`,
	`ENV_[A-Za-z0-9_]+=.*`,
}, "|") + `)$`)

// environment reads ACCOUNTLEDGER_… variables. One that names no setting and was not injected is a *SettingError.
func environment() (map[string]any, error) {
	byEnv := map[string]string{}
	for _, s := range Settings() {
		byEnv[s.Env()] = s.Key
	}
	out := map[string]any{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, Prefix) || strings.HasPrefix(name, testPrefix) || name == Prefix+"CONFIG" || injected.MatchString(pair) {
			continue
		}
		key, ok := byEnv[name]
		if !ok {
			return nil, &SettingError{Key: name, Problem: "there is no setting for this environment variable"}
		}
		out[key] = value
	}
	return out, nil
}
