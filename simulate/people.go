package simulate

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"accountledger/domain"
)

// Funnel is how far a sign-up gets.
type Funnel int

// Ends of a sign-up.
const (
	Proves    Funnel = iota // with the code
	NeverAsks               // never comes back with the code; the sign-up lapses
	Guesses                 // tries wrong codes until the verification ends
	TooYoung                // is refused: the region has no accounts at that age
)

// Person is a member of the population with all their choices.
type Person struct {
	Number     int
	Email      string // under example.invalid
	Password   string
	Region     domain.Region
	Language   domain.Language
	BirthMonth string
	Funnel     Funnel
	// WrongCodes are tried before the right one. Resends: a new code is requested. Late: the first code has expired.
	WrongCodes int
	Resends    bool
	Late       bool
	// Again: they forget, and later sign up again with the same address.
	Again bool
	// Secured: they have a second factor.
	Secured bool
	First   Visit
	Visits  []Visit
}

// Other is another address of theirs.
func (p *Person) Other(n int) string { return fmt.Sprintf("also%d.%s", n+1, p.Email) }

// Visit is one visit of a person.
type Visit struct {
	After     int  // days since the previous visit
	Misses    int  // wrong passwords before the right one; after maxMisses they set a new one
	NewClient bool // with a new telephone or browser
	Decisions []Choice
	Links     []DeviceChoice
	Rename    bool
	Unlink    bool
	Adds      bool // another address, unless they have as many as they can have
	Moves     bool // to the one that they add
	Asks      []Ask
	Look      Look
	Leave     Leaving
	SignOut   SigningOut
	Loses     bool // the telephone with the authenticator app
}

// maxMisses is after how many wrong passwords somebody has forgotten theirs.
const maxMisses = 2

// Forgot reports whether they recover their account.
func (v *Visit) Forgot() bool { return v.Misses >= maxMisses }

// Choice is a decision on a purpose, by its index in purposes.
type Choice struct {
	Purpose int
	Grant   bool
}

// Look is what an officer looks at about a person.
type Look int

// Looks.
const (
	NoLook Look = iota
	FindsOut
	Reveals
)

// Leaving is whether a person asks to be erased.
type Leaving int

// Ways of leaving.
const (
	Stays Leaving = iota
	Regrets
	Leaves
)

// SigningOut is how a visit ends.
type SigningOut int

// Ends of a visit.
const (
	LeavesOpen SigningOut = iota
	SignsOut
	SignsOutEverywhere
)

// Population generates people. It is safe for concurrent use.
type Population struct {
	seed uint64
	tag  string
	born time.Time
	habits
}

// NewPopulation is the population of a seed. tag is in all addresses; ages are as of the month of born.
func NewPopulation(seed uint64, tag string, born time.Time) *Population {
	return &Population{seed: seed, tag: tag, born: born, habits: theHabits()}
}

// Shares of a population's sign-ups.
const (
	tooYoung  = 0.004
	neverAsks = 0.15 // of the others
	guesses   = 0.015
	secured   = 0.05 // of those with an account
	loses     = 0.03 // of visits
)

// SignUps is how many people must sign up for about this many accounts.
func SignUps(accounts int) int {
	return int(float64(accounts) / ((1 - tooYoung) * (1 - neverAsks - guesses)))
}

// Person generates the person with a number: always the same for one seed.
func (p *Population) Person(number int) *Person {
	r := rand.New(rand.NewPCG(p.seed, uint64(number)+1)) //nolint:gosec // for choosing a population, not for security
	place := p.regions.pick(r)
	age := ageOf(r)
	who := &Person{Number: number, Region: place.region, Language: place.languages[r.IntN(len(place.languages))],
		Email:    fmt.Sprintf("%s.%d.%s@people.example.invalid", firstName(r), number, p.tag),
		Password: "sim-" + strconv.FormatUint(r.Uint64(), 36) + "-" + strconv.FormatUint(r.Uint64(), 36)}
	if r.Float64() < tooYoung {
		who.Funnel, age = TooYoung, 1+r.IntN(4)
	}
	who.BirthMonth = p.born.AddDate(-age, -r.IntN(12), 0).Format("2006-01")
	if who.Funnel != TooYoung {
		p.funnel(r, who)
	}
	mood := place.openness * (0.4 + 1.2*r.Float64())
	who.First = p.firstVisit(r, mood, age)
	for n := visitsOf(r); n > 0; n-- {
		who.Visits = append(who.Visits, p.visit(r, mood))
	}
	who.Secured = r.Float64() < secured
	for i := range who.Visits {
		who.Visits[i].Loses = r.Float64() < loses
	}
	return who
}

// Purpose is the purpose that a choice is about.
func (p *Population) Purpose(c Choice) domain.Allowance { return p.purposes[c.Purpose].Allowance }

// Services are the services that ask about people, by Ask.Service: each with the purposes that it may ask about.
func (p *Population) Services() []Service {
	all := make([]Service, len(p.services.items))
	for i, s := range p.services.items {
		all[i].Name = s.name
		for _, n := range s.purposes {
			all[i].Allowed = append(all[i].Allowed, p.purposes[n].Allowance)
		}
	}
	return all
}

// Service is a connected service. Ask.Purpose is an index in Allowed.
type Service struct {
	Name    string
	Allowed []domain.Allowance
}

func (p *Population) funnel(r *rand.Rand, who *Person) {
	switch x := r.Float64(); {
	case x < neverAsks:
		who.Funnel = NeverAsks
		who.Resends = r.Float64() < 0.2
		return
	case x < neverAsks+guesses:
		who.Funnel = Guesses
		return
	}
	switch x := r.Float64(); {
	case x < 0.07:
		who.WrongCodes = 1
	case x < 0.085:
		who.WrongCodes = 2 + r.IntN(2)
	}
	who.Resends = r.Float64() < 0.06
	who.Late = r.Float64() < 0.03
	who.Again = r.Float64() < 0.015
}

// ageOf is an age in years: mostly between 18 and 50, some minors, some old people.
func ageOf(r *rand.Rand) int {
	switch x := r.Float64(); {
	case x < 0.06:
		return 8 + r.IntN(10)
	case x < 0.75:
		return 18 + r.IntN(27)
	case x < 0.96:
		return 45 + r.IntN(25)
	default:
		return 70 + r.IntN(25)
	}
}

// visitsOf is how often a person comes back: a few often, many never.
func visitsOf(r *rand.Rand) int {
	n := 0
	for n < 12 && r.Float64() < 0.5 {
		n++
	}
	return n
}
