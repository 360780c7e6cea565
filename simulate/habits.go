package simulate

import (
	"math/rand/v2"

	"accountledger/domain"
)

// weighted is picked in proportion to its weight.
type weighted[T any] struct {
	items []T
	upTo  []float64
}

func (w *weighted[T]) add(weight float64, item T) {
	sum := weight
	if n := len(w.upTo); n > 0 {
		sum += w.upTo[n-1]
	}
	w.items, w.upTo = append(w.items, item), append(w.upTo, sum)
}

func (w *weighted[T]) pick(r *rand.Rand) T {
	x := r.Float64() * w.upTo[len(w.upTo)-1]
	for i, up := range w.upTo {
		if x < up {
			return w.items[i]
		}
	}
	return w.items[len(w.items)-1]
}

// habits are the tendencies of the population.
type habits struct {
	regions  weighted[place]
	devices  weighted[deviceKind]
	services weighted[service]
	purposes []purpose
}

// place is a region with its languages and how readily people there give consent.
type place struct {
	region    domain.Region
	languages []domain.Language
	openness  float64
}

type deviceKind struct{ kind domain.DeviceKind }

// purpose is a purpose of the catalogue with the share of people who agree to it.
type purpose struct {
	domain.Allowance
	rate float64
}

// service is a connected service with the purposes that it may ask about.
type service struct {
	number   int
	name     string
	purposes []int
}

func theHabits() habits {
	var h habits
	for _, p := range []struct {
		weight    float64
		region    domain.Region
		openness  float64
		languages []domain.Language
	}{
		{22, "DE", 0.75, []domain.Language{"de", "de", "de", "en"}},
		{14, "FR", 0.85, []domain.Language{"fr"}},
		{10, "GB", 1, []domain.Language{"en"}},
		{9, "IT", 1.1, []domain.Language{"it"}},
		{9, "ES", 1.1, []domain.Language{"es", "es", "en"}},
		{7, "PL", 1, []domain.Language{"pl"}},
		{6, "NL", 0.8, []domain.Language{"nl", "en"}},
		{8, "US", 1.2, []domain.Language{"en", "en", "es"}},
		{6, "IN", 1.4, []domain.Language{"en", "hi"}},
		{3, "KR", 1.2, []domain.Language{"ko"}},
		{2, "BR", 1.3, []domain.Language{"pt-BR"}},
		{2, "SE", 0.9, []domain.Language{"sv", "en"}},
		{2, "AT", 0.75, []domain.Language{"de"}},
	} {
		h.regions.add(p.weight, place{p.region, p.languages, p.openness})
	}
	for i, kind := range domain.DeviceKinds() {
		h.devices.add(40/float64(1+i*i), deviceKind{kind})
	}
	for _, p := range domain.TheCatalogue().Permissions {
		for i, u := range p.Purposes {
			h.purposes = append(h.purposes, purpose{domain.Allowance{Permission: p.Key, Purpose: u.Key}, rateOf(p.Key) / float64(1+i)})
		}
	}
	for _, s := range []struct {
		name        string
		weight      float64
		permissions []domain.Permission
	}{
		{"maps", 60, []domain.Permission{"location"}},
		{"backup", 25, []domain.Permission{"cloud_backup", "contacts"}},
		{"ads", 20, []domain.Permission{"personalised_ads"}},
		{"wellness", 8, []domain.Permission{"health"}},
		{"finder", 4, []domain.Permission{"find_my_device", "location"}},
		{"insights", 2, []domain.Permission{"device_analytics", "device_usage"}},
	} {
		one := service{number: len(h.services.items), name: s.name}
		for n, u := range h.purposes {
			for _, p := range s.permissions {
				if u.Permission == p {
					one.purposes = append(one.purposes, n)
				}
			}
		}
		if len(one.purposes) > 0 {
			h.services.add(s.weight, one)
		}
	}
	return h
}

// rateOf is the share of people who agree to the first purpose of a permission; half as many agree to the second.
func rateOf(p domain.Permission) float64 {
	switch p {
	case "location", "find_my_device":
		return 0.5
	case "cloud_backup":
		return 0.45
	case "contacts", "camera", "device_analytics":
		return 0.25
	case "health", "voice_recordings":
		return 0.15
	case "personalised_ads":
		return 0.12
	default:
		return 0.2
	}
}

func firstName(r *rand.Rand) string {
	all := [...]string{"ada", "bela", "chiara", "dmitri", "elif", "farid", "greta", "hugo", "ines", "jonas", "kaja", "lena", "mika", "noor", "olga", "pavel"}
	return all[r.IntN(len(all))]
}

func model(r *rand.Rand) string {
	all := [...]string{"One", "One Plus", "Nova 3", "Air", "Mini", "Lite 2", "Pro 9", "Max"}
	return all[r.IntN(len(all))]
}
