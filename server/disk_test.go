package server_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	lib "modernc.org/sqlite/lib"

	"accountledger/eventstore"
	"accountledger/faults/disk"
	"accountledger/operate"
	"accountledger/server"
)

// childData names the data folder of a server in a process of its own, and makes TestChild be that process.
const childData = "ACCOUNTLEDGER_TEST_CHILD_DATA"

// onFolder is a configuration for a data folder that is there already.
func onFolder(t *testing.T, data string, more map[string]any) server.Config {
	t.Helper()
	settings := map[string]any{"data": data, "http": "127.0.0.1:0", "dev": true, "erasure.grace": "0s", "store.reserve": "-1", "log.level": "debug"}
	for name, v := range more {
		settings[name] = v
	}
	cfg, err := server.LoadConfig("", settings)
	fatal(t, err)
	return cfg
}

// TestChild is no test: it is the server that TestDiskFull starts, until its input ends.
func TestChild(t *testing.T) {
	t.Parallel()
	data := os.Getenv(childData)
	if data == "" {
		return
	}
	s, err := server.Open(t.Context(), onFolder(t, data, nil), server.Options{LogTo: os.Stderr, Hashing: cheap()})
	fatal(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := s.Run(ctx, func(address string) { fmt.Println("address http://"+address, "http://"+s.Internal()) }); err != nil {
		t.Logf("ran until: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Logf("closed: %v", err)
	}
}

// child is a server in a process of its own, whose files can be kept from growing.
type child struct {
	*running
	pid  int
	kill func()
}

func startChild(t *testing.T, data string) *child {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), childData+"="+data)
	log := &logs{}
	cmd.Stderr = log
	in, err := cmd.StdinPipe()
	fatal(t, err)
	out, err := cmd.StdoutPipe()
	fatal(t, err)
	fatal(t, cmd.Start())
	c := &child{running: &running{t: t, logs: log}, pid: cmd.Process.Pid}
	killed := false
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil && !killed {
			t.Errorf("the server ended with %v\n%s", err, log)
		}
	})
	c.kill = func() { killed = true; fatal(t, cmd.Process.Kill()); _, _ = io.Copy(io.Discard, out) }
	c.stop = func() { fatal(t, in.Close()); _, _ = io.Copy(io.Discard, out) }
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "address "); ok {
			c.url, c.internal, _ = strings.Cut(address, " ")
			return c
		}
	}
	t.Fatalf("the server did not start:\n%s", log)
	return nil
}

// fill lets no file of the server grow any more, or lets them all again: every write fails, as it would on a full disk.
func (c *child) fill(full bool) {
	c.t.Helper()
	limit := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if full {
		limit.Cur = 0
	}
	fatal(c.t, unix.Prlimit(c.pid, unix.RLIMIT_FSIZE, &limit, nil))
}

// unavailable sends what the server cannot do now, and wants to be told so.
func (r *running) unavailable(method, path, token, body string) {
	r.t.Helper()
	a := r.send(method, path, token, body)
	kind := ""
	if a.fields != nil {
		kind, _ = a.fields["type"].(string)
	}
	if a.status != 503 || !strings.HasPrefix(kind, "/problems/") || a.header.Get("Retry-After") == "" ||
		a.header.Get("Content-Type") != "application/problem+json" {
		r.t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
	}
}

// household is a ledger with a person who allowed a service to use something.
type household struct {
	person
	service, allow, deny, ask string
}

func settle(t *testing.T, r *running, p person) household {
	t.Helper()
	h := household{person: p}
	h.allow = fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, r.notice())
	h.deny = `{"purpose":"navigation","state":"withdrawn"}`
	h.ask = fmt.Sprintf(`{"account":%q,"permission":"location","purpose":"navigation"}`, p.account)
	r.want(200, "PUT", "/v1/me/permissions/location", p.token, h.allow)
	added, err := operate.AddService.Run(t.Context(), r.console(), operate.ServiceAdd{Name: "maps", Allow: []string{"location:navigation"}}, nil)
	fatal(t, err)
	h.service = added.Key
	return h
}

// outcome is what the service is told now.
func (r *running) outcome(h household) string {
	r.t.Helper()
	return r.want(200, "POST", "/v1/decisions", h.service, h.ask).str(r.t, "outcome")
}

// TestDiskFull takes all room from a running server: commands are refused with a problem, reads go on, nothing that was
// acknowledged is lost, and readiness says that it cannot append. The log takes nothing more until a restart, even
// when there is room again; after it everything goes on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	h := settle(t, r, r.join(mail, "ada@example.com", "Ada's band"))
	r.stop()

	c := startChild(t, cfg.Data)
	if got := c.outcome(h); got != "allowed" {
		t.Fatalf("before: %s", got)
	}
	c.want(200, "PUT", "/v1/me/permissions/location", h.token, h.deny)
	device := c.want(201, "POST", "/v1/me/devices", h.token, `{"kind":"phone","model":"X","name":"Y"}`).str(t, "id")
	c.fill(true)
	for range 3 {
		c.unavailable("PUT", "/v1/me/permissions/location", h.token, h.allow)
		c.unavailable("POST", "/v1/me/devices", h.token, `{"kind":"phone","model":"Z","name":"Z"}`)
		c.unavailable("POST", "/v1/decisions", h.service, h.ask)
		c.unavailable("POST", "/v1/sign-ups", "",
			`{"email":"bob@example.com","password":"correct-horse-battery","region":"DE","language":"de","birth_month":"1990-05"}`)
		if me := c.want(200, "GET", "/v1/me/devices", h.token, ""); !strings.Contains(me.body, device) {
			t.Errorf("a device that was linked is not seen: %s", me.body)
		}
		c.want(200, "GET", "/v1/me/permissions", h.token, "")
	}
	c.want(503, "GET", "/readyz", "", "")
	c.want(200, "GET", "/healthz", "", "")
	c.fill(false)
	c.unavailable("PUT", "/v1/me/permissions/location", h.token, h.allow)
	c.stop()

	again := start(t, onFolder(t, cfg.Data, nil))
	if got := again.outcome(h); got != "denied" {
		t.Errorf("after a withdrawal that was acknowledged: %s", got)
	}
	if me := again.want(200, "GET", "/v1/me/devices", h.token, ""); !strings.Contains(me.body, device) || strings.Contains(me.body, `"Z"`) {
		t.Errorf("devices: %s", me.body)
	}
	again.want(200, "GET", "/readyz", "", "")
	again.want(200, "PUT", "/v1/me/permissions/location", h.token, h.allow)
	if got := again.outcome(h); got != "allowed" {
		t.Errorf("in the end: %s", got)
	}
}

// TestFlippedByteInLog flips one bit in the newest write-ahead file of a server that was killed: the next start refuses, names
// file and offset, and leaves every file as it is; with the bit put back everything is there.
func TestFlippedByteInLog(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	h := settle(t, r, r.join(mail, "ada@example.com", "Ada's band"))
	r.stop()
	c := startChild(t, cfg.Data)
	for range 5 {
		c.want(200, "PUT", "/v1/me/permissions/location", h.token, h.allow)
		c.want(200, "PUT", "/v1/me/permissions/location", h.token, h.deny)
	}
	c.kill()
	names, err := filepath.Glob(filepath.Join(cfg.Data, "log", "pebble", "*.log"))
	fatal(t, err)
	name, whole := "", []byte{}
	for _, n := range names {
		b, err := os.ReadFile(n)
		fatal(t, err)
		if len(b) > len(whole) {
			name, whole = n, b
		}
	}
	end := len(whole)
	for end > 0 && whole[end-1] == 0 { // the file was made longer beforehand
		end--
	}
	for _, offset := range []int{end - 20, end / 2} {
		hurt := append([]byte(nil), whole...)
		hurt[offset] ^= 4
		fatal(t, os.WriteFile(name, hurt, 0o600))
		_, err := server.Open(t.Context(), onFolder(t, cfg.Data, nil), server.Options{Hashing: cheap()})
		var damage *eventstore.CorruptError
		if !errors.As(err, &damage) || damage.File != name || damage.Offset < 0 || damage.Offset > int64(offset) ||
			!strings.Contains(err.Error(), filepath.Base(name)) {
			t.Fatalf("a bit flipped at %d of %d: %v", offset, end, err)
		}
		if b, err := os.ReadFile(name); err != nil || !bytes.Equal(b, hurt) {
			t.Fatalf("the file was changed: %v", err)
		}
	}
	fatal(t, os.WriteFile(name, whole, 0o600))
	if got := start(t, onFolder(t, cfg.Data, nil)).outcome(h); got != "denied" {
		t.Errorf("with the bit put back: %s", got)
	}
}

// TestReserve starts a server on a disk with less room than its reserve: it can be read, appends nothing, and says so.
func TestReserve(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	h := settle(t, r, r.join(mail, "ada@example.com", "Ada's band"))
	r.stop()
	tight := start(t, onFolder(t, cfg.Data, map[string]any{"store.reserve": "1000000000000000000"}))
	tight.unavailable("PUT", "/v1/me/permissions/location", h.token, h.deny)
	tight.unavailable("POST", "/v1/decisions", h.service, h.ask)
	tight.want(200, "GET", "/v1/me", h.token, "")
	tight.want(503, "GET", "/readyz", "", "")
	tight.stop()
	again := start(t, onFolder(t, cfg.Data, nil))
	again.want(200, "PUT", "/v1/me/permissions/location", h.token, h.deny)
	if got := again.outcome(h); got != "denied" {
		t.Errorf("in the end: %s", got)
	}
}

// TestVaultFails lets the vault's disk fail in every way that SQLite knows: what needs a new key is refused with a problem,
// what needs none goes on, reads go on, and once the disk is mended everything does, without a restart.
func TestVaultFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		op   disk.Op
		code int32
	}{
		"no room":                  {disk.Write, lib.SQLITE_FULL},
		"sync fails":               {disk.Sync, lib.SQLITE_IOERR_FSYNC},
		"read-only file system":    {disk.Write, lib.SQLITE_READONLY},
		"the disk does not answer": {disk.Write, lib.SQLITE_IOERR_WRITE},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, mail := withMail(t)
			d := disk.Under(t, filepath.Dir(cfg.Data))
			r := start(t, cfg)
			h := settle(t, r, r.join(mail, "ada@example.com", "Ada's band"))
			d.Fail(fault.op, "vault.db", fault.code)
			signUp := `{"email":"bob@example.com","password":"correct-horse-battery","region":"DE","language":"de","birth_month":"1990-05"}`
			for range 2 {
				r.unavailable("POST", "/v1/sign-ups", "", signUp)
				r.unavailable("POST", "/v1/me/devices", h.token, `{"kind":"phone","model":"X","name":"Y"}`)
				r.want(200, "GET", "/v1/me", h.token, "")
				r.want(200, "PUT", "/v1/me/permissions/location", h.token, h.deny)
				if got := r.outcome(h); got != "denied" {
					t.Errorf("a decision while the vault fails: %s", got)
				}
				r.want(200, "PUT", "/v1/me/permissions/location", h.token, h.allow)
			}
			eventually(t, "readiness says so", func() bool { return r.send("GET", "/readyz", "", "").status == 503 })
			if d.Mend() == 0 {
				t.Fatal("nothing failed")
			}
			eventually(t, "readiness comes back", func() bool { return r.send("GET", "/readyz", "", "").status == 200 })
			r.join(mail, "bob@example.com", "Bob's band")
			r.want(201, "POST", "/v1/me/devices", h.token, `{"kind":"phone","model":"X","name":"Y"}`)
			if got := r.outcome(h); got != "allowed" {
				t.Errorf("in the end: %s", got)
			}
		})
	}
}

// TestViewsFail lets the disk of the views and of the list of deadlines fail: commands go on, status says who waits and
// why, and once the disk is mended they catch up by themselves.
func TestViewsFail(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	d := disk.Under(t, filepath.Dir(cfg.Data))
	r := start(t, cfg)
	h := settle(t, r, r.join(mail, "ada@example.com", "Ada's band"))
	officer := r.officer("officer@example.org", "compliance")
	eventually(t, "all views answer", func() bool {
		return !strings.Contains(r.inside(200, "/readyz").body, `"rebuilding"`) && r.send("POST", "/v1/views/devices/query", officer, `{}`).status == 200
	})
	d.Fail(disk.Write, ".g1.db-wal", lib.SQLITE_FULL)
	var position string
	for n := range 5 {
		position = r.want(201, "POST", "/v1/me/devices", h.token, fmt.Sprintf(`{"kind":"phone","model":"X","name":"Y%d"}`, n)).header.Get("Ledger-Position")
	}
	eventually(t, "readiness names a view that waits", func() bool {
		a := r.inside(200, "/readyz")
		return d.Failed() > 0 && strings.Contains(a.body, `"waiting"`)
	})
	r.want(200, "POST", "/v1/views/devices/query", officer, `{}`)
	if d.Mend() == 0 {
		t.Fatal("nothing failed")
	}
	filter := lookAt(h.account)
	eventually(t, "the view knows all devices", func() bool {
		a := r.send("POST", "/v1/views/devices/query", officer, filter, "Ledger-Min-Position", position)
		return a.status == 200 && strings.Count(a.body, `"kind"`) == 6
	})
}
