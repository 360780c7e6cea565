package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"accountledger/consumers"
)

// claim takes the right to fill views: this view, and all others that need it and that nobody else is filling. Nothing is claimed
// where an attempt is under way. An error says why this view cannot be filled here.
func (vs *Views) claim(ctx context.Context, v *liveView) (map[*liveView]*claim, error) {
	claims := map[*liveView]*claim{}
	if v.attempted() {
		return claims, nil
	}
	for _, other := range vs.all {
		c, err := other.claim(ctx)
		if c != nil {
			claims[other] = c
		}
		if err != nil && other == v && !v.attempted() {
			// It may have to be waited for; not so that leases and engine are asked all the time.
			t := time.NewTimer(vs.Follow)
			defer t.Stop()
			select {
			case <-t.C:
			case <-ctx.Done():
			}
			return nil, errors.Join(fmt.Errorf("view %s: it cannot be filled here now: %w", v.name(), err), release(ctx, claims))
		}
	}
	return claims, nil
}

func (v *liveView) attempted() bool { return v.attempt() != nil }

// claim takes the right to fill a view; nil when that is not needed any more.
func (v *liveView) claim(ctx context.Context) (_ *claim, err error) {
	if v.needs() == nil || v.attempted() {
		return nil, nil
	}
	if errors.Is(v.needs(), errNewer) {
		return nil, errNewer
	}
	c, err := v.reserve(ctx)
	if err != nil {
		return nil, err
	}
	// Somebody else may just have filled it.
	if err = v.open(ctx); err == nil && v.needs() != nil {
		err = v.fillable(ctx)
	}
	if err == nil && v.needs() != nil && c.held() {
		return c, nil
	}
	return nil, errors.Join(err, c.release(ctx))
}

var (
	// errFilled is no fault: the filling ends by itself.
	errFilled = consumers.Passing("it is being filled already, by a rebuild or by another process")
	errOthers = errors.New("another process shares the work on it by another number of partitions: all must have the same")
)

// fillable says whether a view that needs it may be filled.
func (v *liveView) fillable(ctx context.Context) error {
	if !v.set.shared() {
		return nil
	}
	if errors.Is(v.needs(), errNewer) {
		return errNewer
	}
	table, err := v.set.Leases.Look(ctx)
	if err != nil {
		return err
	}
	all := unitLeases(v.name(), v.declaration.Version)
	ours := unitLease(v.name(), v.declaration.Version, 0, v.set.Partitions)
	ours = ours[:strings.LastIndexByte(ours, '/')+1]
	for _, row := range table.Leases {
		if row.Holder != "" && strings.HasPrefix(row.Name, all) && !strings.HasPrefix(row.Name, ours) {
			return errOthers
		}
	}
	return nil
}

// release gives back what was not needed.
func release(ctx context.Context, claims map[*liveView]*claim) error {
	var errs []error
	for _, c := range claims {
		errs = append(errs, c.release(ctx))
	}
	return errors.Join(errs...)
}

// follow looks again and again which generations are live, so that what another process has filled is used soon, and an
// engine that was out of reach as soon as it can be.
func (vs *Views) follow() {
	tick := time.NewTicker(vs.Follow)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-vs.life.Done():
			return
		}
		for _, v := range vs.all {
			if v.open(vs.life) == nil {
				v.tidyLater(vs.life)
			}
		}
	}
}

// tidyLater drops generations that the live one took the place of, once all processes had the time to follow. It is done
// by those that work on the views, under the lease to fill: what another process is filling stays.
func (v *liveView) tidyLater(ctx context.Context) {
	v.set.mu.Lock()
	consumes := v.set.consumes
	v.set.mu.Unlock()
	v.mu.RLock()
	due := consumes && v.why == nil && v.live != nil && !v.tidyAt.IsZero() && !time.Now().Before(v.tidyAt)
	v.mu.RUnlock()
	if !due {
		return
	}
	lease, err := v.set.Leases.Acquire(ctx, FillLease(v.name()))
	if err == nil {
		within, cancel := lease.Context(ctx)
		defer cancel()
		if err = v.open(within); err == nil {
			v.opening.Lock()
			err = v.tidy(within)
			v.opening.Unlock()
		}
		err = errors.Join(err, lease.Release(ctx))
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case err == nil && !time.Now().Before(v.tidyAt): // it is later where the generation has changed meanwhile
		v.tidyAt = time.Time{}
	case err != nil:
		v.tidyAt = time.Now().Add(tidyAfter * v.set.Follow)
	}
}
