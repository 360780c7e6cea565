package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/operate"
	"accountledger/passwords"
	"accountledger/server"
)

// serving is the real server running in this process, on its own folder, with clients that have signed up.
type serving struct {
	dir    string
	cfg    server.Config
	url    string
	http   *http.Client
	tokens []string
	notice string

	server *server.Server
	stop   context.CancelFunc
	ended  chan error
}

// settings are the server's settings in benchmarks: development mode on a folder.
func settings(dir string) (server.Config, error) {
	return server.LoadConfig("", map[string]any{"data": dir, "http": "127.0.0.1:0", "dev": true, "log.level": "warn",
		"abuse.sign_ups_hour": 1_000_000, "abuse.sign_ups_day": 1_000_000,
		"abuse.recoveries_hour": 1_000_000, "abuse.recoveries_day": 1_000_000, "abuse.changes_minute": 1_000_000, "abuse.sign_ins_hour": 1_000_000})
}

// serve starts a server whose hashes cost little and signs up that many clients.
func serve(ctx context.Context, dir string, people int) (s *serving, err error) {
	return serveHashing(ctx, dir, people, passwords.Params{MemoryKiB: 64, Passes: 1, Lanes: 1})
}

// serveHashing is serve with hashes of a cost.
func serveHashing(ctx context.Context, dir string, people int, hashing passwords.Params) (s *serving, err error) {
	s = &serving{dir: dir, http: client()}
	if s.cfg, err = settings(dir); err != nil {
		return nil, err
	}
	s.server, err = server.Open(ctx, s.cfg, server.Options{Hashing: hashing})
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop, s.ended = stop, make(chan error, 1)
	address := make(chan string, 1)
	go func() { s.ended <- s.server.Run(running, func(a string) { address <- a }) }()
	select {
	case a := <-address:
		s.url = "http://" + a
	case err := <-s.ended:
		s.ended <- nil
		return nil, errors.Join(err, s.close())
	}
	if err := s.join(ctx, people, "client"); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// join signs clients up and finds the notice that grants are based on.
func (s *serving) join(ctx context.Context, people int, name string) (err error) {
	for i := range people {
		token, err := join(ctx, s.http, s.cfg, s.url, name+strconv.Itoa(i)+"@example.invalid")
		if err != nil {
			return err
		}
		s.tokens = append(s.tokens, token)
	}
	s.notice, err = noticeOf(ctx, s.http, s.url)
	return err
}

func (s *serving) close() error {
	s.stop()
	return errors.Join(<-s.ended, s.server.Close())
}

// change is one client's next decision on a permission: alternately a grant and a withdrawal. It returns the decision's event.
func (s *serving) change(ctx context.Context, client, n int) (event string, err error) {
	body := `{"purpose":"navigation","state":"withdrawn"}`
	if n%2 == 0 {
		body = `{"purpose":"navigation","state":"granted","notice":"` + s.notice + `"}`
	}
	answer, err := send(ctx, s.http, http.MethodPut, s.url+"/v1/me/permissions/location", s.tokens[client], []byte(body))
	if err != nil {
		return "", err
	}
	event, _ = answer["event"].(string)
	return event, nil
}

// lags returns how far the server's slowest consumer is behind, in events.
func lags(ctx context.Context, cfg server.Config) (worst int64, err error) {
	console, err := server.OpenConsole(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, console.Close()) }()
	status, err := operate.ReadStatus.Run(ctx, console, operate.None{}, nil)
	for _, c := range status.Consumers {
		worst = max(worst, c.Lag)
	}
	return worst, err
}

// lagOver watches the greatest lag over a load and reports it after the first third and at the end.
func lagOver(ctx context.Context, cfg server.Config, d time.Duration) func() (string, error) {
	type seen struct {
		lag int64
		err error
	}
	look := func() seen {
		lag, err := lags(ctx, cfg)
		return seen{lag, err}
	}
	early := make(chan seen, 1)
	time.AfterFunc(d/3, func() { early <- look() })
	late := make(chan seen, 1)
	time.AfterFunc(d*9/10, func() { late <- look() })
	return func() (string, error) {
		a, b := <-early, <-late
		return fmt.Sprintf("lag %d events early, %d late", a.lag, b.lag), errors.Join(a.err, b.err)
	}
}

// sizeOf is the size of the last event of a kind in a folder's log, names included.
func sizeOf(ctx context.Context, dir, kind string) (size int, err error) {
	store, err := embedded.Open(embedded.Options{Dir: filepath.Join(dir, "log")})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	for page, err := range eventstore.Pages(ctx, store, eventstore.Position{}, readPage) {
		if err != nil {
			return 0, err
		}
		for _, e := range page.Events {
			if strings.HasPrefix(e.Type, kind) {
				size = len(e.Data) + len(e.Metadata) + len(e.Stream) + len(e.Type) + len(e.ID)
			}
		}
	}
	return size, nil
}
