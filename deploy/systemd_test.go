package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/server"
)

// TestUnitsAreHardened: each service scores at most 2.5, from 0 (safe) to 10, and all parse.
func TestUnitsAreHardened(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		skip(t, "systemd-analyze is not installed")
	}
	units, err := filepath.Glob("*/accountledger*.*")
	fatal(t, err)
	if len(units) != 4 {
		t.Fatalf("units: %v", units)
	}
	program := filepath.Join(t.TempDir(), "accountledger")
	fatal(t, os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700))
	dir := t.TempDir()
	var services []string
	for _, path := range units {
		text, err := os.ReadFile(path)
		fatal(t, err)
		copied := filepath.Join(dir, filepath.Base(path))
		fatal(t, os.WriteFile(copied, []byte(strings.ReplaceAll(string(text), "/usr/local/bin/accountledger", program)), 0o600))
		services = append(services, strings.Replace(copied, "@.", "@api.", 1))
		if strings.HasSuffix(path, ".service") {
			out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=25", path).CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v\n%s", path, err, out)
			}
		}
	}
	if out, err := exec.CommandContext(t.Context(), "systemd-analyze", append([]string{"verify", "--man=no"}, services...)...).CombinedOutput(); err != nil ||
		len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestUnitsAllowWhatTheConfigurationNames: every place that the running server writes is one that its unit lets it write.
func TestUnitsAllowWhatTheConfigurationNames(t *testing.T) {
	for config, unit := range map[string]string{"systemd/config.yaml": "systemd/accountledger.service", "cluster/ledger.yaml": "cluster/accountledger@.service"} {
		cfg, err := server.LoadConfigFile(config)
		fatal(t, err)
		text, err := os.ReadFile(unit)
		fatal(t, err)
		allowed := []string{"/var/lib/accountledger"} // the StateDirectory
		for line := range strings.Lines(string(text)) {
			if paths, is := strings.CutPrefix(line, "ReadWritePaths="); is {
				allowed = append(allowed, strings.Fields(paths)...)
			}
		}
		written := []string{cfg.MasterKey}
		if cfg.Backup.List != "" {
			written = append(written, cfg.Backup.List)
		}
		if filepath.IsAbs(cfg.Data) { // the cluster's unit gives it
			written = append(written, cfg.Data)
		}
		for _, path := range written {
			if !below(path, allowed) {
				t.Errorf("%s names %s, which %s does not let the server write: %v", config, path, unit, allowed)
			}
		}
	}
}

func below(path string, folders []string) bool {
	for _, dir := range folders {
		if path == dir || strings.HasPrefix(path, dir+"/") {
			return true
		}
	}
	return false
}

// TestConfigurationsNameNobody: what only the operator knows is not filled in, so that no ledger starts on placeholders.
func TestConfigurationsNameNobody(t *testing.T) {
	for _, path := range []string{"systemd/config.yaml", "cluster/ledger.yaml"} {
		cfg, err := server.LoadConfigFile(path)
		fatal(t, err)
		if cfg.Controller.ID != "" || cfg.SMTP.Host != "" || cfg.SMTP.From != "" || cfg.Servable() == nil {
			t.Errorf("%s could be served as shipped: controller %q, mail server %q", path, cfg.Controller.ID, cfg.SMTP.Host)
		}
	}
}
