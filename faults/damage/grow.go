package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// grower creates the ledger that is damaged later, and keeps the model of it.
type grower struct {
	program program
	live    folders
	mail    *sink
	server  *process
	client  *client
	model   model
	notices map[string]string // by permission
	uses    []use
	numbers int // people so far
}

// use is one use of people's data that the catalogue knows.
type use struct{ permission, purpose string }

func (u use) key() string { return u.permission + ":" + u.purpose }

// mailPatience is how long a message may take.
const mailPatience = 20 * time.Second

func (g *grower) start(ctx context.Context) (err error) {
	if g.server, err = g.program.serve(ctx, g.live, g.mail); err != nil {
		return err
	}
	g.client = newClient(g.server.url, time.Minute)
	if g.notices == nil {
		return g.catalogue(ctx)
	}
	return nil
}

func (g *grower) stop() error {
	g.client.close()
	return g.server.stop()
}

func (g *grower) kill() {
	g.server.kill()
	g.client.close()
}

func (g *grower) catalogue(ctx context.Context) error {
	r, err := g.client.want(ctx, 200, question{method: "GET", path: "/v1/catalogue?language=en"})
	if err != nil {
		return err
	}
	g.notices = map[string]string{}
	all, _ := r.body["permissions"].([]any)
	for _, one := range all {
		p, _ := one.(object)
		name, _ := p["permission"].(string)
		notice, _ := p["notice"].(object)
		g.notices[name], _ = notice["id"].(string)
		purposes, _ := p["purposes"].([]any)
		for _, two := range purposes {
			purpose, _ := two.(object)
			key, _ := purpose["purpose"].(string)
			g.uses = append(g.uses, use{name, key})
		}
	}
	if len(g.uses) < 3 {
		return fmt.Errorf("the catalogue has %d purposes", len(g.uses))
	}
	return nil
}

// office connects services and enrols an officer.
func (g *grower) office(ctx context.Context) error {
	for i, u := range g.uses[:2] {
		var added struct {
			Key string `json:"key"`
		}
		if err := g.operator(ctx, &added, "service", "add", "--json", "--name", fmt.Sprintf("service-%d", i), "--allow", u.key()); err != nil {
			return err
		}
		g.model.Services = append(g.model.Services, service{added.Key, u.permission, u.purpose})
	}
	var added struct {
		Code string `json:"code"`
	}
	if err := g.operator(ctx, &added, "staff", "add", "--json", "--email", officerEmail, "--role", "compliance"); err != nil {
		return err
	}
	_, err := g.client.want(ctx, 200, question{method: "POST", path: "/v1/enrolments", body: object{"code": added.Code, "password": officerPassword}})
	return err
}

// operator runs a command and decodes its JSON.
func (g *grower) operator(ctx context.Context, out any, args ...string) error {
	stdout, stderr, code, err := g.server.command(ctx, args...)
	if err == nil && code != 0 {
		err = errors.New(stderr)
	}
	if err == nil && out != nil {
		err = json.Unmarshal([]byte(stdout), out)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// signUp requests an account.
func (g *grower) signUp(ctx context.Context, email, password string) (pending, error) {
	languages, regions := []string{"en", "de"}, []string{"DE", "FR", "ES", "NL", "PL"}
	r, err := g.client.want(ctx, 202, question{method: "POST", path: "/v1/sign-ups", body: object{"email": email, "password": password,
		"region": regions[g.numbers%len(regions)], "language": languages[g.numbers%len(languages)],
		"birth_month": fmt.Sprintf("%d-%02d", 1960+g.numbers, 1+g.numbers%12)}})
	return pending{Email: email, Verification: r.str("verification"), Handle: r.str("handle")}, err
}

// next is the address and password of the next person.
func (g *grower) next() (email, password string) {
	g.numbers++
	return fmt.Sprintf("person-%d@example.com", g.numbers), fmt.Sprintf("correct-horse-battery-%d", g.numbers)
}

// join takes somebody from the sign-up to a first session.
func (g *grower) join(ctx context.Context) (*person, error) {
	email, password := g.next()
	asked, err := g.signUp(ctx, email, password)
	if err != nil {
		return nil, err
	}
	m, err := g.mail.next(ctx, email, 0, mailPatience)
	if err != nil {
		return nil, err
	}
	r, err := g.client.want(ctx, 200, question{method: "POST", path: "/v1/verifications/" + asked.Verification + "/check",
		body: object{"handle": asked.Handle, "code": m.code()}})
	if err != nil {
		return nil, err
	}
	p := &person{Email: email, Password: password, Account: r.str("account"), Devices: map[string]object{}, Decided: map[string]bool{}, Maybe: map[string]bool{}}
	g.model.People = append(g.model.People, p)
	return p, g.signIn(ctx, p)
}

func (g *grower) signIn(ctx context.Context, p *person) error {
	r, err := g.client.want(ctx, 201, question{method: "POST", path: "/v1/sessions", body: object{"email": p.Email, "password": p.Password}})
	p.Token = r.str("token")
	return err
}

// link links a device and returns its id.
func (g *grower) link(ctx context.Context, p *person, name string) (string, error) {
	kinds := []string{"phone", "watch", "band"}
	r, err := g.client.want(ctx, 201, question{method: "POST", path: devicesPath, token: p.Token,
		body: object{"kind": kinds[len(p.Devices)%len(kinds)], "model": "Model of " + name, "name": name}})
	if err == nil {
		p.Devices[r.str("id")] = r.body
	}
	return r.str("id"), err
}

func (g *grower) rename(ctx context.Context, p *person, id, name string) error {
	_, err := g.client.want(ctx, 200, question{method: "PATCH", path: devicesPath + "/" + id, token: p.Token, body: object{"name": name}})
	if err == nil {
		changed := copied(p.Devices[id])
		changed["name"] = name
		p.Devices[id] = changed
	}
	return err
}

func (g *grower) unlink(ctx context.Context, p *person, id string) error {
	_, err := g.client.want(ctx, 204, question{method: "DELETE", path: devicesPath + "/" + id, token: p.Token})
	delete(p.Devices, id)
	return err
}

// decide grants or withdraws a permission.
func (g *grower) decide(ctx context.Context, p *person, u use, grant bool) error {
	in := object{"purpose": u.purpose, "state": "withdrawn"}
	if grant {
		in["state"], in["notice"] = "granted", g.notices[u.permission]
	}
	_, err := g.client.want(ctx, 200, question{method: "PUT", path: permissionsPath + "/" + u.permission, token: p.Token, body: in})
	if err == nil {
		p.Decided[u.key()] = grant
	}
	return err
}

// erase erases somebody and waits until the answer is completed.
func (g *grower) erase(ctx context.Context, p *person) error {
	r, err := g.client.want(ctx, 202, question{method: "POST", path: "/v1/erasures", token: p.Token})
	if err != nil {
		return err
	}
	gone := erased{p.Email, p.Password, p.Token, p.Account, r.str("id")}
	ctx, cancel := context.WithTimeout(ctx, mailPatience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := g.client.want(ctx, 200, question{method: "GET", path: "/v1/erasures/" + gone.Erasure})
		if err != nil {
			return err
		}
		if r.str("state") == "completed" {
			break
		}
		<-tick.C
	}
	g.model.Erased = append(g.model.Erased, gone)
	for i := range g.model.People {
		if g.model.People[i] == p {
			g.model.People = append(g.model.People[:i:i], g.model.People[i+1:]...)
			break
		}
	}
	return nil
}
