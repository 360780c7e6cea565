package server

import (
	"cmp"
	"context"
	"maps"
	"runtime"
	"sync"
	"time"

	"accountledger/domain"
	"accountledger/operate"

	"github.com/prometheus/client_golang/prometheus"
)

// work remembers what operators' commands came to, and how far those under way are, for the metrics.
type work struct {
	mu        sync.Mutex
	rebuilds  map[string][2]int64 // done of total, by view
	verified  time.Time           // when the last verify ended; zero when none has
	whole     bool                // it found no fault
	faults    int
	commands  *prometheus.CounterVec
	limited   *prometheus.CounterVec // requests for messages
	attempts  *prometheus.CounterVec // against limits
	buildInfo prometheus.Gauge
}

// openWork registers what is counted when it happens.
func (s *Server) openWork() error {
	s.work.commands = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "accountledger_operator_commands_total",
		Help: "Commands of operators that this process carried out."}, []string{"command", "result"})
	if err := s.metrics.Register(s.work.commands); err != nil {
		return err
	}
	s.work.limited = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "accountledger_messages_limited_total",
		Help: "Requests refused because too many messages of their class had been asked for."}, []string{"class"})
	for _, c := range domain.MessageClasses() {
		s.work.limited.WithLabelValues(string(c)) // so that the first one is a rise
	}
	if err := s.metrics.Register(s.work.limited); err != nil {
		return err
	}
	s.work.attempts = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "accountledger_attempts_total",
		Help: "Attempts that count against a limit, and those that a limit kept from being made."}, []string{"attempt", "limited"})
	for _, k := range domain.AttemptKinds() {
		s.work.attempts.WithLabelValues(string(k), "false")
		s.work.attempts.WithLabelValues(string(k), "true")
	}
	if err := s.metrics.Register(s.work.attempts); err != nil {
		return err
	}
	s.work.buildInfo = prometheus.NewGauge(prometheus.GaugeOpts{Name: "accountledger_build_info", Help: "1, with what the program was built from.",
		ConstLabels: prometheus.Labels{"version": Version(), "revision": cmp.Or(ThisBuild().Commit, "unknown"), "goversion": runtime.Version()}})
	s.work.buildInfo.Set(1)
	return s.metrics.Register(s.work.buildInfo)
}

// commanded counts an operator's command that has ended.
func (s *Server) commanded(name string, out any, err error) {
	result := "done"
	if err != nil {
		result = "failed"
	}
	s.work.commands.WithLabelValues(name, result).Inc()
	v, ok := out.(operate.Verified)
	if !ok || err != nil {
		return
	}
	s.work.mu.Lock()
	defer s.work.mu.Unlock()
	s.work.verified, s.work.whole, s.work.faults = s.now(), v.OK, len(v.Faults)
}

// watchRebuild remembers how far a rebuild is until ended is called; watched is called by one goroutine at a time.
func (s *Server) watchRebuild(tell func(view string, done, total int64)) (watched func(view string, done, total int64), ended func()) {
	mine := map[string]bool{}
	watched = func(view string, done, total int64) {
		mine[view] = true
		s.work.mu.Lock()
		if s.work.rebuilds == nil {
			s.work.rebuilds = map[string][2]int64{}
		}
		s.work.rebuilds[view] = [2]int64{done, total}
		s.work.mu.Unlock()
		tell(view, done, total)
	}
	return watched, func() {
		s.work.mu.Lock()
		defer s.work.mu.Unlock()
		maps.DeleteFunc(s.work.rebuilds, func(view string, _ [2]int64) bool { return mine[view] })
	}
}

// workCollector asks for what is behind, and how far things under way are.
type workCollector struct {
	server                           *Server
	overdue, backup, entries, usable *prometheus.Desc
	done, total                      *prometheus.Desc
	verified, whole, found           *prometheus.Desc
	head                             *prometheus.Desc
}

func newWorkCollector(s *Server) *workCollector {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("accountledger_"+name, help, labels, nil)
	}
	return &workCollector{server: s,
		overdue:  d("deadlines_overdue", "Erasures, verifications and unlinked devices that should have been settled and were not.", "kind"),
		backup:   d("backup_age_seconds", "Age of the newest whole backup that the log knows of; missing where there is none."),
		entries:  d("destructions_list_entries", "Entries of the list of destructions."),
		usable:   d("destructions_list_usable", "1 while the list of destructions can be read and written; missing where none is kept."),
		done:     d("rebuild_done_events", "Events that a rebuild under way has folded.", "view"),
		total:    d("rebuild_goal_events", "Events that a rebuild under way has to fold.", "view"),
		verified: d("verify_timestamp_seconds", "When the last verify of this process ended; missing where there was none."),
		whole:    d("verify_whole", "1 if the last verify of this process found no fault, else 0."),
		found:    d("verify_faults", "Faults that the last verify of this process found."),
		head:     d("log_head_position", "Position of the last event of the log."),
	}
}

// Describe lists the metrics.
func (c *workCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.overdue, c.backup, c.entries, c.usable, c.done, c.total, c.verified, c.whole, c.found, c.head} {
		out <- d
	}
}

// Collect asks; what cannot be told is left out.
func (c *workCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := c.server
	if head, err := s.journal.Head(ctx); err == nil {
		gauge(c.head, float64(head.Position.Int64()))
	}
	if s.processes != nil {
		if overdue, err := s.processes.Overdue(ctx); err == nil {
			for kind, n := range overdue {
				gauge(c.overdue, float64(n), kind)
			}
		}
	}
	if b, err := s.ledger().Backups(ctx); err == nil && !b.Completed.IsZero() {
		gauge(c.backup, max(0, s.now().Sub(b.Completed).Seconds()))
	}
	if s.list != nil {
		mark, err := s.list.Mark()
		if err == nil {
			gauge(c.entries, float64(mark.Entries))
		}
		if l, ok := any(s.list).(interface{ Check() error }); ok && err == nil {
			err = l.Check()
		}
		gauge(c.usable, truth(err == nil))
	}
	s.work.mu.Lock()
	rebuilds, verified, whole, faults := maps.Clone(s.work.rebuilds), s.work.verified, s.work.whole, s.work.faults
	s.work.mu.Unlock()
	for view, at := range rebuilds {
		gauge(c.done, float64(at[0]), view)
		gauge(c.total, float64(at[1]), view)
	}
	if !verified.IsZero() {
		gauge(c.verified, float64(verified.UnixMilli())/1000)
		gauge(c.whole, truth(whole))
		gauge(c.found, float64(faults))
	}
}
