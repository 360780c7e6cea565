package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// clients is how many clients do the same thing over HTTP concurrently, each with its own account.
const clients = 64

// permissionRows measures permission changes over HTTP, durable and answered, and how soon their view shows one.
func permissionRows(ctx context.Context, c config) ([]Row, error) {
	dir, err := os.MkdirTemp(c.dir, "server")
	if err != nil {
		return nil, err
	}
	s, err := serve(ctx, dir, clients+1)
	if err != nil {
		return nil, err
	}
	lag := lagOver(ctx, s.cfg, c.load)
	seen := s.watch(ctx)
	ours, err := load(ctx, clients, c.load, func(ctx context.Context, w, n int) error {
		_, err := s.change(ctx, w, n)
		return err
	})
	shown, watching := seen()
	note, asking := lag()
	if err = errors.Join(err, watching, asking, s.close()); err != nil {
		return nil, err
	}
	size, err := sizeOf(ctx, dir, "permission.")
	if err != nil {
		return nil, err
	}
	control, err := bareHTTP(ctx, c.dir, min(c.load, 20*time.Second), request{method: http.MethodPut, path: "/v1/me/permissions/location",
		body: `{"purpose":"navigation","state":"withdrawn"}`, answer: map[string]string{"permission": "location", "state": "granted"}, size: size})
	if err != nil {
		return nil, err
	}
	row := compared(fmt.Sprintf("permission change over HTTP, %d clients", clients), "changes/s", ours, control, 0.4)
	row.Note = "goal: p99 under 30 ms; " + note
	visible := single("a change shows in its view, p50", "ms", milliseconds(percentile(shown, 0.5)), "p99 < 100 ms")
	visible.OursP99 = latency(percentile(shown, 0.99))
	visible.Note = fmt.Sprintf("after its answer, under the same load; %d changes watched", len(shown))
	return []Row{row, visible}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// watch has the last client change a permission in a loop and checks the view's file until each change is there. The
// returned function ends that and returns how long each took, after the answer.
func (s *serving) watch(ctx context.Context) func() ([]time.Duration, error) {
	ctx, stop := context.WithCancel(ctx)
	var took []time.Duration
	ended := make(chan error, 1)
	go func() {
		err := s.changeAndSee(ctx, &took)
		if ctx.Err() != nil {
			err = nil
		}
		ended <- err
	}()
	return func() ([]time.Duration, error) {
		stop()
		err := <-ended
		return took, err
	}
}

func (s *serving) changeAndSee(ctx context.Context, took *[]time.Duration) (err error) {
	path, err := liveFile(s.dir, "permissions")
	if err != nil {
		return err
	}
	db, err := openFile(path, "mode=ro&_pragma=busy_timeout(1000)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	find, err := db.PrepareContext(ctx, `SELECT count(*) FROM docs WHERE id = ? AND f_event = ?`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, find.Close()) }()
	me, err := send(ctx, s.http, http.MethodGet, s.url+"/v1/me", s.tokens[clients], nil)
	if err != nil {
		return err
	}
	id, _ := me["account"].(string)
	for n := 0; ; n++ {
		event, err := s.change(ctx, clients, n)
		if err != nil {
			return err
		}
		answered := time.Now()
		for there := 0; there == 0; {
			if err := find.QueryRowContext(ctx, id+"/location/navigation", event).Scan(&there); err != nil {
				return err
			}
			if there == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		*took = append(*took, time.Since(answered))
	}
}
