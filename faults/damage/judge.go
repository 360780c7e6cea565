package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// outcome is the outcome of a case.
type outcome string

const (
	refused  outcome = "refused"
	healed   outcome = "healed"
	harmless outcome = "harmless"
	loud     outcome = "loud"
	failed   outcome = "FAILED"
)

// Reasons of failures.
const (
	servedWrong   = "served wrong"
	lostSilently  = "lost silently"
	verifyFault   = "served, but verify reports a fault"
	compareDiffer = "served, but replay compare finds differences"
	asInternal    = "answered 500 instead of 503"
	notHealed     = "did not heal, although the log has everything"
	notRefused    = "served, but had to be refused"
	quietly       = "unavailable without a cause in log and status"
	uncleanEnd    = "unclean end"
	crash         = "crashed"
	hung          = "hung"
	badWords      = "refused badly"
	changedIt     = "refused, but changed what was damaged"
	servedNext    = "refused, but served at the next start"
	madeWorse     = "refused, but still wrong after what was damaged was put back"
	listWorthless = "a restore with the list brings back erased people"
	broken        = "the harness itself failed"
)

// result is a judged case.
type result struct {
	ID         string    `json:"id"`
	Kind       string    `json:"kind"`
	File       string    `json:"file"`
	Outcome    outcome   `json:"outcome"`
	Reason     string    `json:"reason,omitzero"`
	Where      string    `json:"where,omitzero"`
	Said       string    `json:"said,omitzero"` // by the program
	Complaints []string  `json:"complaints,omitzero"`
	Findings   []finding `json:"findings,omitzero"`
	Verify     string    `json:"verify,omitzero"`
	Folder     string    `json:"folder,omitzero"` // kept
	Seconds    float64   `json:"seconds"`
}

func (r *result) fail(reason, format string, args ...any) {
	r.Outcome, r.Reason = failed, reason
	if said := fmt.Sprintf(format, args...); said != "" {
		r.Said = said
	}
}

// trial is a case under way.
type trial struct {
	*harness
	testCase
	result
	scratch folders
	touched []string
	mail    *sink
	// learning collects what the log says, if that is to become the norm.
	learning map[string]bool
}

// judge runs one case in its own folder.
func (h *harness) judge(ctx context.Context, c testCase) result {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, h.config.timeout)
	defer cancel()
	t := &trial{harness: h, testCase: c, result: result{ID: c.ID, Kind: c.Kind, File: c.File}}
	if err := t.run(ctx); err != nil {
		t.fail(broken, "%s", err)
		if errors.Is(err, errHung) || ctx.Err() != nil {
			t.Reason = hung
		}
	}
	if h.config.strict && t.Outcome == refused && len(t.Complaints) > 0 {
		t.Outcome, t.Reason = failed, badWords
	}
	if t.scratch.root != "" {
		if h.config.keep && t.Outcome == failed {
			t.Folder = t.scratch.root
		} else if err := os.RemoveAll(t.scratch.root); err != nil {
			t.fail(broken, "%s", err)
		}
	}
	t.Seconds = time.Since(began).Seconds()
	return t.result
}

// run copies, damages and starts.
func (t *trial) run(ctx context.Context) error {
	root, err := os.MkdirTemp(t.dir, "c-")
	if err != nil {
		return err
	}
	t.scratch = folders{root}
	if err := t.from.copyTo(t.scratch, false); err != nil {
		return err
	}
	if t.Where, err = t.damage(t.scratch, random(t.seed, t.testCase.ID)); err != nil {
		return err
	}
	if t.touched, err = unlike(t.scratch, t.from.folders); err != nil {
		return err
	}
	if t.mail, err = newSink(ctx); err != nil {
		return err
	}
	defer t.mail.close()
	damaged, err := t.scratch.contents(t.touched)
	if err != nil {
		return err
	}
	s, err := t.program.serve(ctx, t.scratch, t.mail)
	if r, ok := errors.AsType[*refusal](err); ok {
		return t.refused(ctx, r, damaged)
	}
	if err != nil {
		return err
	}
	return t.served(ctx, s)
}

// sound runs verify and compare on a running server.
func (t *trial) sound(ctx context.Context, s *process) (whole bool, said string, err error) {
	for _, command := range [][]string{{"verify"}, {"replay", "compare"}} {
		stdout, stderr, code, err := s.command(ctx, command...)
		if err != nil {
			return false, "", err
		}
		if code != 0 {
			return false, strings.Join(command, " ") + ": " + faultLines(stdout) + stderr, nil
		}
	}
	return true, "", nil
}

// faultLines are the findings of verify and compare, without their figures.
func faultLines(stdout string) string {
	var out []string
	for _, line := range strings.Split(stdout, "\n") {
		if strings.HasPrefix(line, "FAULT") || strings.Contains(line, " [") || strings.Contains(line, "differ") {
			out = append(out, strings.Join(strings.Fields(line), " "))
		}
	}
	return strings.Join(out[:min(len(out), 5)], "; ") + " "
}

// served judges a ledger that started.
func (t *trial) served(ctx context.Context, s *process) error {
	defer s.kill()
	if t.during != nil {
		return t.during(t, ctx, s)
	}
	t.Findings = t.from.model.check(ctx, s, t.mail)
	if t.asOf != nil && len(t.Findings) > 0 {
		t.Findings = t.asOf.check(ctx, s, t.mail)
	}
	select {
	case <-s.ended:
		t.fail(crash, "ended while it served: %s", tail(s.log.String()))
		return nil
	default:
	}
	verified, verifyErr, code, err := s.command(ctx, "verify")
	if err != nil {
		return err
	}
	if code != 0 {
		t.Verify = faultLines(verified) + verifyErr
	}
	compared, compareErr, differ, err := s.command(ctx, "replay", "compare")
	if err != nil {
		return err
	}
	told, toldErr, failedStatus, err := s.command(ctx, "status", "--json")
	if err != nil {
		return err
	}
	if code != 0 && len(t.Findings) == 0 {
		t.Findings = t.from.model.deeper(ctx, s, t.mail)
	}
	if code != 0 && len(t.Findings) == 0 && t.onlyOf("views", "rest") {
		// Verify was the first to meet the damage; then the part is rebuilt, which the comparison waited for.
		if verified, verifyErr, code, err = s.command(ctx, "verify"); err != nil {
			return err
		}
		if code != 0 {
			t.Verify = faultLines(verified) + verifyErr
		}
	}
	log := s.log.String()
	if t.learning != nil {
		maps.Copy(t.learning, logged(log))
	}
	t.answers(code == 0, log, tells(told, toldErr, failedStatus))
	if t.Outcome == "" && differ != 0 {
		t.fail(compareDiffer, "%s%s", faultLines(compared), compareErr)
	}
	if err := s.stop(); err != nil && t.Outcome == "" {
		t.fail(uncleanEnd, "%s", err)
	}
	if t.Outcome == "" {
		if t.Outcome = harmless; len(unusual(log, t.usual)) > 0 {
			t.Outcome, t.Said = healed, strings.Join(unusual(log, t.usual), ", ")
		}
		if t.mustRefuse() {
			t.fail(notRefused, "%s", t.Said)
		}
	}
	if t.list && t.Outcome != failed {
		return t.restores(ctx)
	}
	return nil
}

// onlyOf reports whether only files of some parts were damaged.
func (t *trial) onlyOf(some ...string) bool {
	return len(t.touched) > 0 && !slices.ContainsFunc(t.touched, func(rel string) bool { return !slices.Contains(some, partOf(rel)) })
}

// mustRefuse reports whether only a refusal is right, however well the ledger answers: an empty head of the list of
// destructions proves nothing, and what was cut off the list would be lost permanently.
func (t *trial) mustRefuse() bool {
	return slices.ContainsFunc(t.touched, func(rel string) bool {
		return nameOf(rel) == "list/head" && (t.testCase.Kind == empty || t.testCase.Kind == zeroPage)
	})
}

// answers judges the answers, together with verify, the log and the status.
func (t *trial) answers(whole bool, log, told string) {
	is := func(classes ...class) bool {
		return slices.ContainsFunc(t.Findings, func(f finding) bool { return slices.Contains(classes, f.Class) })
	}
	switch why := cause(log, t.usual); {
	case is(gone, back) && whole:
		t.fail(lostSilently, "")
	case is(gone, back, differs):
		t.fail(servedWrong, "")
	case is(internal):
		t.fail(asInternal, "")
	case len(t.Findings) > 0 && t.onlyOf("views", "rest"):
		t.fail(notHealed, "%s; %s", told, why)
	case len(t.Findings) > 0 && (why == "" || told == ""):
		t.fail(quietly, "log: %s; status: %s", why, told)
	case len(t.Findings) > 0:
		t.Outcome, t.Said = loud, told+"; "+why
	case !whole && slices.ContainsFunc(t.touched, func(rel string) bool { return mentions(t.Verify, rel) }):
		t.Outcome, t.Said = loud, t.Verify // nothing used the damaged part, and verify found it
	case !whole:
		t.fail(verifyFault, "")
	}
}
