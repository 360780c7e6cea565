package server

import (
	"errors"
	"math"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"
)

const (
	// mostConnections bounds the default: each costs memory, and a proxy needs far fewer.
	mostConnections = 4096
	// engineFiles is what log, vault and views may open, with something over for connections to other servers.
	engineFiles = 768
	// mostInternal bounds the connections of the internal listener.
	mostInternal = 32
)

// fileLimit is how many files the process may have open. Go has raised it to the most that the system allows.
func fileLimit() int {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil || l.Cur > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(l.Cur)
}

// publicConnections is how many connections the API takes at once.
func (c *Config) publicConnections(files int) int {
	if c.HTTPConnections > 0 {
		return c.HTTPConnections
	}
	return max(1, min(mostConnections, files/2, max(files/4, files-engineFiles)))
}

// internalConnections is how many the internal listener takes.
func internalConnections(files int) int { return max(2, min(mostInternal, files/16)) }

// measure shows the public listener's connections among the metrics.
func (l *connections) measure(r prometheus.Registerer) error {
	return errors.Join(
		r.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "accountledger_http_connections", Help: "Open connections to the API."},
			func() float64 { open, _ := l.counts(); return float64(open) })),
		r.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "accountledger_http_connections_limit", Help: "The most connections to the API at once."},
			func() float64 { return float64(l.limit) })),
		r.Register(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "accountledger_http_connections_closed_total",
			Help: "Connections without a request that were closed to make room for others."},
			func() float64 { _, closed := l.counts(); return float64(closed) })))
}
