package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"accountledger/operate"
	"accountledger/server"
)

// decisionRows measures decisions on access over HTTP, recorded before they are answered.
func decisionRows(ctx context.Context, c config) ([]Row, error) {
	dir, err := os.MkdirTemp(c.dir, "server")
	if err != nil {
		return nil, err
	}
	s, err := serve(ctx, dir, clients)
	if err != nil {
		return nil, err
	}
	ours, note, err := s.decide(ctx, c.load)
	if err = errors.Join(err, s.close()); err != nil {
		return nil, err
	}
	size, err := sizeOf(ctx, dir, "access.decided")
	if err != nil {
		return nil, err
	}
	control, err := bareHTTP(ctx, c.dir, min(c.load, 20*time.Second), request{method: http.MethodPost, path: "/v1/decisions",
		body:   `{"account":"00000000-0000-4000-8000-000000000000","permission":"location","purpose":"navigation"}`,
		answer: map[string]string{"decision": "00000000-0000-4000-8000-000000000000", "outcome": "allowed"}, size: size})
	if err != nil {
		return nil, err
	}
	row := compared(fmt.Sprintf("access decision over HTTP, %d clients", clients), "decisions/s", ours, control, 0.4)
	row.Note = "goal: p99 under 30 ms; " + note
	return []Row{row}, nil
}

// decide has a service ask about every client, on as many connections.
func (s *serving) decide(ctx context.Context, d time.Duration) (rate Rate, note string, err error) {
	key, err := s.service(ctx)
	if err != nil {
		return rate, "", err
	}
	questions := make([][]byte, len(s.tokens))
	for i, token := range s.tokens {
		if _, err := s.change(ctx, i, 0); err != nil {
			return rate, "", err
		}
		me, err := send(ctx, s.http, http.MethodGet, s.url+"/v1/me", token, nil)
		if err != nil {
			return rate, "", err
		}
		questions[i] = fmt.Appendf(nil, `{"account":%q,"permission":"location","purpose":"navigation"}`, me["account"])
	}
	lag := lagOver(ctx, s.cfg, d)
	rate, err = load(ctx, clients, d, func(ctx context.Context, w, _ int) error {
		_, err := send(ctx, s.http, http.MethodPost, s.url+"/v1/decisions", key, questions[w%len(questions)])
		return err
	})
	note, asking := lag()
	return rate, note, errors.Join(err, asking)
}

// service connects a service that may ask about location, and returns its key.
func (s *serving) service(ctx context.Context) (key string, err error) {
	console, err := server.OpenConsole(ctx, s.cfg)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, console.Close()) }()
	added, err := operate.AddService.Run(ctx, console,
		operate.ServiceAdd{Name: fmt.Sprintf("maps-%d", time.Now().UnixNano()), Allow: []string{"location:navigation"}}, nil)
	return added.Key, err
}
