package domain_test

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"accountledger/domain"
)

// closed says that a type takes its values and no other.
func closed[T interface {
	~string
	comparable
	Values() []T
	Validate() error
}](t *testing.T) {
	var none T
	known := map[T]bool{}
	for _, v := range none.Values() {
		known[v] = true
		if err := v.Validate(); err != nil {
			t.Errorf("%T %q: %v", v, v, err)
		}
	}
	anything := rapid.OneOf(rapid.StringMatching(`[a-z_]{0,12}`), rapid.StringMatching(`[A-Z]{2}`), rapid.String())
	rapid.Check(t, func(r *rapid.T) {
		if v := T(anything.Draw(r, "value")); (v.Validate() == nil) != known[v] {
			r.Fatalf("%T %q: %v", v, v, v.Validate())
		}
	})
}

// TestClosedSets: what a type lists is what it takes.
func TestClosedSets(t *testing.T) {
	t.Parallel()
	closed[domain.Outcome](t)
	closed[domain.RevealedPart](t)
	closed[domain.LegalBasis](t)
	closed[domain.Retention](t)
	closed[domain.Recipients](t)
	closed[domain.ActorKind](t)
	closed[domain.AuthMethod](t)
	closed[domain.State](t)
	closed[domain.Region](t)
	closed[domain.Capacity](t)
	closed[domain.FactorKind](t)
	closed[domain.RecoveryProof](t)
	closed[domain.Channel](t)
	closed[domain.IdentifierKind](t)
	closed[domain.VerificationPurpose](t)
	closed[domain.DeviceKind](t)
	closed[domain.Role](t)
}

// patterned says that a type takes what its pattern matches, up to a length, and nothing else.
func patterned[T interface {
	~string
	Pattern() string
	Validate() error
}](t *testing.T, least, most int) {
	var none T
	pattern := regexp.MustCompile(none.Pattern())
	near := rapid.OneOf(rapid.StringMatching(none.Pattern()), rapid.StringMatching(`[a-z0-9_-]{0,45}`), rapid.StringMatching(`[A-Z]{1,9}-[0-9]{0,5}`),
		rapid.String())
	rapid.Check(t, func(r *rapid.T) {
		v := near.Draw(r, "value")
		fits := pattern.MatchString(v) && len(v) >= least && (most == 0 || len(v) <= most)
		if (T(v).Validate() == nil) != fits {
			r.Fatalf("%T %q: %v", none, v, T(v).Validate())
		}
	})
}

// TestPatterns: a pattern, which the API's document shows, says what is taken.
func TestPatterns(t *testing.T) {
	t.Parallel()
	patterned[domain.CaseID](t, 0, 0)
	patterned[domain.Slug](t, 2, 40)
	patterned[domain.Hash](t, 0, 0)
	patterned[domain.Permission](t, 0, domain.MaxKey)
	patterned[domain.Purpose](t, 0, domain.MaxKey)
	patterned[domain.Term](t, 0, 0)
	patterned[domain.Language](t, 0, 0)
	patterned[domain.Month](t, 0, 0)
}
