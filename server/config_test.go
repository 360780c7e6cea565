package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountledger/server"
)

func TestFlagWinsOverEnvironmentOverFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	fatal(t, os.WriteFile(file, []byte("http: 127.0.0.1:1\nname: From the file\nerasure:\n  grace: 1h\npasswords:\n  min_length: 12\n"), 0o600))
	t.Setenv("ACCOUNTLEDGER_HTTP", "127.0.0.1:2")
	t.Setenv("ACCOUNTLEDGER_ERASURE_GRACE", "2h")
	cfg, err := server.LoadConfig(file, map[string]any{"http": "127.0.0.1:3"})
	fatal(t, err)
	if cfg.HTTP != "127.0.0.1:3" || cfg.Erasure.Grace != 2*time.Hour || cfg.Passwords.MinLength != 12 || cfg.Name != "From the file" || cfg.Data != "./data" {
		t.Errorf("%+v", cfg)
	}
}

func TestBadConfigurationNamesItsKey(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		env  [2]string
		want string
	}{
		"unknown key in the file":    {file: "htp: 1\n", want: "config.yaml): there is no such setting"},
		"unknown nested key":         {file: "smtp:\n  hots: x\n", want: " smtp.hots ("},
		"neither true nor false":     {env: [2]string{"ACCOUNTLEDGER_DEV", "maybe"}, want: "config: dev (ACCOUNTLEDGER_DEV): give true or false"},
		"unknown variable":           {env: [2]string{"ACCOUNTLEDGER_HTPP", "x"}, want: "ACCOUNTLEDGER_HTPP"},
		"no duration":                {env: [2]string{"ACCOUNTLEDGER_ERASURE_GRACE", "soon"}, want: "erasure"},
		"a duration without a unit":  {file: "erasure:\n  grace: 14\n", want: "config.yaml): give a duration with a unit"},
		"a keep without a unit":      {file: "backup:\n  keep: 35\n", want: "config.yaml): give a duration with a unit"},
		"no number":                  {file: "smtp:\n  port: many\n", want: "config.yaml): give a whole number"},
		"a list":                     {file: "http: [a, b]\n", want: "config.yaml): give one value"},
		"unusual sign-ins":           {file: "sign_ins:\n  unusual: sms\n", want: "sign_ins.unusual"},
		"negative grace":             {file: "erasure:\n  grace: -1s\n", want: "erasure.grace"},
		"no such TLS policy":         {file: "smtp:\n  tls: maybe\n", want: "smtp.tls"},
		"mail server without sender": {file: "smtp:\n  host: mail.test\n", want: "smtp.from"},
		"hardly any memory":          {file: "views:\n  memory: 1000\n", want: "views.memory"},
		"an origin with a path":      {file: "origin: https://accounts.example.com/\n", want: "config.yaml): give https://HOST"},
		"an origin in clear text":    {file: "origin: http://accounts.example.com\n", want: " origin ("},
		"no such level":              {env: [2]string{"ACCOUNTLEDGER_LOG_LEVEL", "loud"}, want: "log.level"},
	} {
		t.Run(name, func(t *testing.T) {
			path := ""
			if c.file != "" {
				path = filepath.Join(t.TempDir(), "config.yaml")
				fatal(t, os.WriteFile(path, []byte(c.file), 0o600))
			}
			if c.env[0] != "" {
				t.Setenv(c.env[0], c.env[1])
			}
			_, err := server.LoadConfig(path, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, wanted it to name %s", err, c.want)
			}
		})
	}
}

func TestServeRefusesToBeMute(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Dev, cfg.MasterKey = false, masterKey(t, t.TempDir())
	s, err := server.Open(t.Context(), cfg, server.Options{})
	fatal(t, err)
	defer func() { fatal(t, s.Close()) }()
	if err := s.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "--smtp-host") {
		t.Errorf("%v", err)
	}
}

func TestMasterKeyLiesOutsideTheDataFolder(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Dev = false
	if _, err := server.Open(t.Context(), cfg, server.Options{}); err == nil || !strings.Contains(err.Error(), "--master-key") {
		t.Errorf("without a master key: %v", err)
	}
	cfg.MasterKey = filepath.Join(cfg.Data, "master.key")
	if _, err := server.Open(t.Context(), cfg, server.Options{}); err == nil || !strings.Contains(err.Error(), "outside") {
		t.Errorf("with the master key inside: %v", err)
	}
	cfg.MasterKey = masterKey(t, t.TempDir())
	s, err := server.Open(t.Context(), cfg, server.Options{})
	fatal(t, err)
	fatal(t, s.Close())
	fatal(t, os.Remove(cfg.MasterKey))
	if _, err := server.Open(t.Context(), cfg, server.Options{}); err == nil {
		t.Error("a lost master key was made again over an old vault")
	}
}

// TestDeployedConfigurations are what deploy/ holds: they load, for each role.
func TestDeployedConfigurations(t *testing.T) {
	for path, roles := range map[string][]string{"systemd/config.yaml": {server.RoleAll},
		"cluster/ledger.yaml": {server.RoleAll, server.RoleAPI, server.RoleConsumers}} {
		for _, role := range roles {
			if _, err := server.LoadConfig(filepath.Join("..", "deploy", path), map[string]any{"role": role}); err != nil {
				t.Errorf("%s as %s: %v", path, role, err)
			}
		}
	}
}
