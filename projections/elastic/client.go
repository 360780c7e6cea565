package elastic

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/projections/view"
)

// client sends requests to the nodes of a cluster. It does not repeat anything:
// the caller knows what a repeat means.
type client struct {
	vendor  *elasticsearch.Client
	conns   *http.Transport
	timeout time.Duration
	answer  time.Duration   // bounds the requests of ask
	life    context.Context // the life of requests, which may outlast their callers
	end     context.CancelFunc
}

// Bounds of connections: how long opening one may take, how long an idle
// one stays open, and how many are kept for readers.
const (
	dialTimeout = 3 * time.Second
	idleTimeout = 90 * time.Second
	readers     = 32
)

func newClient(o *Options) (*client, error) {
	urls, err := o.check()
	if err != nil {
		return nil, err
	}
	conns, err := newConns(o)
	if err != nil {
		return nil, err
	}
	vendor, err := elasticsearch.NewClient(elasticsearch.Config{
		Addresses: addresses(urls), Username: o.Username, Password: o.Password,
		Header:       http.Header{"User-Agent": {"accountledger"}},
		DisableRetry: true, DisableMetaHeader: true,
		Transport: genuine{conns},
	})
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: an invalid option: %w", err)
	}
	c := &client{vendor: vendor, conns: conns, timeout: o.Timeout, answer: o.Answer}
	c.life, c.end = context.WithCancel(context.Background())
	return c, nil
}

func addresses(urls []*url.URL) []string {
	all := make([]string, len(urls))
	for i, u := range urls {
		all[i] = u.String()
	}
	return all
}

func newConns(o *Options) (*http.Transport, error) {
	security := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(o.CACert) > 0 {
		security.RootCAs = x509.NewCertPool()
		if !security.RootCAs.AppendCertsFromPEM(o.CACert) {
			return nil, errors.New("elasticsearch: the CA certificates contain no PEM certificate")
		}
	}
	return &http.Transport{
		TLSClientConfig:     security,
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: idleTimeout / 3}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConnsPerHost: o.Requests + readers,
		IdleConnTimeout:     idleTimeout,
		DisableCompression:  true,
	}, nil
}

// genuine checks every answer, and refuses those of servers that are not Elasticsearch:
// the vendor's client checks only the first.
type genuine struct{ conns *http.Transport }

func (g genuine) RoundTrip(r *http.Request) (*http.Response, error) {
	if body, ok := r.Body.(*lent); ok {
		body.taken = true
	}
	response, err := g.conns.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode < 300 && response.Header.Get("X-Elastic-Product") != "Elasticsearch" {
		_ = response.Body.Close()
		return nil, ErrNotElasticsearch
	}
	return response, nil
}

// content is the body of a request, as JSON.
func content(v any) io.Reader {
	text, err := json.Marshal(v)
	if err != nil {
		return unwritten{fmt.Errorf("%w: %w", errUnwritten, err)}
	}
	return bytes.NewReader(text)
}

// errUnwritten means that a request cannot be encoded as JSON.
var errUnwritten = errors.New("elasticsearch: a request cannot be encoded")

// unwritten is the body of a request that cannot be encoded: it is never sent.
type unwritten struct{ err error }

func (u unwritten) Read([]byte) (int, error) { return 0, u.err }

// ask is call with the shorter time limit of a query that somebody waits for.
func (c *client) ask(ctx context.Context, request esapi.Request, into any) error {
	return c.within(ctx, c.answer, request, into)
}

// call sends a request and decodes the JSON answer into into, if
// not nil. Every request can be repeated without harm. Errors: *ResponseError,
// ErrNotElasticsearch, or one that wraps view.ErrUnavailable or ctx's.
func (c *client) call(ctx context.Context, request esapi.Request, into any) error {
	return c.within(ctx, c.timeout, request, into)
}

func (c *client) within(ctx context.Context, limit time.Duration, request esapi.Request, into any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	response, err := request.Do(limited, c)
	switch {
	case errors.Is(err, ErrNotElasticsearch) || errors.Is(err, errUnwritten):
		return err
	case err != nil:
		return unreachable(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.IsError() {
		return fault(response)
	}
	if into == nil {
		into = new(jsontext.Value)
	}
	if err := json.UnmarshalRead(response.Body, into, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		if ctx.Err() == nil && limited.Err() == nil {
			var wrong *json.SemanticError
			if errors.As(err, &wrong) {
				// The content is left out: it may be a document.
				return errors.New("elasticsearch: an answer does not have the expected shape")
			}
		}
		return unreachable(ctx, err)
	}
	return nil
}

// Perform passes a request to the vendor's client, as esapi requires. It sets
// the length of a chunk, and lets every other request be sent again on another
// connection if its connection turns out to be stale.
func (c *client) Perform(r *http.Request) (*http.Response, error) {
	if body, ok := r.Body.(*lent); ok {
		r.ContentLength = int64(len(body.rest))
	} else {
		r.Header["X-Idempotency-Key"] = nil // an empty one is not sent
	}
	return c.vendor.Perform(r)
}

// unreachable is the error for a failed connection: ctx's own if that ended.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", view.ErrUnavailable, err)
}

func (c *client) close() error {
	err := c.vendor.Close(context.Background())
	c.conns.CloseIdleConnections()
	return err
}
