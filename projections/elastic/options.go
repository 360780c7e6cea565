package elastic

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"accountledger/projections/view"
)

// Defaults of Options.
const (
	DefaultPrefix    = "accountledger"
	DefaultBulkBytes = 2 << 20
	DefaultRequests  = 4
	DefaultTimeout   = 30 * time.Second
	DefaultAnswer    = 5 * time.Second
	DefaultPatience  = 2 * time.Second
)

// Options say where Elasticsearch is and how it is used. Zero values mean the
// defaults; at least one URL is needed.
type Options struct {
	// URLs are the nodes of one cluster, http or https, without user or path.
	URLs []string
	// Username and Password sign in, if the cluster requires it. They are
	// taken from nowhere else and appear in no error.
	Username, Password string
	// CACert holds PEM certificates of the authorities for the nodes' own; without
	// it the machine's are used.
	CACert []byte
	// Prefix is the start of the name of every index, alias and template. It matches
	// ^[a-z][a-z0-9_-]*$ and has at most view.MaxName bytes. Programs with
	// different prefixes share a cluster without seeing each other.
	Prefix string
	// Shards is the number of primary shards of a new generation, 1 by default.
	// With several, the parts of one answer may be some milliseconds apart.
	Shards int
	// Replicas is the number of copies of each shard; 0 means one as soon as the
	// cluster has two nodes.
	Replicas int
	// BulkBytes is the size of a bulk request, in bytes; one more document
	// may exceed it.
	BulkBytes int
	// Requests is how many bulk requests may be under way at once, over all
	// generations. Writing takes up to Requests times BulkBytes of memory, however
	// slow the cluster is: at the limit, Write blocks.
	Requests int
	// Timeout bounds one request, and Answer one that only reads: a query, a checkpoint, the list of
	// generations.
	Timeout, Answer time.Duration
	// Patience is how long one Write retries while the cluster is too busy or
	// out of reach, before it returns view.ErrUnavailable.
	Patience time.Duration
}

func (o Options) withDefaults() Options {
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	o.Shards = max(o.Shards, 1)
	if o.BulkBytes <= 0 {
		o.BulkBytes = DefaultBulkBytes
	}
	if o.Requests <= 0 {
		o.Requests = DefaultRequests
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Answer <= 0 {
		o.Answer = min(DefaultAnswer, o.Timeout)
	}
	if o.Patience <= 0 {
		o.Patience = DefaultPatience
	}
	return o
}

// check reports what is wrong with the options, without repeating them.
func (o *Options) check() ([]*url.URL, error) {
	var urls []*url.URL
	for i, text := range o.URLs {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil ||
			strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return nil, fmt.Errorf("elasticsearch: URL %d must be http:// or https:// with a host, and neither user nor path", i+1)
		}
		u.Path = ""
		urls = append(urls, u)
	}
	if len(urls) == 0 {
		return nil, errors.New("elasticsearch: no URL given")
	}
	if !view.ValidName(strings.ReplaceAll(o.Prefix, "-", "_")) {
		return nil, fmt.Errorf("elasticsearch: the prefix must match ^[a-z][a-z0-9_-]*$ and have at most %d bytes", view.MaxName)
	}
	return urls, nil
}
