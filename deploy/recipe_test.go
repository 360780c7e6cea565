package deploy_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"accountledger/notify/smtp/smtptest"
)

const password = "correct-horse-battery"

// block is one piece of shell in README.md, with the heading above it.
type block struct{ heading, text string }

var fenced = regexp.MustCompile("(?s)```sh\n(.*?)```")

// blocks are those of README.md, in order.
func blocks(t *testing.T) (out []block) {
	t.Helper()
	b, err := os.ReadFile("README.md")
	fatal(t, err)
	for _, part := range regexp.MustCompile(`(?m)^#+ `).Split(string(b), -1) {
		heading, _, _ := strings.Cut(part, "\n")
		for _, m := range fenced.FindAllStringSubmatch(part, -1) {
			out = append(out, block{heading, m[1]})
		}
	}
	return out
}

// recipe is README.md, pasted into a container.
type recipe struct {
	*container
	all  []block
	done map[int]bool
}

// paste runs the blocks under the headings that begin so, each once and as written, for a root whose files nobody else can
// read by default; the function that one of them defines is there in all.
func (r *recipe) paste(headings ...string) (out string) {
	r.t.Helper()
	for _, h := range headings {
		found := false
		for i, b := range r.all {
			if !strings.HasPrefix(b.heading, h) {
				continue
			}
			found = true
			r.done[i] = true
			out += r.run("umask 077\n" + r.prelude() + b.text)
		}
		if !found {
			r.t.Fatalf("README.md has no commands under %q", h)
		}
	}
	return out
}

// prelude is what root's shell knows of the recipe.
func (r *recipe) prelude() string {
	for _, b := range r.all {
		if strings.HasPrefix(b.text, "ledger() {") {
			return b.text
		}
	}
	r.t.Fatal("README.md defines no function ledger")
	return ""
}

// ledger runs an operator's command as README.md does.
func (r *recipe) ledger(args string) string {
	r.t.Helper()
	return r.run(r.prelude() + "ledger " + args)
}

// as is ledger, with an answer in JSON.
func (r *recipe) as(args string, into any) {
	r.t.Helper()
	out := r.run(r.prelude() + "ledger " + args + " --json 2>/dev/null")
	if err := json.Unmarshal([]byte(out), into); err != nil {
		r.t.Fatalf("%s: %v\n%s", args, err, out)
	}
}

// call sends a request and gives a field of the answer.
func (r *recipe) call(method, path, token, body, field string) string {
	r.t.Helper()
	if token != "" {
		token = "-H 'Authorization: Bearer " + token + "'"
	}
	if body != "" {
		body = "-H 'Content-Type: application/json' -d '" + body + "'"
	}
	out := r.run(fmt.Sprintf("curl -sf -X %s http://127.0.0.1:8080%s %s %s", method, path, token, body))
	if field == "" {
		return out
	}
	var all map[string]any
	fatal(r.t, json.Unmarshal([]byte(out), &all))
	text, ok := all[field].(string)
	if !ok {
		r.t.Fatalf("%s %s: no %s in %s", method, path, field, out)
	}
	return text
}

var sixDigits = regexp.MustCompile(`\b\d{3} ?\d{3}\b`)

// join signs somebody up, and in.
func (r *recipe) join(mail *smtptest.Server, email string) (token string) {
	r.t.Helper()
	before := len(mail.Taken())
	out := r.call("POST", "/v1/sign-ups", "", fmt.Sprintf(`{"email":%q,"password":%q,"region":"DE","language":"en","birth_month":"1990-05"}`, email, password), "")
	var up struct{ Verification, Handle string }
	fatal(r.t, json.Unmarshal([]byte(out), &up, json.MatchCaseInsensitiveNames(true)))
	m, _ := mail.WaitFor(r.t, before, email)
	code := strings.ReplaceAll(sixDigits.FindString(m.Parts(r.t)["text/plain"]), " ", "")
	r.call("POST", "/v1/verifications/"+up.Verification+"/check", "", fmt.Sprintf(`{"handle":%q,"code":%q}`, up.Handle, code), "account")
	return r.signIn(email)
}

func (r *recipe) signIn(email string) string {
	r.t.Helper()
	return r.call("POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password), "token")
}

// restart ends and starts the service, and waits until it is ready.
func (r *recipe) restart() {
	r.t.Helper()
	r.run("systemctl restart accountledger\n" + ready)
}

const ready = "curl -sf --retry 30 --retry-delay 1 --retry-connrefused http://127.0.0.1:8080/readyz"

// contains fails unless a text holds all of these.
func contains(t *testing.T, text string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}
