package domain

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/language"
)

//go:embed capacity.json
var capacityJSON []byte

// Region is the country whose rules apply: ISO 3166-1 alpha-2, upper case.
type Region string

// Validate refuses anything that is not a country, and aliases such as UK for GB, which would miss the country's rules.
func (r Region) Validate() error {
	p, err := language.ParseRegion(string(r))
	if len(r) != 2 || err != nil || !p.IsCountry() || p.Canonicalize() != p || p.String() != string(r) {
		return errValue
	}
	return nil
}

// Values lists every country.
func (Region) Values() []Region { return slices.Clone(regions()) }

var regions = sync.OnceValue(func() (out []Region) {
	for first := 'A'; first <= 'Z'; first++ {
		for second := 'A'; second <= 'Z'; second++ {
			if r := Region([]rune{first, second}); r.Validate() == nil {
				out = append(out, r)
			}
		}
	}
	return out
})

// Capacity is whether a person may decide on their own.
type Capacity string

// Capacities.
const (
	CapacitySelf     Capacity = "self"
	CapacityGuardian Capacity = "guardian_required"
	CapacityRefused  Capacity = "refused"
)

// Values lists them all.
func (Capacity) Values() []Capacity {
	return []Capacity{CapacitySelf, CapacityGuardian, CapacityRefused}
}

// Validate refuses unknown values.
func (c Capacity) Validate() error { return oneOf(c, c.Values()...) }

// Rules identifies the rules applied to a person: the region's row in a version of the table.
type Rules struct {
	Region  Region `json:"region"`
	Version int    `json:"version"`
}

// Ages is a row of the table: the age from which people decide on their own, and the age below which nobody can have an
// account.
type Ages struct {
	Region       Region `json:"region"`
	SelfFrom     int    `json:"self_from"`
	Basis        string `json:"basis"`
	RefusedBelow int    `json:"refused_below"`
}

type capacityTable struct {
	Version int    `json:"version"`
	Default Ages   `json:"default"`
	Regions []Ages `json:"regions"`
}

var theCapacityTable = sync.OnceValue(func() capacityTable {
	var t capacityTable
	if err := json.Unmarshal(capacityJSON, &t, json.RejectUnknownMembers(true)); err != nil {
		panic(fmt.Sprintf("domain: capacity.json: %v", err))
	}
	return t
})

// BirthMonth is a person's month of birth. It is personal: events hold it sealed.
type BirthMonth struct {
	Month Month `json:"month"`
}

// ParseBirthMonth parses yyyy-mm, from 130 years ago to the current month.
func ParseBirthMonth(s string, now time.Time) (BirthMonth, error) {
	m := Month(s)
	if m.Validate() != nil || m > MonthOf(now) || m < MonthOf(now.AddDate(-130, 0, 0)) {
		return BirthMonth{}, ErrBirthMonth
	}
	return BirthMonth{m}, nil
}

// Age is the number of years certainly completed: birthdays are taken to be at the end of the month.
func (b BirthMonth) Age(now time.Time) int {
	t, err := time.Parse("2006-01", string(b.Month))
	if err != nil {
		return 0
	}
	now = now.UTC()
	age := now.Year() - t.Year()
	if now.Month() <= t.Month() {
		age--
	}
	return max(age, 0)
}

// DecideCapacity applies the table to a person: GDPR Art. 8 by member state, COPPA, PIPL, DPDP, and the table's default
// elsewhere.
func DecideCapacity(region Region, birth BirthMonth, now time.Time) (Capacity, Rules) {
	table := theCapacityTable()
	ages := table.Default
	for _, a := range table.Regions {
		if a.Region == region {
			ages = a
		}
	}
	rules := Rules{Region: region, Version: table.Version}
	switch age := birth.Age(now); {
	case age < ages.RefusedBelow:
		return CapacityRefused, rules
	case age < ages.SelfFrom:
		return CapacityGuardian, rules
	default:
		return CapacitySelf, rules
	}
}
