package main

import (
	"context"
	"fmt"
	"time"
)

// viewNames are all views, in the order they are queried.
func viewNames() []string {
	return []string{"accounts", "permissions", "devices", "accesses", "activity", "sign_ins", "daily"}
}

// record stores the ledger's current answers in the model, after checking them against what was acknowledged: a ledger that is
// wrong before it is damaged is no basis to judge from.
func (m *model) record(ctx context.Context, c *client) error {
	m.At = time.Now().UTC()
	for _, p := range m.People {
		p.Shown = map[string]any{}
		for _, path := range pages() {
			r, err := c.want(ctx, 200, question{method: "GET", path: path, token: p.Token})
			if err != nil {
				return err
			}
			p.Shown[path] = r.body
		}
		if err := p.agrees(); err != nil {
			return err
		}
	}
	token, err := officer(ctx, c)
	if err != nil {
		return err
	}
	m.Docs = map[string]map[string]object{}
	for _, name := range viewNames() {
		docs, r := m.documents(ctx, c, name, token)
		if docs == nil {
			return fmt.Errorf("view %s: %s", name, r)
		}
		m.Docs[name] = docs
	}
	return nil
}

// agrees compares what a person sees with what was acknowledged to them.
func (p *person) agrees() error {
	if me, _ := p.Shown[mePath].(object); me["email"] != p.Email || me["account"] != p.Account {
		return fmt.Errorf("%s is shown %v", p.Email, me)
	}
	devices := byKey(p.Shown[devicesPath], "devices", "id")
	if len(devices) != len(p.Devices) {
		return fmt.Errorf("%s has %d devices, acknowledged are %d", p.Email, len(devices), len(p.Devices))
	}
	for id, d := range p.Devices {
		if devices[id]["name"] != d["name"] {
			return fmt.Errorf("%s: device %s is %v, acknowledged is %v", p.Email, id, devices[id], d)
		}
	}
	states := p.states(p.Shown[permissionsPath])
	for use, granted := range p.Decided {
		if states[use] != granted {
			return fmt.Errorf("%s: %s is granted: %v, acknowledged is %v", p.Email, use, states[use], granted)
		}
	}
	return nil
}

// states returns which permissions a list shows as granted.
func (p *person) states(shown any) map[string]bool {
	out := map[string]bool{}
	body, _ := shown.(object)
	all, _ := body["permissions"].([]any)
	for _, one := range all {
		o, _ := one.(object)
		out[fmt.Sprintf("%v:%v", o["permission"], o["purpose"])] = o["state"] == "granted"
	}
	return out
}

// byKey orders the objects of a list in an answer by one of their fields.
func byKey(body any, list, key string) map[string]object {
	out := map[string]object{}
	o, _ := body.(object)
	all, _ := o[list].([]any)
	for _, one := range all {
		if item, ok := one.(object); ok {
			id, _ := item[key].(string)
			out[id] = item
		}
	}
	return out
}

func officer(ctx context.Context, c *client) (token string, err error) {
	r, err := c.want(ctx, 201, question{method: "POST", path: "/v1/sessions",
		body: object{"email": officerEmail, "password": officerPassword, "staff": true}})
	return r.str("token"), err
}

// documents are the documents of a view that the model covers: of those that can change later, only quiet people's, and of
// append-only ones, those that existed at m.At. nil if the view did not answer.
func (m *model) documents(ctx context.Context, c *client, name, token string) (map[string]object, reply) {
	path := "/v1/views/" + name + "/query"
	first := c.ask(ctx, question{method: "POST", path: path, token: token, body: object{"limit": 1}})
	if first.status != 200 {
		return nil, first
	}
	in := object{"limit": 1000}
	switch name {
	case "accesses", "activity":
		in["filter"] = object{"field": "at", "op": "lte", "value": m.At.Format(time.RFC3339Nano)}
	case "sign_ins":
		in["filter"] = object{"field": "started", "op": "lte", "value": m.At.Format(time.RFC3339Nano)}
	}
	out := map[string]object{}
	for {
		r := c.ask(ctx, question{method: "POST", path: path, token: token, body: in, least: first.position})
		if r.status != 200 {
			return nil, r
		}
		for id, d := range byKey(r.body, "documents", "id") {
			if m.speaksOf(name, id, d) {
				out[id] = d
			}
		}
		cursor := r.str("cursor")
		if cursor == "" {
			return out, r
		}
		in["cursor"] = cursor
	}
}

func (m *model) speaksOf(view, id string, d object) bool {
	switch view {
	case "accounts":
		return m.quiet(id)
	case "permissions", "devices", "sign_ins":
		account, _ := d["account"].(string)
		return m.quiet(account)
	}
	return true
}
