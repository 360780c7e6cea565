package simulate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

// step is what a person does now; it returns what they do some minutes later, or nil.
type step func(ctx context.Context, w *worker) (step, error)

// life is a person's state between two visits. It is small, since there are many.
type life struct {
	account            uuid.UUID
	number             uint32
	granted, withdrawn uint32 // by purpose
	devices            uint16
	contacts           uint8  // beside the first
	primary            uint8  // address of the person; 0: the first
	next               uint8  // of the visits
	client             string // that they use, as it is known
	second             *Second
}

// address is where codes go.
func (l *life) address(who *Person) string {
	if l.primary == 0 {
		return who.Email
	}
	return who.Other(int(l.primary) - 1)
}

var (
	errDecision = errors.New("simulate: a decision differs from what the person decided")
	errDevices  = errors.New("simulate: the number of devices differs from what was linked")
)

// pause is between two steps of a person: longer than domain.ResendPause, shorter than a code's lifetime.
const pause = 6 * time.Minute

// arrive signs a person up.
func (p *player) arrive(number int) step {
	return func(ctx context.Context, w *worker) (step, error) {
		who := w.pop.Person(number)
		s, err := w.ledger.SignUp(ctx, who)
		if who.Funnel == TooYoung && refused(err, domain.ErrCapacity) {
			w.tally.add(TooYoungs, 1)
			return nil, nil
		}
		if err != nil {
			return nil, at("signing up", err)
		}
		w.tally.counted("sign_up.requested", "sign_up", "requested")
		switch {
		case who.Funnel == Guesses:
			return w.guess(who, s), nil
		case who.Funnel == NeverAsks && !who.Resends:
			w.lapses(s, true)
			return nil, nil
		}
		return w.prove(who, s), nil
	}
}

// lapses notes a sign-up that will not be completed; open: its verification has not ended. It lapses within two days.
func (w *worker) lapses(s SignUp, open bool) {
	w.tally.add(Lapsing, 1)
	w.later(2, entry{kind: settleSignUp, life: life{account: s.ID.UUID}, open: open})
}

// guess tries wrong codes until the verification ends.
func (w *worker) guess(who *Person, s SignUp) step {
	return func(ctx context.Context, w *worker) (step, error) {
		right, err := w.ledger.Code(ctx, who.Email, s)
		if err != nil {
			return nil, at("reading the code", err)
		}
		for n := range domain.MaxTries {
			want := domain.ErrCode
			if n == domain.MaxTries-1 {
				want = domain.ErrEnded
			}
			if _, err := w.ledger.Check(ctx, s, wrong(right)); !refused(err, want) {
				return nil, at("trying a wrong code", unexpected(err))
			}
			w.tally.counted("verification.failed", "verification", "failed")
			w.tally.add(WrongCodes, 1)
		}
		w.tally.counted("verification.ended", "verification", "ended")
		w.tally.add(GaveUp, 1)
		w.lapses(s, false)
		return nil, nil
	}
}

// prove gives the code, after any mistakes.
func (w *worker) prove(who *Person, s SignUp) step {
	return func(ctx context.Context, w *worker) (step, error) {
		if who.Resends {
			who.Resends = false
			return w.resend(ctx, who, s)
		}
		code, err := w.ledger.Code(ctx, who.Email, s)
		if err != nil {
			return nil, at("reading the code", err)
		}
		if who.Late && w.clock.Simulated() {
			return w.tooLate(who, s, code), nil
		}
		for range who.WrongCodes {
			if err := w.wrongCode(ctx, s, wrong(code)); err != nil {
				return nil, err
			}
		}
		account, err := w.ledger.Check(ctx, s, code)
		if err != nil {
			return nil, at("giving the code", err)
		}
		w.opened(who)
		return nil, w.visit(ctx, who, &life{account: account.UUID, number: uint32(who.Number)}, who.First) //nolint:gosec // bounded by MaxAccounts
	}
}

// opened notes what a verified sign-up creates.
func (w *worker) opened(who *Person) {
	w.tally.counted("verification.passed", "verification", "passed")
	w.tally.happened("identifier.claimed")
	w.tally.happened("account.opened")
	w.tally.counted("sign_up.completed", "sign_up", "completed")
	for _, of := range []string{"sign_up/requested", "sign_up/completed", "verification/passed"} {
		w.tally.add("new/"+of, 1)
	}
	w.tally.add("accounts/open", 1)
	w.tally.add("regions/"+string(who.Region), 1)
}

func (w *worker) resend(ctx context.Context, who *Person, s SignUp) (step, error) {
	again, err := w.ledger.Resend(ctx, s)
	if err != nil {
		return nil, at("asking for the code again", err)
	}
	if again.Code.After(s.Code) { // within a minute the old code stays valid
		again.Issue++
		w.tally.happened("verification.issued")
	}
	if who.Funnel == NeverAsks {
		w.lapses(again, true)
		return nil, nil
	}
	return w.prove(who, again), nil
}

// tooLate gives an expired code, and requests a new one.
func (w *worker) tooLate(who *Person, s SignUp, code string) step {
	return func(ctx context.Context, w *worker) (step, error) {
		who.Late = false
		if _, err := w.ledger.Check(ctx, s, code); !refused(err, domain.ErrCodeExpired) {
			return nil, at("trying an expired code", unexpected(err))
		}
		return w.resend(ctx, who, s)
	}
}

// wrongCode tries a wrong code.
func (w *worker) wrongCode(ctx context.Context, s SignUp, code string) error {
	if _, err := w.ledger.Check(ctx, s, code); !refused(err, domain.ErrCode) {
		return at("trying a wrong code", unexpected(err))
	}
	w.tally.counted("verification.failed", "verification", "failed")
	w.tally.add(WrongCodes, 1)
	return nil
}

// wrong is a code other than the given one.
func wrong(code string) string {
	if len(code) > 0 && code[0] == '9' {
		return "0" + code[1:]
	} else if len(code) > 0 {
		return "9" + code[1:]
	}
	return "000000"
}

// stepError says what a person was doing.
type stepError struct {
	doing string
	err   error
}

func (e *stepError) Error() string { return fmt.Sprintf("simulate: %s: %v", e.doing, e.err) }
func (e *stepError) Unwrap() error { return e.err }

func at(doing string, err error) error {
	if err == nil {
		return nil
	}
	return &stepError{doing, err}
}

// unexpected is the error if another refusal was expected.
func unexpected(err error) error {
	if err == nil {
		return errors.New("it was not refused")
	}
	return err
}
