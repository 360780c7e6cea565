package main

import (
	"bufio"
	"bytes"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"accountledger/operate"

	"github.com/go-json-experiment/json"
	"golang.org/x/sys/unix"
)

// TestExitCodes runs the real program so that it ends with each of its exit codes.
func TestExitCodes(t *testing.T) {
	dir := ledger(t)
	file := filepath.Join(t.TempDir(), "file")
	unknown := filepath.Join(t.TempDir(), "config.yaml")
	for path, text := range map[string]string{file: "", unknown: "nothing: 1\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := []string{"service", "add", "--data", dir, "--name", "maps", "--allow", "location:navigation"}
	for _, c := range []struct {
		name string
		code int
		says string // the code of the error
		env  []string
		args []string
	}{
		{"version", 0, "", nil, []string{"--version"}},
		{"status of a stopped ledger", 0, "", nil, []string{"status", "--data", dir}},
		{"help", 0, "", nil, []string{"help", "exit-codes"}},
		{"service add", 0, "", nil, again},
		{"a file that cannot be made", 1, "failed", nil, []string{"replay", "export", filepath.Join(file, "out.ndjson"), "--data", dir}},
		{"no command", 2, "usage", nil, nil},
		{"no command of a group", 2, "usage", nil, []string{"replay"}},
		{"an unknown command", 2, "usage", nil, []string{"sreve"}},
		{"an unknown command of a group", 2, "usage", nil, []string{"replay", "rebild"}},
		{"an unknown flag", 2, "usage", nil, []string{"status", "--dta", dir}},
		{"a flag without its value", 2, "usage", nil, []string{"status", "--data"}},
		{"a value of another type", 2, "usage", nil, []string{"serve", "--http-drain", "long"}},
		{"a required flag", 2, "usage", nil, []string{"staff", "add", "--role", "admin", "--data", dir}},
		{"too many arguments", 2, "usage", nil, []string{"verify", dir}},
		{"an argument of no use", 2, "invalid_role", nil, []string{"staff", "add", "--data", dir, "--email", "a@example.org", "--role", "king"}},
		{"a setting's value", 2, "invalid_configuration", []string{"ACCOUNTLEDGER_LOG_LEVEL=loud"}, []string{"status", "--data", dir}},
		{"an unknown setting in the environment", 2, "invalid_configuration", []string{"ACCOUNTLEDGER_PORT=8080"}, []string{"status", "--data", dir}},
		{"an unknown setting in the file", 2, "invalid_configuration", nil, []string{"status", "--config", unknown}},
		{"no file of settings", 2, "invalid_configuration", nil, []string{"status", "--config", file + "s"}},
		{"nobody to send messages", 2, "invalid_configuration", nil, []string{"serve", "--data", dir}},
		{"no address", 2, "invalid_configuration", nil, []string{"serve", "--dev", "--data", dir, "--http", "banana"}},
		{"no port", 2, "invalid_configuration", nil, []string{"serve", "--dev", "--data", dir, "--http", ":99999"}},
		{"no port of a mail server", 2, "invalid_configuration", nil, []string{"serve", "--dev", "--data", dir, "--smtp-port", "99999"}},
		{"no length of a password", 2, "invalid_configuration", nil, []string{"serve", "--dev", "--data", dir, "--passwords-min-length", "200"}},
		{"nobody to simulate", 2, "usage", nil, []string{"simulate", "--accounts", "-3", "--data", filepath.Join(dir, "elsewhere")}},
		{"help on nothing", 2, "usage", nil, []string{"help", "nonsense"}},
		{"no ledger", 3, "no_ledger", nil, []string{"status", "--data", filepath.Join(dir, "elsewhere")}},
		{"an engine out of reach", 3, "unreachable",
			[]string{"ACCOUNTLEDGER_VAULT_ENGINE=postgres", "ACCOUNTLEDGER_VAULT_POSTGRES=postgres://nobody@127.0.0.1:1/none?connect_timeout=1"},
			[]string{"serve", "--dev", "--data", filepath.Join(t.TempDir(), "data"), "--http", "127.0.0.1:0"}},
		{"what is there already", 4, "service_exists", nil, again},
		{"a folder of somebody else's", 4, "not_empty", nil, []string{"serve", "--dev", "--data", filepath.Dir(file), "--http", "127.0.0.1:0"}},
		{"a ledger without its vault", 4, "start_refused", nil, []string{"serve", "--dev", "--data", withoutVault(t), "--http", "127.0.0.1:0"}},
		{"a backup in the data folder", 4, "refused", nil, []string{"backup", filepath.Join(dir, "backup"), "--data", dir}},
		{"an export in the data folder", 4, "refused", nil, []string{"replay", "export", filepath.Join(dir, "out.ndjson"), "--data", dir}},
		{"a key in the data folder", 4, "refused", nil, []string{"keys", "new", filepath.Join(dir, "master.key"), "--data", dir}},
		{"a backup over another", 4, "not_empty", nil, []string{"backup", filepath.Dir(file), "--data", dir}},
		{"a key over another", 4, "exists", nil, []string{"keys", "new", file, "--data", dir}},
		{"no folder to restore from", 4, "missing", nil, []string{"restore", filepath.Join(dir, "elsewhere"), "--data", filepath.Join(dir, "new")}},
		{"not ready", 5, "not_ready", []string{"ACCOUNTLEDGER_STORE_RESERVE=1000000000000000000"}, []string{"status", "--data", dir}},
	} {
		t.Run(c.name, func(t *testing.T) {
			plain := runProgram(t, c.env, c.args...)
			if plain.code != c.code || c.code != 0 && !strings.HasPrefix(lastLine(plain.err), "accountledger: ") {
				t.Errorf("%+v, wanted exit code %d", plain, c.code)
			}
			if c.code == 0 {
				return
			}
			got := runProgram(t, c.env, append([]string{"--json"}, c.args...)...)
			if f := failure(t, got.err); got.code != c.code || f.Code != c.says || int(f.Exit) != c.code || f.Message == "" {
				t.Errorf("%+v, wanted %s and exit code %d", got, c.says, c.code)
			}
		})
	}
}

// TestExitCodeOfAFault: verify ends with 1 where the ledger is damaged.
func TestExitCodeOfAFault(t *testing.T) {
	dir := withOfficer(t)
	damageVault(t, dir)
	got := runProgram(t, nil, "verify", "--data", dir, "--json")
	if f := failure(t, got.err); got.code != 1 || f.Code != "ledger_damaged" || !strings.Contains(got.out, `"ok": false`) {
		t.Errorf("%+v", got)
	}
}

// TestExitCodesWhileAServerRuns: the folder is taken, status is content, and a stop by a signal is a success.
func TestExitCodesWhileAServerRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := program(t, nil, "serve", "--dev", "--data", dir, "--http", "127.0.0.1:0", "--json")
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var logs bytes.Buffer
	s.Stderr = &logs
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Process.Kill() }()
	var r ready
	if line, err := bufio.NewReader(out).ReadBytes('\n'); err != nil || json.Unmarshal(line, &r) != nil || r.Data != dir || r.Version == "" ||
		!strings.HasPrefix(r.Address, "http://127.0.0.1:") || !strings.HasPrefix(r.Internal, "http://127.0.0.1:") {
		t.Fatalf("%q %v\n%s", line, err, logs.String())
	}
	taken := strings.TrimPrefix(r.Address, "http://")
	for want, args := range map[int][]string{
		0: {"status", "--data", dir},
		4: {"serve", "--dev", "--data", dir, "--http", "127.0.0.1:0"},
	} {
		if got := runProgram(t, nil, args...); got.code != want {
			t.Errorf("%v: %+v", args, got)
		}
	}
	if got := runProgram(t, nil, "serve", "--dev", "--data", dir, "--http", "127.0.0.1:0"); !strings.Contains(got.err, dir) ||
		!strings.Contains(got.err, "give another folder with --data") {
		t.Errorf("a folder that is taken: %+v", got)
	}
	if got := runProgram(t, nil, "serve", "--dev", "--data", filepath.Join(t.TempDir(), "data"), "--http", taken, "--json"); got.code != 4 ||
		failure(t, got.err).Code != "address_in_use" ||
		!strings.Contains(failure(t, got.err).Message, "choose another with --http") {
		t.Errorf("an address that is taken: %+v", got)
	}
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Errorf("%v\n%s", err, logs.String())
	}
}

// TestExitCodesOfAServerThatDoesNotAnswer: one that goes away, one that is silent, and one that is starting.
func TestExitCodesOfAServerThatDoesNotAnswer(t *testing.T) {
	dir := ledger(t)
	lock, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	if got := runProgram(t, nil, "status", "--data", dir, "--json"); got.code != 5 || failure(t, got.err).Code != "not_ready" {
		t.Errorf("while it starts: %+v", got)
	}
	if got := runProgram(t, nil, "mailbox", "--data", dir, "--json"); got.code != 4 || failure(t, got.err).Code != "in_use" {
		t.Errorf("while somebody has the folder: %+v", got)
	}
	asked := silentServer(t, dir)
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		var errs bytes.Buffer
		c := program(t, nil, "status", "--data", dir, "--json")
		c.Stderr = &errs
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		conn := <-asked
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		_ = conn.Close()
		if got := c.ProcessState.ExitCode(); got != code || failure(t, errs.String()).Code != "interrupted" {
			t.Errorf("%s: exit code %d, %s", signal, got, errs.String())
		}
	}
	var errs bytes.Buffer
	c := program(t, nil, "status", "--data", dir, "--json")
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = (<-asked).Close()
	_ = c.Wait()
	if got := c.ProcessState.ExitCode(); got != 3 || failure(t, errs.String()).Code != "no_server" {
		t.Errorf("a server that goes away: exit code %d, %s", got, errs.String())
	}
}

// silentServer takes a server's place and gives the connections on which a command asks something.
func silentServer(t *testing.T, dir string) <-chan net.Conn {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "control.sock"))
	if err != nil {
		t.Fatal(err)
	}
	asked, done := make(chan net.Conn), make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if n, err := conn.Read(make([]byte, 1)); n == 0 || err != nil { // it only looked whether a server is there
				_ = conn.Close()
				continue
			}
			select {
			case asked <- conn:
			case <-t.Context().Done():
				_ = conn.Close()
			}
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return asked
}

// withOfficer is a ledger whose log and vault hold somebody.
func withOfficer(t *testing.T) string {
	t.Helper()
	dir := ledger(t)
	if got := runProgram(t, nil, "staff", "add", "--data", dir, "--email", "officer@example.org", "--role", "admin"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	return dir
}

func withoutVault(t *testing.T) string {
	t.Helper()
	dir := withOfficer(t)
	if err := os.RemoveAll(filepath.Join(dir, "vault")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// damageVault makes every key of the vault useless.
func damageVault(t *testing.T, dir string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "vault", "vault.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	r, err := db.ExecContext(t.Context(), `UPDATE keys SET wrapped = zeroblob(length(wrapped)) WHERE length(wrapped) > 0`)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%d rows, %v", n, err)
	}
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// failure is the error that standard error ends with. All of its lines are JSON.
func failure(t *testing.T, errs string) operate.Failure {
	t.Helper()
	for line := range strings.Lines(errs) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Errorf("%q is no JSON", line)
		}
	}
	var last struct {
		Error operate.Failure `json:"error"`
	}
	if err := json.Unmarshal([]byte(lastLine(errs)), &last); err != nil {
		t.Errorf("%q: %v", errs, err)
	}
	return last.Error
}
