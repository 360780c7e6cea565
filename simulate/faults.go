package simulate

import (
	"context"
	"errors"
	"slices"
	"sync"

	"accountledger/domain"
)

const (
	// shownFaults is how many kinds of unexpected errors a summary lists.
	shownFaults = 10
	// mostFaults is how many are tolerated before a run is stopped.
	mostFaults = 200
)

// faults collects unexpected errors. There must be none.
type faults struct {
	mu    sync.Mutex
	count int64
	kinds []string
}

// note notes an error by operation and code; it names nobody.
func (f *faults) note(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	name := err.Error()
	var known *domain.Error
	var during *stepError
	if errors.As(err, &known) && errors.As(err, &during) {
		name = during.doing + ": " + known.Code
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if !slices.Contains(f.kinds, name) && len(f.kinds) < shownFaults {
		f.kinds = append(f.kinds, name)
	}
}

func (f *faults) tooMany() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count >= mostFaults
}
