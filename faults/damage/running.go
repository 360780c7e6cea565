package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
)

// copyRunning copies the folders while people change things, from the first file to the last or the reverse.
func (g *grower) copyRunning(ctx context.Context, dir string) (out []snapshot, err error) {
	busy := g.model.People[len(g.model.People)-4:]
	for _, p := range busy {
		p.Busy = true
	}
	g.model.Exact = false
	for n := range copiesRunning {
		if err := g.model.record(ctx, g.client); err != nil {
			return nil, err
		}
		s := snapshot{folders{filepath.Join(dir, fmt.Sprintf("running-%d", n))}, g.model.clone()}
		l := load{grower: g, round: n, began: make(chan struct{}, len(busy)), end: make(chan struct{})}
		ended := make(chan error, len(busy))
		for i, p := range busy {
			then := s.model.People[len(s.model.People)-len(busy)+i]
			go func() { ended <- l.changes(ctx, p, then.Maybe) }()
		}
		for range busy { // the copy begins in the middle of the work
			<-l.began
		}
		err := g.live.copyTo(s.folders, n%2 == 1)
		close(l.end)
		for range busy {
			err = errors.Join(err, <-ended)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// load is the activity while a copy is taken.
type load struct {
	*grower
	round int
	began chan struct{}
	end   chan struct{}
}

// changes has one person change things until the load ends; maybe collects the names of devices that a copy can hold. It signals
// began once, even if it fails first.
func (l *load) changes(ctx context.Context, p *person, maybe map[string]bool) error {
	tell := sync.OnceFunc(func() { l.began <- struct{}{} })
	defer tell()
	for n := 0; ; n++ {
		select {
		case <-l.end:
			return nil
		default:
		}
		name := fmt.Sprintf("Busy %d-%d", l.round, n)
		maybe[name] = true
		id, err := l.link(ctx, p, name)
		if err != nil {
			return err
		}
		u := l.uses[n%3]
		if err := errors.Join(l.decide(ctx, p, u, !p.Decided[u.key()]), l.unlink(ctx, p, id)); err != nil {
			return err
		}
		if n == 2 {
			tell()
		}
	}
}
