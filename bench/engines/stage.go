package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
)

// stage lets a program use what tests start, such as a ledger or a protocol
// server: it has the part of testing.TB that these need.
type stage struct {
	testing.TB
	ctx  context.Context // testing.TB has one as well
	dir  string
	ends []func()
	errs []error
}

// errEnded is the panic of Fatal, recovered by onStage.
var errEnded = errors.New("engines: what was started ended")

// onStage measures one figure and stops what it started.
func onStage(ctx context.Context, c config, f figure) (rows []Row, err error) {
	s := &stage{ctx: ctx, dir: c.dir}
	defer func() {
		if thrown := recover(); thrown != nil && thrown != any(errEnded) {
			panic(thrown)
		}
		for i := len(s.ends) - 1; i >= 0; i-- {
			s.ends[i]()
		}
		err = errors.Join(append(s.errs, err)...)
	}()
	return f.measure(ctx, s, c)
}

func (s *stage) Helper()                  {}
func (s *stage) Context() context.Context { return s.ctx }
func (s *stage) Cleanup(end func())       { s.ends = append(s.ends, end) }
func (s *stage) Error(args ...any)        { s.errs = append(s.errs, errors.New(fmt.Sprint(args...))) }
func (s *stage) Fatal(args ...any)        { s.Error(args...); panic(errEnded) }

func (s *stage) Errorf(format string, args ...any) {
	s.errs = append(s.errs, fmt.Errorf(format, args...))
}

func (s *stage) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	panic(errEnded)
}

// TempDir returns a new folder that is removed with the program.
func (s *stage) TempDir() string {
	dir, err := os.MkdirTemp(s.dir, "stage-")
	if err != nil {
		s.Fatal(err)
	}
	return dir
}

// must ends the figure on an error.
func (s *stage) must(err error) {
	if err != nil {
		s.Fatal(err)
	}
}
