package domain_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"accountledger/domain"
)

type value interface{ Validate() error }

// Whatever is stored in clear is one of a few values, or fits a narrow pattern.
func TestValues(t *testing.T) {
	for _, ok := range []value{
		domain.Channel("api"), domain.Channel("web"),
		domain.IdentifierKind("email"), domain.DeviceKind("watch"), domain.DeviceKind("band"), domain.DeviceKind("vacuum"),
		domain.Role("admin"), domain.CaseID("DSR-2026-0042"), domain.CaseID("INC-7"), domain.Slug("weather-2"), domain.Language("en"), domain.Language("pt-BR"),
		domain.Language("fil"), domain.Language("zh-Hans"), domain.Language("es-419"), domain.Language("ca-valencia"), domain.Hash(strings.Repeat("0a", 32)),
		domain.Fingerprint(strings.Repeat("0a", 16)), domain.PublishedText("Dear all"),
		domain.Permission("find_my_device"), domain.Purpose("audit"), domain.Month("2026-05"), domain.Day("2028-02-29"), domain.ViewName("accounts"),
		domain.ActorKind("service"), domain.Outcome("denied"), domain.RevealedPart("clients"), domain.Message("code"), domain.Medium("email"),
	} {
		if ok.Validate() != nil {
			t.Errorf("%T %q was refused", ok, ok)
		}
	}
	for _, no := range []value{
		domain.Channel(""), domain.IdentifierKind("phone"), domain.DeviceKind("Watch"), domain.DeviceKind(""), domain.Role("root"), domain.CaseID("ada-1"),
		domain.CaseID("DSR-2026-0042\n"), domain.CaseID("DSR-ada@example.com"), domain.Slug("a"), domain.Slug("Weather"), domain.Slug("a--b"), domain.Slug("-ab"),
		domain.Slug(strings.Repeat("a", 41)),
		domain.Language("english"), domain.Language("EN"), domain.Language("en-us"), domain.Language("zh-hans"), domain.Hash("0A"),
		domain.Hash(strings.Repeat("0A", 32)),
		domain.Fingerprint(strings.Repeat("0", 31)), domain.PublishedText(""), domain.PublishedText(strings.Repeat("a", 9000)), domain.Permission("Location"),
		domain.Permission("a__b"), domain.Permission(strings.Repeat("a", 41)), domain.Purpose(""), domain.Purpose("a\n"), domain.Month("2026-5"),
		domain.Month("2026-13"), domain.Day("2026-02-29"), domain.Day("2026-02-9"),
	} {
		if no.Validate() == nil {
			t.Errorf("%T %q was accepted", no, no)
		}
	}
}

func TestValuesCarryNoAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-zA-Z0-9.]{1,10}@[a-z]{2,8}\.[a-z]{2,3}`).Draw(t, "address")
		for _, v := range []value{domain.CaseID(s), domain.Slug(s), domain.Language(s), domain.Hash(s), domain.Fingerprint(s), domain.Permission(s),
			domain.Purpose(s), domain.Month(s), domain.Day(s), domain.ViewName(s), domain.Region(s), domain.Channel(s)} {
			if err := v.Validate(); err == nil || strings.Contains(err.Error(), s) {
				t.Fatalf("%T accepts an address, or repeats it", v)
			}
		}
	})
}

// TestValuesAreOfTheirPatterns compares what is accepted with the patterns.
func TestValuesAreOfTheirPatterns(t *testing.T) {
	patterns := map[string]func(s string) value{
		`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`: func(s string) value { return domain.Slug(s) },
		`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`: func(s string) value { return domain.Permission(s) },
		`^[0-9a-f]{32}$`:                func(s string) value { return domain.Fingerprint(s) },
		`^[0-9a-f]{64}$`:                func(s string) value { return domain.Hash(s) },
	}
	for pattern, of := range patterns {
		accepts := regexp.MustCompile(pattern).MatchString
		rapid.Check(t, func(t *rapid.T) {
			s := rapid.OneOf(rapid.StringMatching(`[a-c0-9_-]{2,6}`), rapid.StringMatching(pattern[1:len(pattern)-1]+`[g_.\n-]?`)).Filter(func(s string) bool {
				return len(s) >= 2 && (len(s) <= 40 || strings.Contains(pattern, "{64}"))
			}).Draw(t, "text")
			if got := of(s).Validate() == nil; got != accepts(s) {
				t.Fatalf("%q for %s: %t", s, pattern, got)
			}
		})
	}
}

func TestDerivedIDs(t *testing.T) {
	origin := uuid.MustParse("0a1b2c3d-0000-4000-8000-000000000001")
	// Ids of this form are stored: the first one is written down so that the derivation cannot change unseen.
	if got := domain.Derive(origin, "account").String(); got != "b708b45c-918a-86c5-81b1-384c099f8301" {
		t.Errorf("the derivation has changed: %s", got)
	}
	seen := map[uuid.UUID]string{}
	for _, step := range []string{"", "account", "accounts", "device"} {
		for _, n := range [][]uint64{nil, {0}, {1}, {0, 0}, {1 << 40}} {
			id := domain.Derive(origin, step, n...)
			if other, twice := seen[id]; twice || id.Version() != 8 || id.Variant() != uuid.RFC4122 {
				t.Errorf("%s %v: %s is also %s, or no UUIDv8", step, n, id, other)
			}
			seen[id] = step
			if id == domain.Derive(uuid.New(), step, n...) {
				t.Error("two origins gave one id")
			}
		}
	}
}

func TestParseID(t *testing.T) {
	id := uuid.New()
	if got, ok := domain.ParseID(id.String()); !ok || got != id {
		t.Error("its own form was refused")
	}
	for _, no := range []string{"", uuid.Nil.String(), strings.ToUpper(uuid.MustParse("abcdefab-0000-4000-8000-000000000000").String()), "{" + id.String() + "}",
		"urn:uuid:" + id.String(),
		strings.ReplaceAll(id.String(), "-", ""), id.String() + " ", "x"} {
		if _, ok := domain.ParseID(no); ok {
			t.Errorf("%q is an id", no)
		}
	}
}

func TestDaysAreInUTC(t *testing.T) {
	at := time.Date(2026, 1, 1, 1, 0, 0, 0, time.FixedZone("east", 2*3600))
	if domain.DayOf(at) != "2025-12-31" || domain.MonthOf(at) != "2025-12" {
		t.Error("a day of somewhere else")
	}
}
