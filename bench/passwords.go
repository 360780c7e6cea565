package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"accountledger/passwords"
)

// passwordRows measures what hashes passwords: sign-ins without pause, and sign-ups that come all at once.
func passwordRows(ctx context.Context, c config) ([]Row, error) {
	dir, err := os.MkdirTemp(c.dir, "server")
	if err != nil {
		return nil, err
	}
	s, err := serveHashing(ctx, dir, clients, passwords.DefaultParams())
	if err != nil {
		return nil, err
	}
	ours, err := load(ctx, clients, c.load, func(ctx context.Context, w, _ int) error {
		_, err := send(ctx, s.http, http.MethodPost, s.url+"/v1/sessions", "",
			fmt.Appendf(nil, `{"email":"client%d@example.invalid","password":%q}`, w, password))
		return err
	})
	var took []time.Duration
	if err == nil {
		took, err = s.signUpAtOnce(ctx, rounds)
	}
	if err = errors.Join(err, s.close()); err != nil {
		return nil, err
	}
	control, err := bareHashes(ctx, min(c.load, 20*time.Second))
	if err != nil {
		return nil, err
	}
	row := compared(fmt.Sprintf("sign-in by password over HTTP, %d clients", clients), "sign-ins/s", ours, control, 0.9)
	row.Note = "goal: p99 under 2 s; control: Argon2id alone"
	burst := single(fmt.Sprintf("%d sign-ups at once, p50", clients), "ms", milliseconds(percentile(took, 0.5)), "p99 < 2 s")
	burst.OursP99 = latency(percentile(took, 0.99))
	burst.Note = fmt.Sprintf("%d times, one after the other", rounds)
	return []Row{row, burst}, nil
}

// rounds is how often many sign up at once.
const rounds = 10

// signUpAtOnce has a client each sign up somebody at the same time, some times, and returns how long each of them took.
func (s *serving) signUpAtOnce(ctx context.Context, times int) ([]time.Duration, error) {
	took, failed := make([]time.Duration, times*clients), make([]error, times*clients)
	for round := range times {
		var all sync.WaitGroup
		for w := range clients {
			all.Go(func() {
				n, began := round*clients+w, time.Now()
				_, failed[n] = send(ctx, s.http, http.MethodPost, s.url+"/v1/sign-ups", "",
					fmt.Appendf(nil, `{"email":"new%d@example.invalid","password":%q,"region":"DE","language":"en","birth_month":"1990-05"}`, n, password))
				took[n] = time.Since(began)
			})
		}
		all.Wait()
	}
	return took, errors.Join(failed...)
}

// bareHashes computes nothing but hashes.
func bareHashes(ctx context.Context, d time.Duration) (Rate, error) {
	h, err := passwords.NewHasher(passwords.Options{})
	if err != nil {
		return Rate{}, err
	}
	stored, err := h.Hash(ctx, passwords.New(password))
	if err != nil {
		return Rate{}, err
	}
	return load(ctx, clients, d, func(ctx context.Context, _, _ int) error {
		_, _, err := h.Verify(ctx, passwords.New(password), stored)
		return err
	})
}
