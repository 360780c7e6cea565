package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
)

// refused judges a refused start: its wording, that it changed nothing, that it is refused again, and that all is well
// once what was damaged is put back.
func (t *trial) refused(ctx context.Context, r *refusal, damaged map[string][]byte) error {
	t.Outcome, t.Said = refused, r.message()
	if r.crashed() {
		t.fail(crash, "%s", tail(r.stderr))
		return nil
	}
	if len(t.touched) == 0 && !t.whole {
		t.fail("refused without a cause", "%s", r.message())
		return nil
	}
	if t.onlyOf("views") {
		t.fail(notHealed, "%s", r.message())
		return nil
	}
	all, err := both(t.scratch, t.from.folders)
	if err != nil {
		return err
	}
	named := t.touched
	if len(named) == 0 { // copied while running: any part can be the one that does not match
		named = all
	}
	t.Complaints = judgeWords(r, named, all)
	if slices.Contains(t.Complaints, namesNothing) {
		t.fail(badWords, "%s", r.message())
		return nil
	}
	if !t.whole {
		now, err := t.scratch.contents(t.touched)
		if err != nil {
			return err
		}
		for _, rel := range t.touched {
			if !passing(rel) && ((now[rel] == nil) != (damaged[rel] == nil) || !bytes.Equal(now[rel], damaged[rel])) {
				t.fail(changedIt, "%s: %s", rel, r.message())
				return nil
			}
		}
	}
	return t.twice(ctx)
}

// twice starts a refused ledger again, first unchanged and then with everything in its place.
func (t *trial) twice(ctx context.Context) error {
	s, err := t.program.serve(ctx, t.scratch, t.mail)
	if err == nil {
		s.kill()
		t.fail(servedNext, "%s", t.Said)
		return nil
	}
	if _, ok := errors.AsType[*refusal](err); !ok {
		return err
	}
	if len(t.touched) == 0 { // copied while running: there is nothing to put back
		return nil
	}
	if err := t.scratch.putBack(t.touched, t.whole || len(t.touched) > 2, t.from.folders); err != nil {
		return err
	}
	s, err = t.program.serve(ctx, t.scratch, t.mail)
	if r, ok := errors.AsType[*refusal](err); ok {
		t.fail(madeWorse, "first %s; then %s", t.Said, r.message())
		return nil
	}
	if err != nil {
		return err
	}
	t.Findings = t.from.model.check(ctx, s, t.mail)
	whole, said, err := t.sound(ctx, s)
	if err == nil {
		err = s.stop()
	} else {
		s.kill()
	}
	if err != nil || len(t.Findings) > 0 || !whole {
		t.fail(madeWorse, "%s; %s; %v", t.Said, said, err)
	}
	return nil
}
