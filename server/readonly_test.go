package server_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"accountledger/notify/smtp/smtptest"
	"accountledger/operate"
	"accountledger/operate/folder"
	"accountledger/server"
)

// shelf is a folder with everything that belongs to a ledger of the real program: data, master key, list of destructions.
type shelf struct {
	t                     *testing.T
	program, root, config string
	mail                  *smtptest.Server
	people                int
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{t: t, program: binary(t), root: t.TempDir(), mail: smtptest.Start(t, smtptest.Options{})}
	s.config = filepath.Join(s.root, "config.yaml")
	fatal(t, os.WriteFile(s.config, fmt.Appendf(nil, `
http: 127.0.0.1:0
internal: {http: 127.0.0.1:0}
controller: {id: example, name: Example, address: 1 Main Street, contact: privacy@example.com, jurisdiction: DE, places: DE}
master_key: %[1]s/keys/master.key
backup: {list: %[1]s/destructions}
erasure: {grace: 0s}
abuse: {sign_ups_hour: 0, sign_ups_day: 0, changes_minute: 0, sign_ins_hour: 0}
store: {reserve: -1}
smtp: {host: %s, port: %d, from: ledger@mail.test, tls: none}
`, s.root, s.mail.Host, s.mail.Port), 0o600))
	fatal(t, os.Mkdir(filepath.Join(s.root, "keys"), 0o700))
	masterKey(t, filepath.Join(s.root, "keys"))
	return s
}

func (s *shelf) data() string { return filepath.Join(s.root, "data") }

// serve has people come and one of them leave, and ends the program by a signal.
func (s *shelf) serve(with syscall.Signal) {
	s.t.Helper()
	p := run(s.t, s.program, s.data(), s.config, server.RoleAll)
	for range 2 {
		s.people++
		who := p.join(s.mail, fmt.Sprintf("person-%d@example.com", s.people), "first")
		if s.people%2 == 1 { // what comes after a destruction is in the write-ahead file of the vault
			id := p.want(202, "POST", "/v1/erasures", who.token, "").str(s.t, "id")
			eventually(s.t, "the erasure completes", func() bool {
				return strings.Contains(p.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`)
			})
		}
	}
	p.end(with)
}

// state tells of everything on the shelf: names, sizes, modes, times and contents.
func (s *shelf) state() string {
	s.t.Helper()
	var all strings.Builder
	fatal(s.t, filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var b []byte
		if info.Mode().IsRegular() {
			b, err = os.ReadFile(path)
		}
		fmt.Fprintf(&all, "%s %d %s %d %x\n", path, info.Size(), info.Mode(), info.ModTime().UnixNano(), sha256.Sum256(b))
		return err
	}))
	return all.String()
}

// command runs one of the program's commands, on a shelf that is mounted read-only if so asked, and gives what it prints and
// what it says besides.
func (s *shelf) command(mounted bool, args ...string) (out, said string, err error) {
	args = append(append([]string{s.program}, args...), "--config", s.config, "--data", s.data())
	if mounted {
		args = append([]string{"unshare", "--mount", "sh", "-c", `mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"`, s.root}, args...)
	}
	c := exec.CommandContext(s.t.Context(), args[0], args[1:]...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err = c.Run()
	return stdout.String(), stderr.String(), err
}

// mustMount skips the test only where the kernel lets nobody mount.
func mustMount(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "unshare", "--mount", "sh", "-c", `mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && ! touch "$0/file"`,
		dir).CombinedOutput()
	if err != nil && os.Getuid() == 0 && !strings.Contains(string(out), "denied") && !strings.Contains(string(out), "not permitted") {
		t.Fatalf("a folder cannot be mounted read-only: %v\n%s", err, out)
	} else if err != nil {
		t.Skipf("this kernel lets nobody mount: %s", out)
	}
}

// TestReadingLeavesNoTrace runs the commands that only read on a stopped ledger, after an orderly stop and after kill -9, on an
// ordinary mount and on a read-only one: they say the same, and every file is as it was.
func TestReadingLeavesNoTrace(t *testing.T) {
	t.Parallel()
	mustMount(t)
	s := newShelf(t)
	for _, c := range []struct {
		name string
		with syscall.Signal
		lose []string // from the data folder
	}{
		{"an orderly stop", syscall.SIGTERM, nil},
		{"kill -9", syscall.SIGKILL, nil},
		{"kill -9 and a copy of what counts", syscall.SIGKILL, []string{"lock", "vault/vault.lock", "vault/vault.db-shm", "log/pebble/LOCK", "deadlines.db-shm"}},
	} {
		s.serve(c.with)
		for _, name := range c.lose {
			if err := os.Remove(filepath.Join(s.data(), name)); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if info, err := os.Stat(filepath.Join(s.data(), "vault", "vault.db-wal")); c.with == syscall.SIGKILL && (err != nil || info.Size() == 0) {
			t.Errorf("%s left nothing in the vault's write-ahead file: %v", c.name, err)
		}
		before := s.state()
		for _, command := range [][]string{{"status", "--json"}, {"verify", "--json"}} {
			plain, _, err := s.command(false, command...)
			if err != nil {
				t.Fatalf("%s: %v: %v", c.name, command, err)
			}
			if now := s.state(); now != before {
				t.Fatalf("%s: after %v there is\n%s\nthere was\n%s", c.name, command, now, before)
			}
			mounted, said, err := s.command(true, command...)
			if err != nil || undated(mounted) != undated(plain) || said != "" {
				t.Errorf("%s: %v on a read-only mount: %v\n%s%s\nelse\n%s", c.name, command, err, mounted, said, plain)
			}
		}
		s.export(c.name, before)
	}
	s.serve(syscall.SIGTERM) // and it serves on
	if out, said, err := s.command(false, "verify"); err != nil || !strings.Contains(out, "All whole.") {
		t.Errorf("at the end: %v\n%s%s", err, out, said)
	}
}

// export exports on a read-only mount, which says that it is not recorded, and changes nothing.
func (s *shelf) export(name, before string) {
	t := s.t
	file := filepath.Join(t.TempDir(), "out.jsonl")
	out, said, err := s.command(true, "replay", "export", file, "--vault", "--json")
	if err != nil || !strings.Contains(out, `"unrecorded"`) || said != "" {
		t.Fatalf("%s: export on a read-only mount: %v\n%s%s", name, err, out, said)
	}
	if now := s.state(); now != before {
		t.Fatalf("%s: after the export there is\n%s\nthere was\n%s", name, now, before)
	}
	verified, _, err := s.command(true, "verify", "--json")
	if err != nil {
		t.Fatal(err)
	}
	hash := field(verified, "hash")
	if hash == "" || field(out, "hash") != hash {
		t.Errorf("%s: exported is %s, verified was %s", name, out, verified)
	}
}

// field is the text of a member of a JSON object.
func field(text, name string) string {
	_, rest, _ := strings.Cut(text, `"`+name+`": "`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// TestAnExportIsRecordedWhereItCanBe: on a folder that can be written to it is, by a server that runs and by the command itself.
func TestAnExportIsRecordedWhereItCanBe(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	r := start(t, cfg)
	export := func() int64 {
		t.Helper()
		from, unrecorded, err := server.OpenExport(t.Context(), cfg)
		fatal(t, err)
		done, err := operate.ExportFile(t.Context(), from, filepath.Join(t.TempDir(), "out.jsonl"), false, nil)
		fatal(t, errors.Join(err, from.Close()))
		if unrecorded != "" {
			t.Error(unrecorded)
		}
		return done.Events
	}
	first, second := export(), export()
	r.stop()
	if third, fourth := export(), export(); second != first+1 || third < second+1 || fourth != third+1 {
		t.Errorf("%d, %d, %d, %d events", first, second, third, fourth)
	}
}

// TestReadersAndAServer: commands that only read run beside each other, ask a server that runs, and keep one from starting.
func TestReadersAndAServer(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	if _, err := server.OpenReading(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "no ledger") {
		t.Errorf("of no ledger: %v", err)
	}
	if _, err := os.Stat(cfg.Data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was made: %v", err)
	}
	r := start(t, cfg)
	c, err := server.OpenReading(t.Context(), cfg)
	fatal(t, err)
	before, err := operate.ReadStatus.Run(t.Context(), c, operate.None{}, nil)
	fatal(t, err)
	v, err := operate.Verify.Run(t.Context(), c, operate.None{}, nil)
	fatal(t, err)
	after, err := operate.ReadStatus.Run(t.Context(), c, operate.None{}, nil)
	fatal(t, errors.Join(err, c.Close()))
	if !before.Running || !v.OK || after.Log != before.Log {
		t.Errorf("%+v\n%+v\n%+v", before, v, after)
	}
	r.stop()

	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			c, err := server.OpenReading(t.Context(), cfg)
			if err != nil {
				t.Error(err)
				return
			}
			v, err := operate.Verify.Run(t.Context(), c, operate.None{}, nil)
			if err = errors.Join(err, c.Close()); err != nil || !v.OK {
				t.Errorf("%v: %+v", err, v)
			}
		})
	}
	all.Wait()

	c, err = server.OpenReading(t.Context(), cfg)
	fatal(t, err)
	if _, err := server.Open(t.Context(), cfg, server.Options{}); !errors.Is(err, folder.ErrRunning) {
		t.Errorf("a server beside a reader: %v", err)
	}
	fatal(t, c.Close())
	s, err := server.Open(t.Context(), cfg, server.Options{})
	fatal(t, err)
	if _, err := server.OpenReading(t.Context(), cfg); !errors.Is(err, folder.ErrRunning) {
		t.Errorf("a reader beside a server that does not answer: %v", err)
	}
	fatal(t, s.Close())
	start(t, cfg).stop()
}

// undated is what a command printed without the time at which it did.
func undated(text string) string { return saysNow.ReplaceAllString(text, "") }

var saysNow = regexp.MustCompile(`"says": "[^"]*"`)
