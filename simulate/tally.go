package simulate

import "math/bits"

// Tally counts what was played, by "view/…": by how much the views must have grown afterwards. Other counts are of things that leave
// no trace in a view.
type Tally map[string]int64

func (t Tally) add(key string, n int64) {
	if n != 0 {
		t[key] += n
	}
}

// Add adds another tally.
func (t Tally) Add(other Tally) {
	for k, n := range other {
		t[k] += n
	}
}

// happened counts an event in the activity view.
func (t Tally) happened(typ string) { t.add("activity/"+typ, 1) }

// counted counts an event that is also in the daily view.
func (t Tally) counted(typ, metric, outcome string) {
	t.happened(typ)
	if outcome != "" {
		outcome = "/" + outcome
	}
	t.add("daily/"+metric+outcome, 1)
}

// Counts other than those of views.
const (
	TooYoungs    = "people/too young"
	Lapsing      = "people/never proved"
	GaveUp       = "people/too many wrong codes"
	Returned     = "people/came back"
	NewClients   = "people/new client"
	Misses       = "people/wrong password"
	Recovered    = "people/set a new password"
	Guardians    = "people/guardian needed"
	Repeats      = "people/signed up twice"
	WrongCodes   = "people/wrong code"
	AskedUnknown = "services/asked about nobody"
)

func popcount(mask uint32) int64 { return int64(bits.OnesCount32(mask)) }
