package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// object is a JSON object.
type object = map[string]any

// client calls the API. It retries after a 503 while it has patience left, which all of its requests share, and from
// which the time to answer a 503 is taken too.
type client struct {
	base     string
	http     *http.Client
	patience time.Duration
}

// pause is how long the client waits after a 503, at most.
const pause = 100 * time.Millisecond

func newClient(base string, patience time.Duration) *client {
	return &client{base: base, patience: patience,
		http: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// reply is an answer. Status 0 means none, and then text says why.
type reply struct {
	status   int
	text     string
	position string
	body     object
}

func (r reply) str(name string) string {
	s, _ := r.body[name].(string)
	return s
}

func (r reply) String() string { return fmt.Sprintf("%d %.300s", r.status, r.text) }

// question is a request. least is the position that a view must have reached.
type question struct {
	method, path, token, least string
	body                       any
}

func (c *client) ask(ctx context.Context, q question) reply {
	for {
		began := time.Now()
		r, wait := c.once(ctx, q)
		if r.status != http.StatusServiceUnavailable || c.patience <= 0 || ctx.Err() != nil {
			return r
		}
		wait = min(wait, pause)
		c.patience -= wait + time.Since(began)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
}

func (c *client) once(ctx context.Context, q question) (reply, time.Duration) {
	var body []byte
	if q.body != nil {
		var err error
		if body, err = json.Marshal(q.body); err != nil {
			return reply{text: err.Error()}, 0
		}
	}
	req, err := http.NewRequestWithContext(ctx, q.method, c.base+q.path, bytes.NewReader(body))
	if err != nil {
		return reply{text: err.Error()}, 0
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if q.token != "" {
		req.Header.Set("Authorization", "Bearer "+q.token)
	}
	if q.least != "" {
		req.Header.Set("Ledger-Min-Position", q.least)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{text: err.Error()}, 0
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{text: err.Error()}, 0
	}
	r := reply{status: resp.StatusCode, text: string(text), position: resp.Header.Get("Ledger-Position")}
	_ = json.Unmarshal(text, &r.body)
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil {
		return r, pause
	}
	return r, time.Duration(max(seconds, 1)) * time.Second
}

// want sends a request and fails on another status; growing a ledger expects everything to succeed.
func (c *client) want(ctx context.Context, status int, q question) (reply, error) {
	r := c.ask(ctx, q)
	if r.status != status {
		return r, fmt.Errorf("%s %s: want %d, got %s", q.method, q.path, status, r)
	}
	return r, nil
}
