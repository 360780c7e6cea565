package main

import (
	"context"
	"fmt"
)

// looks compares what an officer finds and sees.
func (c *checker) looks(ctx context.Context) {
	if c.officer == "" {
		return
	}
	for _, p := range c.sample(8) {
		if r := c.lookUp(ctx, p.Email); r.status != 200 {
			c.failed("looking up "+p.Email, r)
		} else if r.str("account") != p.Account {
			c.found(gone, "looking up %s: %s", p.Email, r)
		}
	}
	for _, p := range c.sample(4) {
		r := c.ask(ctx, question{method: "POST", path: "/v1/accounts/" + p.Account + "/reveal", token: c.officer,
			body: object{"purpose": "subject_request", "case": "DSR-2026-0043", "parts": []string{"email", "device_names"}}})
		switch {
		case r.status != 200:
			c.failed("revealing "+p.Email, r)
		case fmt.Sprint(r.body["emails"]) != "["+p.Email+"]":
			c.found(gone, "revealing %s: %s", p.Email, r)
		case !p.Busy:
			shown := byKey(r.body, "devices", "id")
			for id, d := range p.Devices {
				if shown[id]["name"] != d["name"] {
					c.found(gone, "revealing %s: device %s is %v, acknowledged is %v", p.Email, id, shown[id], d)
				}
			}
		}
	}
}

func (c *checker) signIns(ctx context.Context) {
	for _, p := range c.sample(3) {
		r := c.ask(ctx, question{method: "POST", path: "/v1/sessions", body: object{"email": p.Email, "password": p.Password}})
		if r.status != 201 {
			c.failed("the sign-in of "+p.Email, r)
		} else if r.str("account") != p.Account {
			c.found(differs, "the sign-in of %s: %s", p.Email, r)
		}
	}
}

// decisions has services ask, and checks that the person sees it.
func (c *checker) decisions(ctx context.Context) {
	for i, p := range c.sample(5) {
		if p.Busy {
			continue
		}
		s := c.model.Services[i%len(c.model.Services)]
		want := "denied"
		if p.Decided[s.Permission+":"+s.Purpose] {
			want = "allowed"
		}
		r := c.ask(ctx, s.asks(p))
		if r.status != 200 {
			c.failed("a service asking about "+p.Email, r)
			continue
		}
		if r.str("outcome") != want {
			c.found(differs, "a service asking about %s: %s, acknowledged is %s", p.Email, r, want)
		}
		seen := c.ask(ctx, question{method: "GET", path: accessesPath, token: p.Token})
		if seen.status != 200 {
			c.failed(p.Email+" "+accessesPath, seen)
			return // each such answer takes seconds
		}
		if byKey(seen.body, "accesses", "id")[r.str("decision")] == nil {
			c.found(gone, "%s does not see decision %s", p.Email, r.str("decision"))
		}
	}
}

// letters has the program send messages: somebody signs up with a taken address, and the pending sign-up is finished.
func (c *checker) letters(ctx context.Context) {
	m := c.model
	r := c.ask(ctx, question{method: "POST", path: "/v1/sign-ups", body: object{"email": m.Taken, "password": "another-horse-battery",
		"region": "DE", "language": "en", "birth_month": "1990-05"}})
	if r.status != 202 {
		c.failed("signing up with a taken address", r)
	} else if letter, err := c.mail.next(ctx, m.Taken, 0, letterPatience); err != nil {
		c.found(gone, "signing up with a taken address: %s", err)
	} else if letter.code() != "" {
		c.found(gone, "signing up with the address of %s: a code was sent, as for a free one", m.Taken)
	}
	c.finish(ctx)
}

// finish enters the code of the pending sign-up, and requests another one if it has expired.
func (c *checker) finish(ctx context.Context) {
	m := c.model.Pending
	r := c.enter(ctx, m.Code)
	if r.status != 410 && r.status != 422 {
		if r.status != 200 {
			c.failed("finishing a sign-up", r)
		}
		return
	}
	before := c.mail.count(m.Email)
	again := c.ask(ctx, question{method: "POST", path: "/v1/verifications/" + m.Verification + "/resend", body: object{"handle": m.Handle}})
	if again.status >= 300 || again.status < 200 {
		c.failed("another code for a sign-up", again)
		return
	}
	letter, err := c.mail.next(ctx, m.Email, before, letterPatience)
	if err != nil {
		c.found(gone, "another code for a sign-up: %s", err)
	} else if r := c.enter(ctx, letter.code()); r.status != 200 {
		c.failed("finishing a sign-up with another code", r)
	}
}

func (c *checker) enter(ctx context.Context, code string) reply {
	m := c.model.Pending
	return c.ask(ctx, question{method: "POST", path: "/v1/verifications/" + m.Verification + "/check", body: object{"handle": m.Handle, "code": code}})
}

// deeper requests what a check leaves out, if verify reports a fault: everything that can be opened of everybody.
func (m *model) deeper(ctx context.Context, s *process, mail *sink) []finding {
	c := &checker{client: newClient(s.url, pause), model: m, mail: mail}
	defer c.close()
	if c.signInOfficer(ctx); c.officer == "" {
		return c.findings
	}
	for _, p := range m.People {
		for what, q := range map[string]question{
			"sessions of": {method: "GET", path: "/v1/sessions", token: p.Token},
			"sign-in of":  {method: "POST", path: "/v1/sessions", body: object{"email": p.Email, "password": p.Password}},
			"revealing of": {method: "POST", path: "/v1/accounts/" + p.Account + "/reveal", token: c.officer,
				body: object{"purpose": "subject_request", "case": "DSR-2026-0044",
					"parts": []string{"email", "birth_month", "device_models", "device_names", "clients"}}},
		} {
			if r := c.ask(ctx, q); r.status >= 300 || r.status < 200 {
				c.failed(what+" "+p.Email, r)
			}
		}
		if len(c.findings) >= maxFindings {
			break
		}
	}
	c.comeBack(ctx)
	return c.findings
}
