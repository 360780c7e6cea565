package commands

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"golang.org/x/sync/errgroup"
)

// beside runs reads concurrently, the last one in the caller's goroutine. The first error cancels the others and is returned.
// If the log is in this process they run one after another.
func (c *core) beside(ctx context.Context, reads ...func(context.Context) error) error {
	if c.near || len(reads) == 0 {
		for _, read := range reads {
			if err := read(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	others, all := errgroup.WithContext(ctx)
	last := len(reads) - 1
	for _, read := range reads[:last] {
		others.Go(func() error { return caught(func() error { return read(all) }) })
	}
	if err := caught(func() error { return reads[last](all) }); err != nil {
		others.Go(func() error { return err })
	}
	err := others.Wait()
	rethrow(err)
	return err
}

// besideEach runs n reads concurrently.
func (c *core) besideEach(ctx context.Context, n int, read func(ctx context.Context, i int) error) error {
	reads := make([]func(context.Context) error, n)
	for i := range reads {
		reads[i] = func(ctx context.Context) error { return read(ctx, i) }
	}
	return c.beside(ctx, reads...)
}

// Panic is a panic of a concurrent read, raised again in the request's goroutine.
type Panic struct {
	Value any
	Stack []byte // of the read
}

// Error names the panic's type; its text could hold anything.
func (p *Panic) Error() string { return fmt.Sprintf("commands: panic of a read: %T", p.Value) }

// caught returns a panic as a *Panic.
func caught(run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicOf(p)
		}
	}()
	return run()
}

func panicOf(value any) *Panic {
	if p, ok := value.(*Panic); ok {
		return p
	}
	return &Panic{value, debug.Stack()}
}

// rethrow raises a caught panic again.
func rethrow(err error) {
	if err == nil {
		return
	}
	var p *Panic
	if errors.As(err, &p) {
		panic(p)
	}
}
