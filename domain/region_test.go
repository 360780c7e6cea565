package domain_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"accountledger/domain"
)

// table reads the file itself, so that the test sees what is written there.
func table(t *testing.T) (out struct {
	Version int           `json:"version"`
	Default domain.Ages   `json:"default"`
	Regions []domain.Ages `json:"regions"`
}) {
	t.Helper()
	b, err := os.ReadFile("capacity.json")
	if err == nil {
		err = json.Unmarshal(b, &out, json.RejectUnknownMembers(true))
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// bornAt is the month of birth of somebody who for certain is an age from the first of now's month on.
func bornAt(now time.Time, age int) domain.BirthMonth {
	return domain.BirthMonth{Month: domain.MonthOf(time.Date(now.Year()-age, now.Month()-1, 1, 0, 0, 0, 0, time.UTC))}
}

func TestCapacityOfEachRegion(t *testing.T) {
	rows := table(t)
	for _, now := range []time.Time{noon, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2028, 2, 29, 23, 59, 59, 999, time.UTC)} {
		for _, row := range append(rows.Regions, domain.Ages{Region: "BR", SelfFrom: rows.Default.SelfFrom, RefusedBelow: rows.Default.RefusedBelow}) {
			for age, want := range map[int]domain.Capacity{
				row.SelfFrom: domain.CapacitySelf, row.SelfFrom - 1: domain.CapacityGuardian, row.RefusedBelow: domain.CapacityGuardian,
				row.RefusedBelow - 1: domain.CapacityRefused, 0: domain.CapacityRefused, 99: domain.CapacitySelf,
			} {
				got, rules := domain.DecideCapacity(row.Region, bornAt(now, age), now)
				if got != want || rules != (domain.Rules{Region: row.Region, Version: rows.Version}) {
					t.Errorf("%s at %d on %s: %s by %v, want %s", row.Region, age, now, got, rules, want)
				}
			}
		}
	}
}

func TestRowsOfTheTable(t *testing.T) {
	rows, seen := table(t), map[domain.Region]bool{}
	for _, row := range rows.Regions {
		switch {
		case row.Region.Validate() != nil || seen[row.Region]:
			t.Errorf("%q is no region or stands there twice", row.Region)
		case row.Basis == "" || row.RefusedBelow < 1 || row.SelfFrom <= row.RefusedBelow || row.SelfFrom > 18:
			t.Errorf("%s: %+v", row.Region, row)
		}
		seen[row.Region] = true
	}
	// The ages that the law names, apart from the file: GDPR Art. 8 leaves 13 to 16, PIPL 14, DPDP 18, COPPA 13.
	for region, age := range map[domain.Region]int{"DE": 16, "FR": 15, "AT": 14, "ES": 14, "SE": 13, "GB": 13, "US": 13, "CN": 14, "IN": 18, "KR": 14} {
		if c, _ := domain.DecideCapacity(region, bornAt(noon, age), noon); c != domain.CapacitySelf {
			t.Errorf("%s at %d: %s", region, age, c)
		}
		if c, _ := domain.DecideCapacity(region, bornAt(noon, age-1), noon); c != domain.CapacityGuardian {
			t.Errorf("%s at %d: %s", region, age-1, c)
		}
	}
}

func TestAgeAtTheMonthsBorder(t *testing.T) {
	born := domain.BirthMonth{Month: "2010-05"}
	for at, want := range map[string]int{
		"2026-04-30T23:59:59Z": 15, "2026-05-01T00:00:00Z": 15, "2026-05-31T23:59:59Z": 15, "2026-06-01T00:00:00Z": 16,
		"2026-06-01T01:00:00+14:00": 15, "2026-05-31T23:00:00-11:00": 16, "2027-05-31T00:00:00Z": 16, "2009-01-01T00:00:00Z": 0,
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := born.Age(now); got != want {
			t.Errorf("on %s: %d, want %d", at, got, want)
		}
	}
}

func TestAgeIsCertain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		birthday := time.Date(rapid.IntRange(1900, 2026).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")),
			rapid.IntRange(1, 31).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		now := birthday.Add(time.Duration(rapid.IntRange(0, 40_000).Draw(t, "days")) * 24 * time.Hour)
		age := domain.BirthMonth{Month: domain.MonthOf(birthday)}.Age(now)
		exact := now.Year() - birthday.Year()
		if now.Before(birthday.AddDate(exact, 0, 0)) {
			exact--
		}
		if age > exact || age < exact-1 {
			t.Fatalf("born %s, on %s: %d, and by the day %d", birthday, now, age, exact)
		}
	})
}

func TestParseBirthMonth(t *testing.T) {
	for _, in := range []string{"1990-05", "2026-05", "1896-05"} {
		if b, err := domain.ParseBirthMonth(in, noon); err != nil || string(b.Month) != in {
			t.Errorf("%s: %v", in, err)
		}
	}
	for _, in := range []string{"", "2026-06", "1896-04", "1990-13", "1990-00", "1990-5", "90-05", "1990-05-01", "1990/05", " 1990-05", "0001-01", "9999-12",
		"٢٠٠٠-٠١", "1990-05\x00"} {
		if _, err := domain.ParseBirthMonth(in, noon); !errors.Is(err, domain.ErrBirthMonth) {
			t.Errorf("%q was accepted", in)
		}
	}
}

func TestRegions(t *testing.T) {
	for _, ok := range []domain.Region{"DE", "US", "CN", "BR", "TW"} {
		if ok.Validate() != nil {
			t.Errorf("%s was refused", ok)
		}
	}
	for _, no := range []domain.Region{"", "de", "DEU", "XX", "ZZ", "EU", "276", "UK", "DD", "D", "D\x00", "ÄÖ"} {
		if no.Validate() == nil {
			t.Errorf("%q was accepted", string(no))
		}
	}
}

func TestCapacityIsDecidedAgain(t *testing.T) {
	a := opened(t, domain.CapacityGuardian)
	born := domain.BirthMonth{Month: "2010-05"}
	sameEvents(t, a.DecideCapacity(born, time.Date(2026, 5, 31, 23, 0, 0, 0, time.UTC)))
	got := a.DecideCapacity(born, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	sameEvents(t, got, domain.AccountCapacityDecided{Rules: domain.Rules{Region: "DE", Version: table(t).Version},
		Capacity: domain.CapacitySelf, Previous: domain.CapacityGuardian})
	apply(t, a, noon, got...)
	if a.Capacity != domain.CapacitySelf || a.DecideCapacity(born, noon.AddDate(1, 0, 0)) != nil {
		t.Error("it was not applied, or is decided twice")
	}
}
