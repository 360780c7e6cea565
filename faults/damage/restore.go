package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// restores tests the list of destructions: a restore of an earlier backup must refuse it, say that it is
// unproven, or leave all erased people erased.
func (t *trial) restores(ctx context.Context) error {
	into := folders{filepath.Join(t.scratch.root, "restored")}
	if err := into.make(); err != nil {
		return err
	}
	config, err := configure(t.scratch, t.mail.port)
	if err != nil {
		return err
	}
	stdout, _, code, err := t.program.command(ctx, config, into, "restore", t.grown.backup)
	if err != nil {
		return err
	}
	if code != 0 || !strings.Contains(stdout, "was applied whole") {
		return nil
	}
	s, err := t.program.serve(ctx, folders{into.root}, t.mail, "--master-key", t.scratch.key(), "--backup-list", t.scratch.list())
	if err != nil {
		return fmt.Errorf("a restored ledger: %w", err)
	}
	defer s.kill()
	m := t.from.model
	if t.asOf != nil {
		m = t.asOf
	}
	c := &checker{client: newClient(s.url, checkPatience), model: m, mail: t.mail}
	defer c.close()
	if c.signInOfficer(ctx); c.officer == "" {
		return fmt.Errorf("a restored ledger: %v", c.findings)
	}
	c.comeBack(ctx)
	if len(c.findings) > 0 {
		t.fail(listWorthless, "the restore said: %s", strings.TrimSpace(stdout))
		t.Findings = c.findings
	}
	return nil
}
