package security

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"accountledger/commands"
	"accountledger/domain"
)

// A flood of refusals writes no more lines than this. Lines are counted apart by event and kind of caller, so that
// strangers cannot crowd out what is refused to officers or services.
const (
	Window            = 10 * time.Second
	LinesInWindow     = 50
	LinesFromNetwork  = 10 // of LinesInWindow
	unknown           = "unknown"
	message           = "security"
	messageNotWritten = "security lines left out"
)

// Options are what a Log needs.
type Options struct {
	Log *slog.Logger
	// PseudonymsOf gives the key of a day's pseudonyms, Now tells which day it is.
	PseudonymsOf commands.PseudonymsOf
	Now          func() time.Time
	// Registry takes accountledger_security_events_total; may be nil.
	Registry prometheus.Registerer
}

// Log is the security log. Its lines have the message "security" and the level WARN.
type Log struct {
	log        *slog.Logger
	pseudonyms pseudonyms
	total      *prometheus.CounterVec

	mu   sync.Mutex
	open map[kind]*window
}

// kind is what lines are counted by. There are few of them: both parts are closed sets.
type kind struct {
	event  Event
	caller domain.ActorKind
}

// window counts the lines of one kind.
type window struct {
	lines, leftOut int
	from           map[string]int // by network; at most LinesInWindow of them
}

// New makes a log. It starts nothing.
func New(o Options) (*Log, error) {
	l := &Log{log: o.Log, pseudonyms: pseudonyms{of: o.PseudonymsOf, now: o.Now}, open: map[kind]*window{}}
	l.total = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "accountledger_security_events_total",
		Help: "Requests refused because of who asked or because a proof was wrong, by event, with those left out of the log.",
	}, []string{"event"})
	for _, e := range Events() {
		l.total.WithLabelValues(string(e))
	}
	if o.Registry == nil {
		return l, nil
	}
	if err := o.Registry.Register(l.total); err != nil {
		return nil, fmt.Errorf("security: registering metrics: %w", err)
	}
	return l, nil
}

// Refused counts a refusal and writes its line, unless there were too many of its kind. Lines that are left out are
// counted in one line at the end of the window, which a stop of the process within it loses.
func (l *Log) Refused(ctx context.Context, r Refusal) {
	l.total.WithLabelValues(string(r.Event)).Inc()
	from, target := unknown, ""
	if p := l.pseudonyms.current(ctx); p != nil {
		if n := network(r.Address); n != "" {
			from = p("network", n)
		}
		if r.Target != (Target{}) {
			target = p(r.Target.use, r.Target.value)
		}
	}
	if !l.admit(kind{r.Event, r.Caller.Actor.Kind}, from) {
		return
	}
	attrs := []slog.Attr{slog.String("event", string(r.Event)), slog.String("reason", r.Reason), slog.String("operation", r.Operation),
		slog.String("route", r.Route), slog.String("method", r.Method), slog.Int("status", r.Status), slog.String("caller_kind", string(r.Caller.Actor.Kind))}
	if id := r.Caller.Actor.ID; !id.IsZero() {
		attrs = append(attrs, slog.String("caller", id.String()))
	}
	if id := r.Caller.Session; !id.IsZero() {
		attrs = append(attrs, slog.String("session", id.String()))
	}
	if target != "" {
		attrs = append(attrs, slog.String("target", target))
	}
	attrs = append(attrs, slog.String("network", from), slog.String("request", r.Request))
	l.log.LogAttrs(ctx, slog.LevelWarn, message, attrs...)
}

// admit tells whether a line may be written, and counts it.
func (l *Log) admit(k kind, from string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.open[k]
	if w == nil {
		w = &window{from: map[string]int{}}
		l.open[k] = w
		time.AfterFunc(Window, func() { l.end(k) })
	}
	if w.lines >= LinesInWindow || w.from[from] >= LinesFromNetwork {
		w.leftOut++
		return false
	}
	w.lines++
	w.from[from]++
	return true
}

// end ends a window.
func (l *Log) end(k kind) {
	l.mu.Lock()
	w := l.open[k]
	delete(l.open, k)
	l.mu.Unlock()
	if w.leftOut > 0 {
		l.log.Warn(messageNotWritten, "event", string(k.event), "caller_kind", string(k.caller), "count", w.leftOut, "seconds", int(Window.Seconds()))
	}
}
