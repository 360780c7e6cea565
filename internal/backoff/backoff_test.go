package backoff_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"accountledger/internal/backoff"
)

func TestPauses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		steps backoff.Steps
		want  []time.Duration
	}{
		"they double":     {backoff.Steps{First: 10, Longest: 50, Factor: 2}, []time.Duration{10, 10, 20, 40, 50, 50}},
		"or grow faster":  {backoff.Steps{First: 1, Longest: 300, Factor: 5}, []time.Duration{1, 1, 5, 25, 125, 300}},
		"or do not grow":  {backoff.Steps{First: 3, Longest: 300}, []time.Duration{3, 3, 3}},
		"or have no room": {backoff.Steps{First: 9, Longest: 5, Factor: 2}, []time.Duration{5, 5, 5}},
		"and never wrap": {backoff.Steps{First: time.Second, Longest: time.Hour, Factor: math.MaxInt32},
			[]time.Duration{time.Second, time.Second, time.Hour, time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []time.Duration
			for n := range c.want {
				got = append(got, c.steps.After(n))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, wanted %v", got, c.want)
			}
			if last := c.steps.After(math.MaxInt); last < got[len(got)-1] || last > c.steps.Longest {
				t.Errorf("in the end %s", last)
			}
		})
	}
}

func TestTries(t *testing.T) {
	t.Parallel()
	tries := backoff.Tries{Steps: backoff.Steps{First: 1, Longest: time.Hour, Factor: 2}}
	if a, b := tries.Next(), tries.Next(); a != 1 || b != 2 {
		t.Errorf("%d, %d", a, b)
	}
	if err := tries.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	tries.Reset()
	if d := tries.Next(); d != 1 {
		t.Errorf("%d after a success", d)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := backoff.Sleep(ended, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
