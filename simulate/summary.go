package simulate

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Summary is the result of a run.
type Summary struct {
	Accounts int    `json:"accounts"` // people who tried to sign up
	Seed     uint64 `json:"seed"`
	Tag      string `json:"tag"` // in the addresses and names of services of this run
	// From and Days are the period of the simulated clock; zero with the ledger's own clock.
	From time.Time `json:"from,omitzero"`
	Days int       `json:"days,omitzero"`
	Took Seconds   `json:"took_seconds"` // of playing only
	// Checking is how long the views took to answer at the end.
	Checking    Seconds      `json:"checking_seconds"`
	Counts      Tally        `json:"counts"`
	Latencies   []Latency    `json:"latencies,omitzero"` // over HTTP
	Errors      int64        `json:"errors"`             // unexpected refusals; there must be none
	ErrorKinds  []string     `json:"error_kinds,omitzero"`
	Differences []Difference `json:"differences,omitzero"` // between the views and what was played; there must be none
}

// Seconds is a duration; a number in JSON.
type Seconds float64

func seconds(d time.Duration) Seconds { return Seconds(d.Seconds()) }

// String rounds it to about three digits.
func (s Seconds) String() string {
	d := time.Duration(float64(s) * float64(time.Second))
	if d < time.Second {
		return d.Round(time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

// Latency is how long one operation took.
type Latency struct {
	Operation string  `json:"operation"`
	Count     int64   `json:"count"`
	P50       Seconds `json:"p50_seconds"`
	P99       Seconds `json:"p99_seconds"`
}

// Rate is how many people were played per second.
func (s *Summary) Rate() float64 { return float64(s.Accounts) / max(float64(s.Took), 1e-9) }

// Print writes the summary for people.
func (s *Summary) Print(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(w, format+"\n", a...) } // Flush returns the error
	p("Played %d people in %s (%.0f a second), seed %d, tag %s.", s.Accounts, s.Took, s.Rate(), s.Seed, s.Tag)
	if s.Days > 0 {
		p("The history spreads over %d days from %s.", s.Days, s.From.Format(time.DateOnly))
	}
	group := ""
	for _, key := range s.keys() {
		before, name, _ := strings.Cut(key, "/")
		if before != group {
			group = before
			p("\n%s", group)
		}
		p("  %s\t%d", name, s.Counts[key])
	}
	if len(s.Latencies) > 0 {
		p("\nover HTTP\tcount\tp50\tp99")
		for _, l := range s.Latencies {
			p("  %s\t%d\t%s\t%s", l.Operation, l.Count, l.P50, l.P99)
		}
	}
	p("")
	s.verdict(p)
	return w.Flush()
}

// verdict says whether everything matches what was played.
func (s *Summary) verdict(p func(string, ...any)) {
	for _, k := range s.ErrorKinds {
		p("Unexpected: %s", k)
	}
	for _, d := range s.Differences {
		p("Differs: %s: played %d, the view says %d", d.What, d.Played, d.View)
	}
	if s.Errors > 0 || len(s.Differences) > 0 {
		p("%d unexpected errors, %d differences.", s.Errors, len(s.Differences))
		return
	}
	p("No unexpected errors; the views say what was played.")
}

func (s *Summary) keys() []string {
	var all []string
	for key := range s.Counts {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}
