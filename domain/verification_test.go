package domain_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accountledger/domain"
)

// proving runs a verification as its stream would.
type proving struct {
	domain.Verification
	t *testing.T
}

func prove(t *testing.T) *proving {
	r := domain.VerificationRequest{Fact: domain.Fact{Metadata: domain.Metadata{At: noon}}}
	return &proving{r.Start(), t}
}

func (p *proving) check(right bool, at time.Time) error {
	events, err := p.Check(right, at)
	apply(p.t, &p.Verification, at, events...)
	return err
}

func (p *proving) resend(at time.Time) (int, error) {
	events, err := p.Resend(p.Issue+1, domain.DeliveryID{}, false, at)
	apply(p.t, &p.Verification, at, events...)
	return len(events), err
}

func TestTheRightCodePassesOnce(t *testing.T) {
	v := prove(t)
	if err := v.check(true, noon.Add(domain.CodeLifetime)); err != nil || !v.Passed {
		t.Fatalf("refused: %v", err)
	}
	if err := v.check(true, noon.Add(domain.CodeLifetime)); !errors.Is(err, domain.ErrVerified) {
		t.Errorf("passed again: %v", err)
	}
}

func TestFiveTriesEndIt(t *testing.T) {
	v := prove(t)
	for try := 1; try <= domain.MaxTries; try++ {
		events, err := v.Check(false, noon)
		want := []any{domain.VerificationFailed{Issue: 1, Try: try, RequestedOn: "2026-05-17"}}
		wantErr := domain.ErrCode
		if try == domain.MaxTries {
			want, wantErr = append(want, domain.VerificationEnded{Reason: domain.EndTries, RequestedOn: "2026-05-17"}), domain.ErrEnded
		}
		sameEvents(t, events, want...)
		if !errors.Is(err, wantErr) {
			t.Errorf("try %d: %v", try, err)
		}
		apply(t, &v.Verification, noon, events...)
	}
	events, err := v.Check(true, noon)
	if len(events) > 0 || !errors.Is(err, domain.ErrEnded) {
		t.Errorf("the sixth try: %v, %v", events, err)
	}
	if _, err := v.resend(noon.Add(time.Hour)); !errors.Is(err, domain.ErrEnded) {
		t.Errorf("a code was sent again: %v", err)
	}
}

func TestANewCodeGivesNoNewTries(t *testing.T) {
	v := prove(t)
	at := noon
	for range domain.MaxTries - 1 {
		if err := v.check(false, at); !errors.Is(err, domain.ErrCode) {
			t.Fatal(err)
		}
		at = at.Add(2 * time.Minute)
		if n, err := v.resend(at); n != 1 || err != nil {
			t.Fatal(err)
		}
	}
	if err := v.check(false, at); !errors.Is(err, domain.ErrEnded) {
		t.Errorf("after five tries: %v", err)
	}
}

func TestExpiredCodes(t *testing.T) {
	for after, want := range map[time.Duration]error{
		domain.CodeLifetime: nil, domain.CodeLifetime + 1: domain.ErrCodeExpired, 24 * time.Hour: domain.ErrCodeExpired,
		-domain.MaxAhead: nil, -domain.MaxAhead - 1: domain.ErrCodeExpired, -24 * time.Hour: domain.ErrCodeExpired, // the clock went back
	} {
		v := prove(t)
		if err := v.check(true, noon.Add(after)); !errors.Is(err, want) {
			t.Errorf("%s later: %v, want %v", after, err, want)
		}
		if want == nil {
			continue
		}
		if err := v.check(false, noon.Add(after)); !errors.Is(err, want) || v.Tries != 0 {
			t.Errorf("a wrong code %s later: %v, %d tries", after, err, v.Tries)
		}
	}
}

func TestResend(t *testing.T) {
	v := prove(t)
	if n, err := v.resend(noon.Add(domain.ResendPause - 1)); n != 0 || err != nil || v.Issue != 1 {
		t.Errorf("within a minute: %d events, %v", n, err)
	}
	if n, err := v.resend(noon.Add(domain.ResendPause)); n != 1 || err != nil || v.Issue != 2 {
		t.Errorf("after a minute: %d events, %v", n, err)
	}
	at := noon.Add(domain.ResendPause)
	for v.Issue < domain.MaxIssues {
		at = at.Add(domain.ResendPause)
		if _, err := v.resend(at); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := v.resend(at); n != 0 || err != nil {
		t.Errorf("the last issue cannot be repeated: %v", err)
	}
	var limited *domain.Error
	if _, err := v.resend(at.Add(domain.ResendPause)); !errors.Is(err, domain.ErrRate) || !errors.As(err, &limited) || limited.Retry == 0 {
		t.Errorf("an eleventh issue: %v", err)
	}
	if n, err := prove(t).resend(noon.Add(-time.Hour)); n != 1 || err != nil {
		t.Errorf("with a clock that went back nobody gets a code: %d, %v", n, err)
	}
}

func TestVerificationNeverGivesMore(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		v, at, tries, passed := prove(t), noon, 0, false
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(-300, 900).Draw(r, "seconds")) * time.Second)
			if rapid.Bool().Draw(r, "resend") {
				if _, err := v.resend(at); err == nil && passed {
					r.Fatal("a code after the end")
				}
				continue
			}
			right := rapid.Bool().Draw(r, "right")
			err := v.check(right, at)
			switch {
			case err == nil && (!right || passed || tries >= domain.MaxTries):
				r.Fatal("passed without the right, or again")
			case err == nil:
				passed = true
			case errors.Is(err, domain.ErrCodeExpired) || errors.Is(err, domain.ErrVerified):
			default:
				tries++
			}
		}
		if v.Issue > domain.MaxIssues || v.Tries > domain.MaxTries {
			r.Fatalf("%d issues, %d tries", v.Issue, v.Tries)
		}
	})
}
