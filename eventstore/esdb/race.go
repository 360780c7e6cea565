package esdb

import (
	"context"
	"errors"
	"time"
)

// race runs an operation for each of n concurrently: the next one starts when one has failed, or when none has ended for
// a stagger. The first success ends the others; a late success is discarded. Without a success, the error joins all of theirs.
func race[T any](ctx context.Context, n int, stagger time.Duration, do func(context.Context, int) (T, error), discard func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan result, n)
	begun, ended := 0, 0
	defer func() {
		cancel()
		go func() {
			for ; ended < begun; ended++ {
				if late := <-results; late.err == nil {
					discard(late.value)
				}
			}
		}()
	}()
	next := time.NewTimer(0)
	defer next.Stop()
	var errs []error
	for ended < n {
		select {
		case <-next.C:
			if begun < n {
				i := begun
				go func() { v, err := do(ctx, i); results <- result{v, err} }()
				begun++
				next.Reset(stagger)
			}
		case r := <-results:
			ended++
			if r.err == nil {
				return r.value, nil
			}
			errs = append(errs, r.err)
			next.Reset(0)
		}
	}
	var none T
	return none, errors.Join(errs...)
}
