package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// snapshot is a copy of a ledger's folders, with what was acknowledged when it was taken.
type snapshot struct {
	folders
	model *model
}

// grown is everything that cases are built from.
type grown struct {
	older, newer map[string]snapshot // by how the ledger ended: clean or killed
	running      []snapshot          // taken while the server worked
	backup       string              // taken between the older and the newer ones
}

// How a ledger ended before it was copied.
const (
	clean  = "clean"
	killed = "killed"
)

// Sizes of the ledger.
const (
	peopleBefore  = 18
	peopleBetween = 10
	copiesRunning = 4
)

// grow plays the ledger's whole story: two ages, each copied after a clean stop and after a kill, and then copies
// under load.
func grow(ctx context.Context, g *grower, dir string) (*grown, error) {
	out := &grown{older: map[string]snapshot{}, newer: map[string]snapshot{}, backup: filepath.Join(dir, "backup")}
	if err := errors.Join(g.live.make(), g.live.newKey(), g.start(ctx)); err != nil {
		return nil, err
	}
	steps := []struct {
		what string
		do   func(context.Context) error
	}{
		{"office", g.office},
		{"first people", g.before},
		{"backup", func(ctx context.Context) error { return g.operator(ctx, nil, "backup", out.backup) }},
		{"older, clean", func(ctx context.Context) error { return g.copyClean(ctx, filepath.Join(dir, "a-clean"), out.older) }},
		{"older, killed", func(ctx context.Context) error { return g.copyKilled(ctx, filepath.Join(dir, "a-killed"), out.older) }},
		{"further people", g.between},
		{"newer, clean", func(ctx context.Context) error { return g.copyClean(ctx, filepath.Join(dir, "b-clean"), out.newer) }},
		{"newer, killed", func(ctx context.Context) error { return g.copyKilled(ctx, filepath.Join(dir, "b-killed"), out.newer) }},
		{"copies under load", func(ctx context.Context) (err error) {
			out.running, err = g.copyRunning(ctx, dir)
			return err
		}},
	}
	for _, step := range steps {
		if err := step.do(ctx); err != nil {
			g.server.kill()
			return nil, fmt.Errorf("growing the ledger, %s: %w", step.what, err)
		}
	}
	return out, g.stop()
}

// before has the first people join, and one of them leave.
func (g *grower) before(ctx context.Context) error {
	if err := g.come(ctx, peopleBefore); err != nil {
		return err
	}
	if err := g.look(ctx, g.model.People[2:8]); err != nil {
		return err
	}
	return g.erase(ctx, g.model.People[len(g.model.People)-1])
}

// between makes the newer ledger differ everywhere from the older one: further people, changes to the first ones,
// looks, and an erasure of somebody whom the older one still knows.
func (g *grower) between(ctx context.Context) error {
	if err := g.come(ctx, peopleBetween); err != nil {
		return err
	}
	for i, p := range g.model.People[2:8] {
		for id := range p.Devices {
			if err := g.rename(ctx, p, id, fmt.Sprintf("Renamed %d", i)); err != nil {
				return err
			}
			break
		}
		for _, u := range g.uses[:2] {
			if err := g.decide(ctx, p, u, !p.Decided[u.key()]); err != nil {
				return err
			}
		}
	}
	if err := g.look(ctx, g.model.People[4:14]); err != nil {
		return err
	}
	everywhere := g.model.People[9]
	if _, err := g.client.want(ctx, 204, question{method: "DELETE", path: "/v1/sessions", token: everywhere.Token}); err != nil {
		return err
	}
	return errors.Join(g.signIn(ctx, everywhere), g.erase(ctx, g.model.People[12]))
}

// come has people sign up, link devices, rename and unlink some, and set permissions.
func (g *grower) come(ctx context.Context, n int) error {
	for i := range n {
		p, err := g.join(ctx)
		if err != nil {
			return err
		}
		var ids []string
		for d := range 1 + i%3 {
			id, err := g.link(ctx, p, fmt.Sprintf("Device %d of %d", d, g.numbers))
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		for n, u := range g.uses[:3] {
			if err := g.decide(ctx, p, u, true); err != nil {
				return err
			}
			if (i+n)%3 == 0 {
				if err := g.decide(ctx, p, u, false); err != nil {
					return err
				}
			}
		}
		if i%3 == 1 {
			if err := errors.Join(g.rename(ctx, p, ids[0], fmt.Sprintf("The old one of %d", g.numbers))); err != nil {
				return err
			}
		}
		if i%3 == 2 {
			if err := g.unlink(ctx, p, ids[1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// look has services ask and an officer look.
func (g *grower) look(ctx context.Context, all []*person) error {
	token, err := officer(ctx, g.client)
	if err != nil {
		return err
	}
	why := func(o object) object { o["purpose"], o["case"] = "subject_request", "DSR-2026-0042"; return o }
	for _, p := range all {
		for _, s := range g.model.Services {
			if _, err := g.client.want(ctx, 200, s.asks(p)); err != nil {
				return err
			}
		}
		if _, err := g.client.want(ctx, 200, question{method: "POST", path: "/v1/lookups", token: token, body: why(object{"email": p.Email})}); err != nil {
			return err
		}
		if _, err := g.client.want(ctx, 200, question{method: "POST", path: "/v1/accounts/" + p.Account + "/reveal", token: token,
			body: why(object{"parts": []string{"email", "device_names"}})}); err != nil {
			return err
		}
	}
	return nil
}

// asks is a service's query about somebody.
func (s service) asks(p *person) question {
	return question{method: "POST", path: "/v1/decisions", token: s.Key,
		body: object{"account": p.Account, "permission": s.Permission, "purpose": s.Purpose}}
}

// newPending has somebody sign up who never enters the code.
func (g *grower) newPending(ctx context.Context) (err error) {
	email, password := g.next()
	g.model.Pending, err = g.signUp(ctx, email, password)
	return err
}

// readCode reads the code of the pending sign-up.
func (g *grower) readCode(ctx context.Context, m *model) error {
	letter, err := g.mail.next(ctx, m.Pending.Email, 0, mailPatience)
	m.Pending.Code = letter.code()
	return err
}

// copyClean records the ledger, stops it, copies it, and starts it again.
func (g *grower) copyClean(ctx context.Context, dir string, into map[string]snapshot) error {
	if err := g.newPending(ctx); err != nil {
		return err
	}
	if err := g.readCode(ctx, &g.model); err != nil {
		return err
	}
	g.model.Taken, g.model.Exact = g.model.People[3].Email, true
	if err := g.model.record(ctx, g.client); err != nil {
		return err
	}
	if err := g.stop(); err != nil {
		return err
	}
	into[clean] = snapshot{folders{dir}, g.model.clone()}
	return errors.Join(g.live.copyTo(folders{dir}, false), g.start(ctx))
}

// killTries is how often a kill is tried until it leaves the last change only in the vault's write-ahead log.
const killTries = 10

// copyKilled records the ledger, has somebody change something, kills the server as soon as that is acknowledged, copies the
// ledger, and starts it again. It repeats this until the key of the change is only in the vault's write-ahead log: otherwise nothing
// would depend on that file.
func (g *grower) copyKilled(ctx context.Context, dir string, into map[string]snapshot) error {
	for range killTries {
		then, device, err := g.killOnce(ctx, dir)
		if err != nil {
			return err
		}
		into[killed] = then
		vault, err := os.ReadFile(then.path("data/vault/vault.db"))
		if err != nil {
			return err
		}
		if !bytes.Contains(vault, []byte(device)) { // key names in it are not encrypted
			return nil
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return errors.New("no kill left the last change only in the vault's write-ahead log")
}

func (g *grower) killOnce(ctx context.Context, dir string) (then snapshot, device string, err error) {
	fresh := g.model.People[0]
	fresh.Fresh, g.model.Exact = true, false
	if err = g.model.record(ctx, g.client); err != nil {
		return then, "", err
	}
	if err = errors.Join(g.newPending(ctx), g.signIn(ctx, fresh), g.decide(ctx, fresh, g.uses[0], !fresh.Decided[g.uses[0].key()])); err != nil {
		return then, "", err
	}
	device, err = g.link(ctx, fresh, fmt.Sprintf("Linked last by %d", g.numbers))
	g.kill()
	if err != nil {
		return then, "", err
	}
	then = snapshot{folders{dir}, g.model.clone()}
	fresh.Fresh = false
	if err = errors.Join(g.live.copyTo(folders{dir}, false), g.start(ctx)); err != nil {
		return then, "", err
	}
	err = g.readCode(ctx, &g.model) // it is the same whether it was sent before the kill or after it
	then.model.Pending = g.model.Pending
	return then, device, err
}
