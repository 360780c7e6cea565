package docs_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// buildFolder is where the program is built; TestMain makes and removes it.
var buildFolder string

// built is the real program, built once for all tests.
var built = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildFolder, "accountledger")
	out, err := exec.Command("go", "build", "-o", path, "accountledger/cmd/accountledger").CombinedOutput()
	if err != nil {
		_, _ = os.Stderr.Write(out)
	}
	return path, err
})

func program(t *testing.T) string {
	t.Helper()
	path, err := built()
	fatal(t, err)
	return path
}

// bare is the environment without settings of the ledger.
func bare() []string {
	var out []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "ACCOUNTLEDGER_") {
			out = append(out, pair)
		}
	}
	return out
}

// help is what a command line prints with --help, which parses its flags and does nothing.
func help(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t), append(args, "--help")...)
	cmd.Env = bare()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", errText{err, strings.TrimSpace(stderr.String())}
	}
	return stdout.String(), nil
}

type errText struct {
	error
	text string
}

func (e errText) Error() string { return e.text }
