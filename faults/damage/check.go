package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// class is how an answer differs from what was acknowledged.
type class string

const (
	gone        class = "gone"        // something acknowledged is missing
	back        class = "back"        // something destroyed is there again
	differs     class = "differs"     // anything else
	unavailable class = "unavailable" // a 503
	internal    class = "internal"    // a 500, which does not say that it is temporary
)

// finding is one answer that differs from what was acknowledged.
type finding struct {
	Class class  `json:"class"`
	What  string `json:"what"`
}

func (f finding) String() string { return string(f.Class) + ": " + f.What }

// Bounds of a check.
const (
	// maxFindings ends a check: further findings seldom add anything.
	maxFindings = 12
	// checkPatience is for everything that heals during a check.
	checkPatience = 12 * time.Second
	// letterPatience is how long a message may take.
	letterPatience = 15 * time.Second
)

// checker asks a server for everything in a model.
type checker struct {
	*client
	model    *model
	mail     *sink
	officer  string
	findings []finding
}

// check returns all answers that differ from what was acknowledged.
func (m *model) check(ctx context.Context, s *process, mail *sink) []finding {
	c := &checker{client: newClient(s.url, checkPatience), model: m, mail: mail}
	defer c.close()
	for _, step := range []func(context.Context){c.pages, c.signInOfficer, c.documents, c.erasures, c.looks, c.signIns, c.decisions, c.letters} {
		if step(ctx); len(c.findings) >= maxFindings {
			break
		}
	}
	return c.findings
}

func (c *checker) found(as class, format string, args ...any) {
	c.findings = append(c.findings, finding{as, strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ")})
}

// failed records an answer with the wrong status.
func (c *checker) failed(what string, r reply) {
	as := differs
	switch r.status {
	case 503:
		as = unavailable
	case 500:
		as = internal
	case 401, 403, 404, 410:
		as = gone
	}
	c.found(as, "%s: %s", what, r)
}

// pages compares what people see of themselves. Once a view is down, nothing more is requested from it, since each
// such answer takes seconds.
func (c *checker) pages(ctx context.Context) {
	down := map[string]bool{}
	for _, p := range c.model.People {
		for _, path := range pages() {
			if down[path] {
				continue
			}
			r := c.ask(ctx, question{method: "GET", path: path, token: p.Token})
			down[path] = r.status == 503 && path == accessesPath
			if r.status != 200 {
				c.failed(p.Email+" "+path, r)
			} else {
				c.page(p, path, r)
			}
			if len(c.findings) >= maxFindings {
				return
			}
		}
	}
}

func (c *checker) page(p *person, path string, r reply) {
	shown, _ := p.Shown[path].(object)
	switch {
	case path == devicesPath && (p.Fresh || p.Busy):
		c.devices(p, byKey(r.body, "devices", "id"))
	case path == permissionsPath && p.Fresh:
		states := p.states(r.body)
		for use, granted := range p.Decided {
			if states[use] != granted {
				c.found(gone, "%s: %s is granted: %v, acknowledged is %v", p.Email, use, states[use], granted)
			}
		}
	case path == permissionsPath && p.Busy:
	case path == historyPath && (p.Fresh || p.Busy):
		c.ends(p.Email+" "+path, shown["entries"], r.body["entries"])
	case path == accessesPath && p.Busy:
		c.ends(p.Email+" "+path, shown["accesses"], r.body["accesses"])
	case !reflect.DeepEqual(r.body, shown):
		c.found(lessOrOther(shown, r.body), "%s %s: %s", p.Email, path, difference(shown, r.body))
	}
}

// devices compares the devices of somebody who changed some after their pages were recorded.
func (c *checker) devices(p *person, got map[string]object) {
	for id, d := range p.Devices {
		if !reflect.DeepEqual(got[id], d) {
			c.found(lessOrOther(d, got[id]), "%s: device %s is %v, acknowledged is %v", p.Email, id, got[id], d)
		}
	}
	for id, d := range got {
		name, _ := d["name"].(string)
		if p.Devices[id] == nil && !p.Maybe[name] {
			c.found(differs, "%s: device %s, %v, was never acknowledged", p.Email, id, d)
		}
	}
}

// ends checks that a list, newest first, ends with what was recorded.
func (c *checker) ends(what string, want, got any) {
	w, _ := want.([]any)
	g, _ := got.([]any)
	if len(g) < len(w) || !reflect.DeepEqual(g[len(g)-len(w):], w) {
		c.found(gone, "%s: %d entries do not end with the %d recorded", what, len(g), len(w))
	}
}

// lessOrOther returns whether an answer lacks something or differs in another way.
func lessOrOther(want, got any) class {
	switch w := want.(type) {
	case object:
		g, _ := got.(object)
		for k, v := range w {
			if !reflect.DeepEqual(v, g[k]) {
				return lessOrOther(v, g[k])
			}
		}
	case []any:
		g, _ := got.([]any)
		if len(g) < len(w) {
			return gone
		}
		for i, v := range w {
			if !reflect.DeepEqual(v, g[i]) {
				return lessOrOther(v, g[i])
			}
		}
	default:
		if got == nil || got == "" {
			return gone
		}
	}
	return differs
}

// difference names the first fields in which two answers differ.
func difference(want, got any) string {
	w, _ := want.(object)
	g, _ := got.(object)
	for _, k := range sortedKeys(w, g) {
		if a, b := w[k], g[k]; !reflect.DeepEqual(a, b) {
			return fmt.Sprintf("%s is %.200v, acknowledged is %.200v", k, b, a)
		}
	}
	return fmt.Sprintf("%.200v, acknowledged is %.200v", got, want)
}

func sortedKeys(all ...object) []string {
	var out []string
	for _, o := range all {
		for k := range o {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (c *checker) signInOfficer(ctx context.Context) {
	r := c.ask(ctx, question{method: "POST", path: "/v1/sessions", body: object{"email": officerEmail, "password": officerPassword, "staff": true}})
	if c.officer = r.str("token"); r.status != 201 {
		c.failed("the officer's sign-in", r)
	}
}

// documents compares the views.
func (c *checker) documents(ctx context.Context) {
	if c.officer == "" {
		return
	}
	for _, name := range viewNames() {
		got, r := c.model.documents(ctx, c.client, name, c.officer)
		if got == nil {
			c.failed("view "+name, r)
			continue
		}
		want := c.model.Docs[name]
		for id, d := range want {
			if c.sameDocument(name, d, got[id]) {
				continue
			}
			c.found(lessOrOther(d, got[id]), "view %s: document %s is %v, was %v", name, id, got[id], d)
			break
		}
		if len(got) > len(want) && (name != "daily" || c.model.Exact) {
			c.found(differs, "view %s has %d documents, had %d", name, len(got), len(want))
		}
	}
}

// sameDocument compares two documents; a day's counts may have grown if something happened after they were recorded.
func (c *checker) sameDocument(view string, want, got object) bool {
	if view != "daily" || c.model.Exact || got == nil {
		return reflect.DeepEqual(want, got)
	}
	before, _ := want["events"].(float64)
	after, _ := got["events"].(float64)
	return after >= before
}

// erasures checks that erased people stay erased.
func (c *checker) erasures(ctx context.Context) {
	for _, e := range c.model.Erased {
		if r := c.ask(ctx, question{method: "GET", path: "/v1/erasures/" + e.Erasure}); r.status != 200 {
			c.failed("the erasure of "+e.Email, r)
		} else if r.str("state") != "completed" {
			c.found(gone, "the erasure of %s is %s", e.Email, r.str("state"))
		}
	}
	c.comeBack(ctx)
}

// comeBack checks that nobody erased can be found or can sign in.
func (c *checker) comeBack(ctx context.Context) {
	for _, e := range c.model.Erased {
		for _, q := range []question{
			{method: "POST", path: "/v1/sessions", body: object{"email": e.Email, "password": e.Password}},
			{method: "GET", path: mePath, token: e.Token},
		} {
			switch r := c.ask(ctx, q); {
			case r.status >= 200 && r.status < 300:
				c.found(back, "%s, who was erased: %s %s: %s", e.Email, q.method, q.path, r)
			case r.status != 401:
				c.failed(e.Email+", who was erased: "+q.path, r)
			}
		}
		if r := c.lookUp(ctx, e.Email); r.status == 200 && r.body["found"] == true {
			c.found(back, "%s, who was erased, is found", e.Email)
		} else if r.status != 200 && c.officer != "" {
			c.failed("looking up "+e.Email, r)
		}
	}
}

func (c *checker) lookUp(ctx context.Context, email string) reply {
	return c.ask(ctx, question{method: "POST", path: "/v1/lookups", token: c.officer,
		body: object{"email": email, "purpose": "subject_request", "case": "DSR-2026-0043"}})
}

// sample is some people: the one of the last change, some of each age.
func (c *checker) sample(n int) []*person {
	all := c.model.People
	out := []*person{all[0], all[len(all)-1]}
	for i := 1; len(out) < n && i < len(all)-1; i += max(1, len(all)/n) {
		out = append(out, all[i])
	}
	return out
}
