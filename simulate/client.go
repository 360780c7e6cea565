package simulate

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/go-json-experiment/json"

	"accountledger/domain"
)

// client calls the API over HTTP and measures how long each operation takes.
type client struct {
	base string
	http *http.Client

	mu   sync.Mutex
	took map[string]*hdrhistogram.Histogram // by operation, in microseconds
}

// Histograms reach from a microsecond to two minutes, with two digits.
const (
	longestMicros = 120_000_000
	digits        = 2
)

func newClient(base string, connections int) *client {
	return &client{base: base, took: map[string]*hdrhistogram.Histogram{},
		http: &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConns: connections, MaxIdleConnsPerHost: connections}}}
}

// patience is how often a request is repeated if the server is overloaded.
const patience = 30

// send sends a request and retries as the server asks. A refusal is a *domain.Error, identified by code.
func (c *client) send(ctx context.Context, operation, method, path, token string, in, out any) error {
	_, err := c.sendWith(ctx, operation, method, path, token, in, out, "")
	return err
}

// sendWith also requires the answer to include the log up to a position, and returns the answer's position.
func (c *client) sendWith(ctx context.Context, operation, method, path, token string, in, out any, least string) (position string, err error) {
	q := question{operation: operation, method: method, path: path, token: token, least: least}
	if in != nil {
		if q.body, err = json.Marshal(in); err != nil {
			return "", fmt.Errorf("simulate: encoding %s: %w", operation, err)
		}
	}
	for try := 0; ; try++ {
		retry, err := c.once(ctx, &q, out)
		if retry == 0 || try == patience {
			return q.position, err
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(retry):
		}
	}
}

// question is a request and the position of its answer.
type question struct {
	operation, method, path, token, least, position string
	body                                            []byte
}

func (q *question) request(ctx context.Context, base string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, base+q.path, bytes.NewReader(q.body))
	if err != nil {
		return nil, fmt.Errorf("simulate: %s: %w", q.operation, err)
	}
	req.Header.Set("User-Agent", "accountledger-simulate/1")
	if q.least != "" {
		req.Header.Set("Ledger-Min-Position", q.least)
	}
	if q.token != "" {
		req.Header.Set("Authorization", "Bearer "+q.token)
	}
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// once sends a request; retry is how long to wait before repeating it.
func (c *client) once(ctx context.Context, q *question, out any) (retry time.Duration, err error) {
	req, err := q.request(ctx, c.base)
	if err != nil {
		return 0, err
	}
	operation := q.operation
	began := time.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("simulate: %s was not answered: %w", operation, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, fmt.Errorf("simulate: the answer to %s ended early: %w", operation, err)
	}
	c.measured(operation, time.Since(began))
	if resp.StatusCode >= http.StatusBadRequest {
		return refusalOf(operation, resp, answer)
	}
	q.position = resp.Header.Get("Ledger-Position")
	if out == nil || len(answer) == 0 {
		return 0, nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return 0, fmt.Errorf("simulate: the answer to %s is malformed", operation) // the cause could repeat what is personal
	}
	return 0, nil
}

// refusalOf reads a problem (RFC 9457).
func refusalOf(operation string, resp *http.Response, answer []byte) (time.Duration, error) {
	var p struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal(answer, &p); err != nil || p.Code == "" {
		return 0, fmt.Errorf("simulate: %s was answered with status %d", operation, resp.StatusCode)
	}
	e := &domain.Error{Code: p.Code, Message: p.Detail}
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if resp.StatusCode != http.StatusServiceUnavailable || err != nil {
		return 0, e
	}
	return time.Duration(max(seconds, 1)) * time.Second, e
}

func (c *client) measured(operation string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.took[operation]
	if h == nil {
		h = hdrhistogram.New(1, longestMicros, digits)
		c.took[operation] = h
	}
	_ = h.RecordValue(min(took.Microseconds(), longestMicros)) // always in range
}

// latencies returns how long each operation took.
func (c *client) latencies() []Latency {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Latency
	for operation, h := range c.took {
		out = append(out, Latency{operation, h.TotalCount(), micros(h.ValueAtQuantile(50)), micros(h.ValueAtQuantile(99))})
	}
	slices.SortFunc(out, func(a, b Latency) int { return strings.Compare(a.Operation, b.Operation) })
	return out
}

func micros(n int64) Seconds { return seconds(time.Duration(n) * time.Microsecond) }
