package docs_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// places are the folders that pages name, which are folders of a test's own when it runs them.
var places = []string{"/etc/accountledger", "/var/lib/accountledger", "/var/backups/accountledger"}

// ledger is a ledger that a page's commands work on, served by the real program.
type ledger struct {
	t        *testing.T
	root     string
	settings []string // environment of the server
	control  string   // address at which systemctl's stand-in asks to stop and start it

	mu       sync.Mutex
	cmd      *exec.Cmd
	logs     bytes.Buffer
	url      string
	internal string
	read     chan struct{} // closed when the server's log has ended
}

// newLedger serves a ledger for trying things out, on free ports, until the test ends.
func newLedger(t *testing.T, settings ...string) *ledger {
	t.Helper()
	l := &ledger{t: t, root: t.TempDir()}
	for _, place := range append(places, "/var/backups/accountledger/destructions") {
		fatal(t, os.MkdirAll(filepath.Join(l.root, place), 0o700))
	}
	l.settings = append(settings, "ACCOUNTLEDGER_HTTP=127.0.0.1:0", "ACCOUNTLEDGER_INTERNAL_HTTP=127.0.0.1:0", "ACCOUNTLEDGER_HTTP_DRAIN=0s",
		"ACCOUNTLEDGER_STORE_RESERVE=-1", "ACCOUNTLEDGER_LOG_FORMAT=text")
	control := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		switch r.URL.Path {
		case "/stop":
			err = l.stop()
		case "/start":
			err = l.start()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	t.Cleanup(control.Close)
	l.control = control.URL
	return l
}

// trying is a ledger with a mailbox, as the README starts it.
func trying(t *testing.T, settings ...string) *ledger {
	t.Helper()
	l := newLedger(t)
	l.settings = append(l.settings, "ACCOUNTLEDGER_DEV=true", "ACCOUNTLEDGER_DATA="+filepath.Join(l.root, "data"))
	l.settings = append(l.settings, settings...)
	l.serve()
	return l
}

// operated is a ledger under the configuration that operating.md shows.
func operated(t *testing.T) *ledger {
	t.Helper()
	l := newLedger(t)
	config := filepath.Join(l.root, "/etc/accountledger/config.yaml")
	fatal(t, os.WriteFile(config, []byte(l.placed(read(t, "operating.md").all("yaml")[0].text)), 0o600))
	fatal(t, os.WriteFile(filepath.Join(l.root, "/etc/accountledger/smtp.password"), []byte("not used\n"), 0o600))
	fatal(t, os.Mkdir(filepath.Join(l.root, "/etc/accountledger/keys"), 0o700))
	key := exec.CommandContext(t.Context(), program(t), "keys", "new", filepath.Join(l.root, "/etc/accountledger/keys/master.key"))
	key.Env = bare()
	if out, err := key.CombinedOutput(); err != nil {
		t.Fatalf("keys new: %v\n%s", err, out)
	}
	l.settings = append(l.settings, "ACCOUNTLEDGER_CONFIG="+config)
	l.serve()
	return l
}

// otherClock is what another clock showed when when-things-break.md was written. A test's ledger confirms only the time that it is,
// so the test puts that in its place.
const otherClock = "2026-11-27T19:40Z"

// placed moves the folders that a text names into the test's own, its addresses to the server's, and its clock to now.
func (l *ledger) placed(text string) string {
	for _, place := range places {
		text = strings.ReplaceAll(text, place, l.root+place)
	}
	return strings.NewReplacer("http://127.0.0.1:8080", l.url, "http://127.0.0.1:8081", l.internal,
		otherClock, time.Now().UTC().Format(time.RFC3339)).Replace(text)
}

func (l *ledger) serve() {
	l.t.Helper()
	fatal(l.t, l.start())
	l.t.Cleanup(func() {
		if err := l.stop(); err != nil {
			l.t.Errorf("the server stopped with: %v", err)
		}
		if l.t.Failed() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.t.Log(l.logs.String())
		}
	})
}

var serving = regexp.MustCompile(`msg=serving address=(\S+) internal=(\S+)`)

// start starts the server and returns once it serves.
func (l *ledger) start() error {
	cmd := exec.Command(program(l.t), "serve")
	cmd.Env, cmd.Dir = append(bare(), l.settings...), l.root
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	l.cmd, l.read = cmd, make(chan struct{})
	found := make(chan []string, 1)
	go l.follow(stderr, found, l.read)
	m, ok := <-found
	if !ok {
		err := cmd.Wait()
		l.cmd = nil
		return err
	}
	l.url, l.internal = "http://"+m[1], "http://"+m[2]
	return nil
}

// follow keeps what the server logs, and finds its addresses there.
func (l *ledger) follow(from io.Reader, found chan<- []string, ended chan<- struct{}) {
	defer close(ended)
	defer close(found)
	once := false
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		l.mu.Lock()
		l.logs.WriteString(lines.Text() + "\n")
		l.mu.Unlock()
		if m := serving.FindStringSubmatch(lines.Text()); m != nil && !once {
			once = true
			found <- m
		}
	}
}

// stop stops the server; it does nothing if none runs.
func (l *ledger) stop() error {
	if l.cmd == nil {
		return nil
	}
	cmd := l.cmd
	l.cmd = nil
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-l.read
	return cmd.Wait()
}
