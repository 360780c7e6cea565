package server

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"accountledger/consumers"
	"accountledger/eventstore/embedded"
	"accountledger/projections/elastic"
)

// scrapeTimeout bounds what the ledger is asked while it is scraped.
const scrapeTimeout = 5 * time.Second

// openMetrics registers what /metrics shows: counts and times, nothing about anybody.
func (s *Server) openMetrics() error {
	var err error
	if store, ok := s.store.(*embedded.Store); ok {
		err = s.metrics.Register(newLogCollector(store))
	}
	return errors.Join(err, s.openWork(),
		s.metrics.Register(collectors.NewGoCollector()),
		s.metrics.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})),
		s.metrics.Register(s.clockMetric()),
		s.metrics.Register(newLedgerCollector(s)),
		s.metrics.Register(newWorkCollector(s)))
}

// ledgerCollector asks the ledger how it is whenever it is scraped.
type ledgerCollector struct {
	server                               *Server
	up, lag, seconds, running, deadlines *prometheus.Desc
	computing, waiting                   *prometheus.Desc
	bulk, bytes                          *prometheus.Desc
}

func newLedgerCollector(s *Server) *ledgerCollector {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("accountledger_"+name, help, labels, nil)
	}
	return &ledgerCollector{server: s,
		up:        d("ready", "1 while the process can append and read."),
		lag:       d("consumer_lag", "Events between a consumer and the head of the log; at least so many where they are counted by reading.", "consumer"),
		seconds:   d("consumer_lag_seconds", "Age of the oldest event that a consumer has not dealt with.", "consumer"),
		running:   d("consumer_running", "1 while a consumer runs, 0 while it waits, is rebuilt or has stopped.", "consumer"),
		deadlines: d("deadlines", "Sign-ups and erasures that wait for their time."),
		computing: d("password_hashes_computing", "Password hashes under way."),
		waiting:   d("password_hashes_waiting", "Requests that wait for a password hash."),
		bulk:      d("elasticsearch_total", "What was done at Elasticsearch since the start.", "what"),
		bytes:     d("elasticsearch_bytes_in_flight", "Bytes on their way to Elasticsearch."),
	}
}

// Describe lists the metrics.
func (c *ledgerCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.up, c.lag, c.seconds, c.running, c.deadlines, c.computing, c.waiting, c.bulk, c.bytes} {
		out <- d
	}
}

// Collect asks; what cannot be told is left out.
func (c *ledgerCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(c.up, truth(c.server.health.Check(ctx) == nil))
	computing, waiting := c.server.hasher.Load()
	gauge(c.computing, float64(computing))
	gauge(c.waiting, float64(waiting))
	if c.server.processes != nil {
		if n, err := c.server.processes.Waiting(ctx); err == nil {
			gauge(c.deadlines, float64(n))
		}
	}
	if e, ok := c.server.engine.(*elastic.Engine); ok {
		s := e.Stats()
		for what, n := range map[string]int64{"requests": s.Requests, "retries": s.Retries, "stored": s.Stored, "passed": s.Passed, "refused": s.Refused,
			"refreshes": s.Refreshes} {
			out <- prometheus.MustNewConstMetric(c.bulk, prometheus.CounterValue, float64(n), what)
		}
		gauge(c.bytes, float64(s.BytesInFlight))
	}
	all, _ := c.server.conditions(ctx) // of what cannot be told the rest is, and readiness notes why
	for _, s := range all {
		if !s.Unknown {
			gauge(c.lag, float64(s.Lag), s.Name)
			gauge(c.seconds, s.Seconds, s.Name)
		}
		gauge(c.running, truth(s.State == consumers.Running), s.Name)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
