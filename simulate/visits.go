package simulate

import (
	"math/rand/v2"

	"accountledger/domain"
)

// DeviceChoice is a device that a person links.
type DeviceChoice struct {
	Kind  domain.DeviceKind
	Model string
	Name  string
}

// Ask is a service's question about a person.
type Ask struct {
	Service int // index in services
	Purpose int // index in the service's purposes
	Unknown bool
}

// firstVisit is right after the sign-up: most people decide on something and link a device they just bought.
func (p *Population) firstVisit(r *rand.Rand, mood float64, age int) Visit {
	v := Visit{SignOut: signingOut(r)}
	if age >= 60 {
		mood *= 0.7
	}
	for i, u := range p.purposes {
		if r.Float64() < u.rate*mood {
			v.Decisions = append(v.Decisions, Choice{i, true})
		}
	}
	for n := devicesOf(r); n > 0; n-- {
		v.Links = append(v.Links, p.device(r))
	}
	v.Asks = p.asks(r)
	return v
}

// visit is a later visit. People who change their minds tend to do so on several things at once.
func (p *Population) visit(r *rand.Rand, mood float64) Visit {
	v := Visit{After: 1 + int(r.ExpFloat64()*20), SignOut: signingOut(r)}
	if r.Float64() < 0.06 {
		v.Misses = 1 + r.IntN(maxMisses)
	}
	v.NewClient = r.Float64() < 0.07
	if r.Float64() < 0.35 {
		for n := 1 + int(r.ExpFloat64()*1.5); n > 0; n-- {
			v.Decisions = append(v.Decisions, Choice{r.IntN(len(p.purposes)), r.Float64() < 0.45*mood})
		}
	}
	if r.Float64() < 0.2 {
		v.Links = append(v.Links, p.device(r))
	}
	v.Rename, v.Unlink, v.Adds = r.Float64() < 0.03, r.Float64() < 0.05, r.Float64() < 0.05
	v.Moves = v.Adds && r.Float64() < 0.4
	v.Asks = p.asks(r)
	switch x := r.Float64(); {
	case x < 0.004:
		v.Look = FindsOut
	case x < 0.008:
		v.Look = Reveals
	}
	switch x := r.Float64(); {
	case x < 0.006:
		v.Leave = Regrets
	case x < 0.018:
		v.Leave = Leaves
	}
	return v
}

func signingOut(r *rand.Rand) SigningOut {
	switch x := r.Float64(); {
	case x < 0.01:
		return SignsOutEverywhere
	case x < 0.25:
		return SignsOut
	}
	return LeavesOpen
}

// devicesOf is how many devices a person links at first: mostly one or two, sometimes a whole house full.
func devicesOf(r *rand.Rand) int {
	switch x := r.Float64(); {
	case x < 0.2:
		return 0
	case x < 0.62:
		return 1
	case x < 0.84:
		return 2
	case x < 0.97:
		return 3 + r.IntN(3)
	case x < 0.999:
		return 6 + r.IntN(8)
	default:
		return 20 + r.IntN(20)
	}
}

func (p *Population) device(r *rand.Rand) DeviceChoice {
	kind := p.devices.pick(r).kind
	return DeviceChoice{Kind: kind, Model: string(kind) + " " + model(r), Name: firstName(r) + "'s " + string(kind)}
}

// asks are the services' questions: few about most people, many about a few.
func (p *Population) asks(r *rand.Rand) []Ask {
	n := int(r.ExpFloat64() * 1.1)
	if r.Float64() < 0.004 {
		n += 10 + r.IntN(20)
	}
	var out []Ask
	for range min(n, 40) {
		s := p.services.pick(r)
		out = append(out, Ask{Service: s.number, Purpose: r.IntN(len(s.purposes)), Unknown: r.Float64() < 0.01})
	}
	return out
}
