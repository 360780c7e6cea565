package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAFirstStartThatIsRefusedLeavesNothing: neither the data folder nor a master key.
func TestAFirstStartThatIsRefusedLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nobody to send messages": {[]string{"--controller-id", "tests"}, "--smtp-host"},
		"no controller":           {[]string{"--smtp-host", "mail.test", "--smtp-from", "a@mail.test", "--controller-id", "tests"}, "controller.name is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			args := append([]string{"serve", "--data", filepath.Join(parent, "data"), "--master-key", filepath.Join(parent, "master.key"), "--http", "127.0.0.1:0"},
				c.args...)
			if _, err := run(t, args...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, wanted %s", err, c.want)
			}
			if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
				t.Errorf("%v were left, %v", left, err)
			}
		})
	}
}
