package server_test

import (
	"strings"
	"testing"

	"accountledger/operate"
	"accountledger/server"
)

// TestInjectedEnvironment: what Kubernetes and Docker inject for a service named accountledger is ignored; anything else that is no
// setting is refused by name, without its value.
func TestInjectedEnvironment(t *testing.T) {
	for pair, ignored := range map[string]bool{
		// Kubernetes, for Services accountledger and accountledger-api, IPv4 and IPv6
		"ACCOUNTLEDGER_SERVICE_HOST=10.96.7.12":                   true,
		"ACCOUNTLEDGER_SERVICE_HOST=fd00::17":                     true,
		"ACCOUNTLEDGER_SERVICE_PORT=8080":                         true,
		"ACCOUNTLEDGER_SERVICE_PORT_HTTP=8080":                    true,
		"ACCOUNTLEDGER_SERVICE_PORT_HTTP_METRICS=8081":            true,
		"ACCOUNTLEDGER_PORT=tcp://10.96.7.12:8080":                true,
		"ACCOUNTLEDGER_PORT=tcp://[fd00::17]:8080":                true,
		"ACCOUNTLEDGER_PORT_8080_TCP=tcp://10.96.7.12:8080":       true,
		"ACCOUNTLEDGER_PORT_8080_TCP_PROTO=tcp":                   true,
		"ACCOUNTLEDGER_PORT_8080_TCP_PORT=8080":                   true,
		"ACCOUNTLEDGER_PORT_8080_TCP_ADDR=10.96.7.12":             true,
		"ACCOUNTLEDGER_PORT_53_UDP=udp://10.96.7.12:53":           true,
		"ACCOUNTLEDGER_API_SERVICE_HOST=10.96.7.12":               true,
		"ACCOUNTLEDGER_API_PORT=tcp://10.96.7.12:8080":            true,
		"ACCOUNTLEDGER_API_PORT_8080_TCP_ADDR=10.96.7.12":         true,
		"ACCOUNTLEDGER_SMTP_PORT=tcp://10.96.7.12:25":             true, // a setting too, which takes a number
		"ACCOUNTLEDGER_INTERNAL_SERVICE_PORT_METRICS=8081":        true,
		"ACCOUNTLEDGER_PORT_8080_TCP_START=tcp://172.17.0.2:8080": true,
		"ACCOUNTLEDGER_PORT_8080_TCP_PORT_END=8090":               true,
		"ACCOUNTLEDGER_NAME=/web/accountledger":                   true, // Docker, for a link; a setting too
		"ACCOUNTLEDGER_ENV_PATH=/usr/bin":                         true,
		"ACCOUNTLEDGER_TEST_ANYTHING=1":                           true,
		"ACCOUNTLEDGER_PORT=8080":                                 false,
		"ACCOUNTLEDGER_PORT=":                                     false,
		"ACCOUNTLEDGER_SERVICE_HOST=ledger.example":               false,
		"ACCOUNTLEDGER_SERVICE=10.96.7.12":                        false,
		"ACCOUNTLEDGER_HTTPS=127.0.0.1:8443":                      false,
		"ACCOUNTLEDGER_DATAS=/tmp":                                false,
		"ACCOUNTLEDGER_PORT_TCP=tcp://10.96.7.12:8080":            false,
		"ACCOUNTLEDGER_LOG_LEVELS=10.96.7.12":                     false,
	} {
		t.Run(pair, func(t *testing.T) {
			name, value, _ := strings.Cut(pair, "=")
			t.Setenv(name, value)
			cfg, err := server.LoadConfig("", nil)
			if ignored {
				if err != nil || cfg.Name != "Account Ledger" || cfg.SMTP.Port != 587 {
					t.Errorf("%v; %s %d", err, cfg.Name, cfg.SMTP.Port)
				}
				return
			}
			if f := server.FailureOf(err); err == nil || f.Exit != operate.ExitUsage || f.Field != name || value != "" && strings.Contains(f.Message, value) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Setenv("ACCOUNTLEDGER_NAME", "Ledger of Somewhere")
	t.Setenv("ACCOUNTLEDGER_SMTP_PORT", "25")
	if cfg, err := server.LoadConfig("", nil); err != nil || cfg.Name != "Ledger of Somewhere" || cfg.SMTP.Port != 25 {
		t.Errorf("settings of the same names: %v %s %d", err, cfg.Name, cfg.SMTP.Port)
	}
}
