package server_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/notify/smtp/smtptest"
	"accountledger/operate"
	"accountledger/server"
)

// crashRounds names the environment variable with the number of rounds; make crash sets it.
const crashRounds = "ACCOUNTLEDGER_TEST_CRASH_ROUNDS"

// TestCrash kills the real program under load, again and again: what was answered is there, nothing is there twice, what was
// under way can be repeated under its key, and what was half done completes.
func TestCrash(t *testing.T) {
	rounds := 2
	if s := os.Getenv(crashRounds); s != "" {
		var err error
		rounds, err = strconv.Atoi(s)
		fatal(t, err)
	}
	c := newCrasher(t)
	for n := range rounds {
		c.round(n)
		if t.Failed() {
			t.Fatalf("in round %d", n)
		}
	}
	c.whole()
	acked := 0
	for _, w := range c.workers {
		acked += w.acked
	}
	t.Logf("%d rounds, %d answered changes", rounds, acked)
}

// crasher is the program under load.
type crasher struct {
	t       *testing.T
	program string
	config  string
	data    string
	mail    *smtptest.Server
	key     string // of a service
	notice  string
	workers []*worker
	people  int // signed up so far
}

func newCrasher(t *testing.T) *crasher {
	c := &crasher{t: t, program: binary(t), config: filepath.Join(t.TempDir(), "config.yaml"), data: filepath.Join(t.TempDir(), "data"),
		mail: smtptest.Start(t, smtptest.Options{})}
	fatal(t, os.WriteFile(c.config, fmt.Appendf(nil, `
http: 127.0.0.1:0
dev: true
erasure: {grace: 0s}
abuse: {sign_ups_hour: 0, sign_ups_day: 0, changes_minute: 0, sign_ins_hour: 0}
store: {reserve: -1}
smtp: {host: %s, port: %d, from: ledger@mail.test, tls: none}
`, c.mail.Host, c.mail.Port), 0o600))
	p := c.start()
	added, err := operate.AddService.Run(t.Context(), p.console(), operate.ServiceAdd{Name: "maps", Allow: []string{"location:navigation"}}, nil)
	fatal(t, err)
	c.key, c.notice = added.Key, p.notice()
	for range 4 {
		c.workers = append(c.workers, c.worker(p))
	}
	p.end(syscall.SIGTERM)
	return c
}

func (c *crasher) start() *process { return run(c.t, c.program, c.data, c.config, server.RoleAll) }

func (c *crasher) join(p *process) person {
	c.people++
	return p.join(c.mail, fmt.Sprintf("person-%d@example.com", c.people), "first")
}

// round loads the program, kills it, and looks at what the next start finds. One person leaves in each round, whose erasure
// may be cut anywhere, and one comes.
func (c *crasher) round(n int) {
	p := c.start()
	leaver := c.worker(p)
	var load sync.WaitGroup
	for _, w := range c.workers {
		load.Go(func() { w.work(p) })
	}
	erasure := p.want(202, "POST", "/v1/erasures", leaver.token, "").str(c.t, "id")
	signUp := p.want(202, "POST", "/v1/sign-ups", "",
		fmt.Sprintf(`{"email":"half-%d@example.com","password":%q,"region":"DE","language":"de","birth_month":"1990-05"}`, n, password))
	kill := time.NewTimer(time.Duration(rand.IntN(150)) * time.Millisecond)
	<-kill.C
	p.end(syscall.SIGKILL)
	load.Wait()

	p = c.start()
	for _, w := range c.workers {
		w.check(p)
	}
	eventually(c.t, "the erasure completes", func() bool {
		return strings.Contains(p.send("GET", "/v1/erasures/"+erasure, "", "").body, `"completed"`)
	})
	p.want(401, "GET", "/v1/me", leaver.token, "")
	c.finish(p, n, signUp)
	p.end(syscall.SIGKILL) // the next start has another unclean stop to deal with
}

// finish completes the sign-up that was answered right before the kill.
func (c *crasher) finish(p *process, n int, signUp answer) {
	id, handle := signUp.str(c.t, "verification"), signUp.str(c.t, "handle")
	to := fmt.Sprintf("half-%d@example.com", n)
	var code string
	eventually(c.t, "the code of the sign-up that was cut", func() bool {
		for _, m := range slices.Backward(c.mail.Taken()) {
			if m.To == to {
				code = strings.ReplaceAll(sixDigits.FindString(m.Parts(c.t)["text/plain"]), " ", "")
				return true
			}
		}
		return false
	})
	p.want(200, "POST", "/v1/verifications/"+id+"/check", "", fmt.Sprintf(`{"handle":%q,"code":%q}`, handle, code))
}

// whole looks at everything at the end: the log verifies, and the views are what a rebuild gives.
func (c *crasher) whole() {
	p := c.start()
	for _, w := range c.workers {
		w.check(p)
	}
	for _, command := range [][]string{{"verify"}, {"replay", "compare"}} {
		if out, err := p.command(c.program, c.config, command...); err != nil {
			c.t.Errorf("%v: %v\n%s", command, err, out)
		}
	}
	p.end(syscall.SIGTERM)
}

// worker is one person who changes things, and remembers what was answered.
type worker struct {
	c *crasher
	person
	granted   bool            // as answered last
	devices   map[string]bool // as answered
	decisions map[string]bool
	acked     int
	pending   *pending // what was under way when the program was killed
}

// pending is a request whose answer never came.
type pending struct{ method, path, body, key string }

func (c *crasher) worker(p *process) *worker {
	w := &worker{c: c, person: c.join(p), devices: map[string]bool{}, decisions: map[string]bool{}}
	w.devices[w.deviceID] = true
	return w
}

const (
	permissionPath = "/v1/me/permissions/location"
	devicesPath    = "/v1/me/devices"
	decisionsPath  = "/v1/decisions"
	maxDevices     = 15
)

// work changes one thing after another until the program is gone.
func (w *worker) work(p *process) {
	for n := 0; ; n++ {
		q := &pending{key: uuid.NewString()}
		switch {
		case n%3 == 0:
			q.method, q.path, q.body = "POST", decisionsPath, fmt.Sprintf(`{"account":%q,"permission":"location","purpose":"navigation"}`, w.account)
		case n%16 == 1 && len(w.devices) < maxDevices:
			q.method, q.path, q.body = "POST", devicesPath, `{"kind":"phone","model":"X","name":"Y"}`
		case w.granted:
			q.method, q.path, q.body = "PUT", permissionPath, `{"purpose":"navigation","state":"withdrawn"}`
		default:
			q.method, q.path, q.body = "PUT", permissionPath, fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, w.c.notice)
		}
		if !w.send(p, q) {
			w.pending = q
			return
		}
	}
}

var ids = regexp.MustCompile(`"(?:id|decision)":"([^"]+)"`)

// send sends a request and notes its answer; false when none came.
func (w *worker) send(p *process, q *pending) bool {
	header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + w.token}}
	if q.path == decisionsPath {
		header.Set("Authorization", "Bearer "+w.c.key)
	} else {
		header.Set("Idempotency-Key", q.key)
	}
	status, text, err := plain(w.c.t.Context(), q.method, p.url+q.path, header, q.body)
	if err != nil {
		return false
	}
	if status != 200 && status != 201 {
		w.c.t.Errorf("%s %s: %d %s", q.method, q.path, status, text)
		return false
	}
	w.acked++
	switch q.path {
	case permissionPath:
		w.granted = strings.Contains(q.body, `"granted"`)
	case devicesPath:
		w.devices[ids.FindStringSubmatch(text)[1]] = true
	case decisionsPath:
		w.decisions[ids.FindStringSubmatch(text)[1]] = true
		if w.granted != strings.Contains(text, `"allowed"`) {
			w.c.t.Errorf("granted %v, and the decision was %s", w.granted, text)
		}
	}
	return true
}

// check repeats what was under way, and then looks whether all is there that was answered, and nothing besides.
func (w *worker) check(p *process) {
	t := w.c.t
	if q := w.pending; q != nil && !w.send(p, q) {
		t.Errorf("%s %s cannot be repeated", q.method, q.path)
	}
	w.pending = nil
	states := p.want(200, "GET", "/v1/me/permissions", w.token, "").body
	_, states, _ = strings.Cut(states, `"permission":"location","purpose":"navigation","state":"`)
	if granted := strings.HasPrefix(states, "granted"); granted != w.granted {
		t.Errorf("the permission is granted: %v, was answered: %v", granted, w.granted)
	}
	listed := map[string]bool{}
	for _, m := range ids.FindAllStringSubmatch(p.want(200, "GET", devicesPath, w.token, "").body, -1) {
		listed[m[1]] = true
	}
	if !maps.Equal(listed, w.devices) {
		t.Errorf("devices are %v, answered were %v", listed, w.devices)
	}
	seen, page := map[string]int{}, "/v1/me/accesses?limit=200"
	for page != "" {
		a := p.want(200, "GET", page, w.token, "")
		for _, m := range regexp.MustCompile(`"id":"([^"]+)","at"`).FindAllStringSubmatch(a.body, -1) {
			seen[m[1]]++
		}
		page = ""
		if cursor, ok := a.fields["cursor"].(string); ok {
			page = "/v1/me/accesses?limit=200&cursor=" + cursor
		}
	}
	for id := range w.decisions {
		if seen[id] != 1 {
			t.Errorf("decision %s is listed %d times", id, seen[id])
		}
	}
}
