package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"accountledger/eventstore/embedded"
)

// logCollector shows what the embedded log counts.
type logCollector struct {
	store                         *embedded.Store
	appends, events, groups, sync *prometheus.Desc
	free, reserve, latched        *prometheus.Desc
}

func newLogCollector(s *embedded.Store) *logCollector {
	d := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("accountledger_log_"+name, help, nil, nil)
	}
	return &logCollector{store: s,
		appends: d("appends_total", "Appends that were acknowledged as new."),
		events:  d("events_total", "Events of these appends."),
		groups:  d("group_appends", "How many appends shared one write and one fsync."),
		sync:    d("sync_duration_seconds", "Time from when a group of appends was handed to the disk until it was durable."),
		free:    d("free_bytes", "Free space on the disk of the log."),
		reserve: d("reserve_bytes", "Free space below which nothing is appended."),
		latched: d("latched", "1 after a write that failed: the log takes no more until a restart."),
	}
}

// Describe lists the metrics.
func (c *logCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.appends, c.events, c.groups, c.sync, c.free, c.reserve, c.latched} {
		out <- d
	}
}

// Collect asks the store.
func (c *logCollector) Collect(out chan<- prometheus.Metric) {
	s := c.store.Stats()
	gauge := func(d *prometheus.Desc, v float64) { out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	out <- prometheus.MustNewConstMetric(c.appends, prometheus.CounterValue, float64(s.Appends))
	out <- prometheus.MustNewConstMetric(c.events, prometheus.CounterValue, float64(s.Events))
	out <- histogram(c.groups, s.Groups)
	out <- histogram(c.sync, s.Sync)
	if s.KnowsFree {
		gauge(c.free, float64(s.Free))
	}
	gauge(c.reserve, float64(s.Reserve))
	gauge(c.latched, truth(s.Latched))
}

// histogram is a histogram of the store's as Prometheus has it, where each bucket holds those before it, too.
func histogram(d *prometheus.Desc, h embedded.Histogram) prometheus.Metric {
	buckets, n := make(map[float64]uint64, len(h.Bounds)), uint64(0)
	for i, b := range h.Bounds {
		n += h.Counts[i]
		buckets[b] = n
	}
	return prometheus.MustNewConstHistogram(d, n+h.Counts[len(h.Bounds)], h.Sum, buckets)
}
