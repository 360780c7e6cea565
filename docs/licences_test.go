package docs_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// compatible are licences that may be linked into a program under Apache-2.0, by a sentence of each.
var compatible = regexp.MustCompile(`Apache License|Permission is hereby granted, free of charge|Redistribution and use in source and binary forms|` +
	`Permission to use, copy, modify, and/or distribute|Mozilla Public License Version 2\.0|Mozilla Public License, version 2\.0`)

// TestLicences looks at the licence of every module that is linked into the program.
func TestLicences(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}",
		"accountledger/cmd/accountledger")
	listed, err := cmd.Output()
	fatal(t, err)
	seen := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(string(listed)), "\n") {
		module, dir, ok := strings.Cut(line, " ")
		if !ok || seen[module] {
			continue
		}
		seen[module] = true
		if !licensed(t, dir) {
			t.Errorf("%s has no licence that is known to be compatible with Apache-2.0", module)
		}
	}
	if len(seen) < 50 {
		t.Errorf("%d modules were looked at only", len(seen))
	}
}

func licensed(t *testing.T, dir string) bool {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*"))
	fatal(t, err)
	for _, path := range found {
		if text, err := os.ReadFile(path); err == nil && compatible.Match(text) {
			return true
		}
	}
	return false
}

// TestOwnLicence: the licence is the whole text as it was published, and not edited.
func TestOwnLicence(t *testing.T) {
	text, err := os.ReadFile("../LICENSE")
	fatal(t, err)
	sum := sha256.Sum256(text)
	if got := hex.EncodeToString(sum[:]); got != published {
		t.Errorf("LICENSE has the hash %s", got)
	}
}

// published is the SHA-256 of https://www.apache.org/licenses/LICENSE-2.0.txt.
const published = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
