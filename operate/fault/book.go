package fault

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Area is a part of the ledger. The set is closed.
type Area string

// Areas of faults.
const (
	Log      Area = "log"
	Vault    Area = "vault"
	Views    Area = "views"
	Lists    Area = "lists" // of deadlines, and of destructions
	Messages Area = "messages"
	Nowhere  Area = "other"
)

// Areas lists every area.
func Areas() []Area { return []Area{Log, Vault, Views, Lists, Messages, Nowhere} }

const (
	// logEvery is how often a kind of fault of one place is logged while it lasts.
	logEvery = 10 * time.Second
	// namedAgain is after how long it is logged at once again that a fault keeps something from being done.
	namedAgain = 10 * time.Minute
	// currentFor is how long a fault counts as current after it was met last.
	currentFor = 30 * time.Second
	// quietFor is how long a fault must not have been met to count as a new one when it is.
	quietFor = 10 * time.Minute
	// kept bounds how many faults are remembered; the one not met for longest makes room.
	kept = 64
)

// Met is a fault that somebody has just met.
type Met struct {
	Where Area
	// Doing is what was being done: a call of the vault, a request's operation, the name of a consumer. Never what a caller sent.
	Doing string
	// Request is the id of the request that met it, empty outside of requests.
	Request string
	// File is the file at fault, where the error does not name one.
	File string
	Err  error
}

// Fault is one that was met, with how often.
type Fault struct {
	Where Area `json:"where"`
	Cause
	// During is what was being done when it was met last, and Request the id of the last request that met it.
	During  string    `json:"during,omitzero"`
	Request string    `json:"request,omitzero"`
	Since   time.Time `json:"since"` // when it was met first
	Last    time.Time `json:"last"`
	Count   int64     `json:"count"`
	// Current says that it was met in the last half minute.
	Current bool `json:"current"`
}

// Book remembers faults and logs them: at once what a fault keeps from being done, so that none hides another, and then each kind once
// in a while. It is safe for concurrent use.
type Book struct {
	log   *slog.Logger
	now   func() time.Time
	count func(Area, Kind)

	mu     sync.Mutex
	faults []*Fault
	told   map[telling]*told
}

// telling is what is logged together.
type telling struct {
	where  Area
	kind   Kind
	engine string
	errno  string
	during string // of what is not known by its kind
}

type told struct {
	at         time.Time
	suppressed int64
	named      map[naming]time.Time // what was logged at once, and when
}

// naming is what one line names: something that cannot be done, and the file that keeps it from being done.
type naming struct {
	during string
	file   string
}

// names reports whether a fault is to be logged at once, since no line has named it for long.
func (t *told) names(f *Fault, now time.Time) bool {
	key := naming{f.During, f.File}
	if at, ok := t.named[key]; ok && now.Sub(at) < namedAgain {
		return false
	}
	if len(t.named) >= kept {
		maps.DeleteFunc(t.named, func(_ naming, at time.Time) bool { return now.Sub(at) >= namedAgain })
	}
	if len(t.named) >= kept {
		return false
	}
	t.named[key] = now
	return true
}

// NewBook makes a book. count, which may be nil, is told of each fault.
func NewBook(log *slog.Logger, now func() time.Time, count func(Area, Kind)) *Book {
	if count == nil {
		count = func(Area, Kind) {}
	}
	return &Book{log: log, now: now, count: count, told: map[telling]*told{}}
}

// Note remembers a fault and gives its cause. It logs it unless a fault of its kind was logged in the last ten seconds and, in the last
// ten minutes, one of the same file met while doing the same.
func (b *Book) Note(m Met) Cause {
	c := Of(m.Err)
	if c.File == "" {
		c.File = m.File
	}
	b.count(m.Where, c.Kind)
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now().UTC()
	f := b.find(m.Where, c)
	if now.Sub(f.Last) > quietFor {
		f.Since, f.Count = now, 0
	}
	f.Cause, f.During, f.Request, f.Last = c, m.Doing, m.Request, now
	f.Count++
	b.tell(f, now)
	return c
}

// find gives the entry of a fault, a new one if there is none.
func (b *Book) find(where Area, c Cause) *Fault {
	for _, f := range b.faults {
		if f.Where == where && f.same(c) {
			return f
		}
	}
	if len(b.faults) == kept {
		oldest := slices.MinFunc(b.faults, func(x, y *Fault) int { return x.Last.Compare(y.Last) })
		b.faults = slices.DeleteFunc(b.faults, func(f *Fault) bool { return f == oldest })
	}
	f := &Fault{Where: where, Cause: c}
	b.faults = append(b.faults, f)
	return f
}

// tell logs a fault, or counts it as suppressed.
func (b *Book) tell(f *Fault, now time.Time) {
	key := telling{f.Where, f.Kind, f.Engine, f.Errno, ""}
	if f.Kind == Other {
		key.during = f.During
	}
	t := b.told[key]
	if t == nil {
		if len(b.told) >= kept {
			clear(b.told)
		}
		t = &told{named: map[naming]time.Time{}}
		b.told[key] = t
	}
	if age, names := now.Sub(t.at), t.names(f, now); !names && age >= 0 && age < logEvery {
		t.suppressed++
		return
	}
	b.log.Error("fault", append(f.attributes(), "suppressed", t.suppressed)...)
	t.at, t.suppressed = now, 0
}

// attributes are what the log says of a fault.
func (f *Fault) attributes() []any {
	out := []any{"where", string(f.Where), "kind", string(f.Kind)}
	for _, a := range [][2]string{{"cause", f.Says}, {"call", f.Doing}, {"file", f.File}, {"position", f.Position}, {"errno", f.Errno}, {"engine", f.Engine},
		{"during", f.During}, {"request", f.Request}} {
		if a[1] != "" {
			out = append(out, a[0], a[1])
		}
	}
	if f.Offset != nil {
		out = append(out, "offset", strconv.FormatInt(*f.Offset, 10))
	}
	return append(out, "count", f.Count, "since", f.Since.Format(time.RFC3339))
}

// All gives what is remembered: what is current first, and of that what was met last.
func (b *Book) All() []Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	out := make([]Fault, 0, len(b.faults))
	for _, f := range b.faults {
		one := *f
		one.Current = now.Sub(f.Last) < currentFor
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(x, y Fault) int {
		if x.Current != y.Current {
			return cmp.Compare(y.rank(), x.rank())
		}
		return y.Last.Compare(x.Last)
	})
	return out
}

func (f *Fault) rank() int {
	if f.Current {
		return 1
	}
	return 0
}

// Close logs how many faults were met and not logged since the last line of their kind.
func (b *Book) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, t := range b.told {
		if t.suppressed > 0 {
			b.log.Error("fault, again", "where", string(key.where), "kind", string(key.kind), "suppressed", t.suppressed)
			t.suppressed = 0
		}
	}
	return nil
}
