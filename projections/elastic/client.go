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
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/projections/view"
)

// client sends requests to the nodes of a cluster. It repeats nothing by itself:
// who asks knows what a repeat means.
type client struct {
	transport *elastictransport.Client
	conns     *http.Transport
	timeout   time.Duration
}

// Bounds of connections: how long making one may take, how long one that nobody
// uses stays open, and how many are kept for those who read.
const (
	dialTimeout = 10 * time.Second
	idleTimeout = 90 * time.Second
	readers     = 32
)

func newClient(o *Options) (*client, error) {
	urls, err := o.check()
	if err != nil {
		return nil, err
	}
	security := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(o.CACert) > 0 {
		security.RootCAs = x509.NewCertPool()
		if !security.RootCAs.AppendCertsFromPEM(o.CACert) {
			return nil, errors.New("elasticsearch: the certificates of authorities hold none in PEM")
		}
	}
	conns := &http.Transport{
		TLSClientConfig:     security,
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConnsPerHost: o.Requests + readers,
		IdleConnTimeout:     idleTimeout,
		DisableCompression:  true,
	}
	with := []elastictransport.Option{
		elastictransport.WithUserAgent("accountledger"), elastictransport.WithURLs(urls...),
		elastictransport.WithDisableRetry(), elastictransport.WithTransport(conns),
	}
	if o.Username != "" {
		with = append(with, elastictransport.WithBasicAuth(o.Username, o.Password))
	}
	t, err := elastictransport.NewClient(with...)
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: an option cannot be used: %w", err)
	}
	return &client{transport: t, conns: conns, timeout: o.Timeout}, nil
}

// call sends a request with a JSON body, if any, and reads the JSON answer into
// what it is given, if anything. All of these can be repeated without harm.
// Errors: *ResponseError, or one that wraps view.ErrUnavailable or ctx's.
func (c *client) call(ctx context.Context, method, path string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("elasticsearch: a request cannot be written: %w", err)
		}
	}
	request, err := http.NewRequest(method, path, bytes.NewReader(text)) //nolint:noctx // do adds it
	if err != nil {
		return fmt.Errorf("elasticsearch: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	// An empty one is not sent; it lets a connection that went stale be replaced.
	request.Header["X-Idempotency-Key"] = nil
	return c.do(ctx, request, into)
}

func (c *client) do(ctx context.Context, request *http.Request, into any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	response, err := c.transport.Perform(request.WithContext(limited))
	if err != nil {
		return unreachable(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= 300 {
		return fault(response)
	}
	if response.Header.Get("X-Elastic-Product") != "Elasticsearch" {
		return ErrNotElasticsearch
	}
	if into == nil {
		into = new(jsontext.Value)
	}
	if err := json.UnmarshalRead(response.Body, into, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		if ctx.Err() == nil && limited.Err() == nil {
			var wrong *json.SemanticError
			if errors.As(err, &wrong) {
				// What it holds is left out: it may be a document.
				return errors.New("elasticsearch: an answer is not of the shape that was expected")
			}
		}
		return unreachable(ctx, err)
	}
	return nil
}

// unreachable words an error of the connection: ctx's own when that ended.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", view.ErrUnavailable, err)
}

// faultLimit bounds how much of a refusal is read, in bytes.
const faultLimit = 1 << 20

// fault reads a refusal.
func fault(response *http.Response) error {
	e := &ResponseError{Status: response.StatusCode, Type: typeUnknown}
	var answer struct {
		Error jsontext.Value `json:"error"`
	}
	if json.UnmarshalRead(io.LimitReader(response.Body, faultLimit), &answer) != nil || answer.Error.Kind() != '{' {
		return e
	}
	var cause struct {
		Type      string `json:"type"`
		RootCause []struct {
			Type string `json:"type"`
		} `json:"root_cause"`
		CausedBy struct {
			Type string `json:"type"`
		} `json:"caused_by"`
	}
	if json.Unmarshal(answer.Error, &cause) == nil {
		e.Type = faultType(cause.Type)
		if e.Type == "search_phase_execution_exception" {
			// The name of what went wrong in the shards stands further inside.
			if len(cause.RootCause) > 0 {
				e.Type = faultType(cause.RootCause[0].Type)
			} else if cause.CausedBy.Type != "" {
				e.Type = faultType(cause.CausedBy.Type)
			}
		}
	}
	return e
}

func (c *client) close() error {
	err := c.transport.Close(context.Background())
	c.conns.CloseIdleConnections()
	return err
}
