package commands_test

import (
	"fmt"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
)

// equipped is a person with some linked devices.
func (w *world) equipped(devices int) domain.Caller {
	person := w.person(fmt.Sprintf("person%d@example.com", devices))
	for i := range devices {
		do(w, w.LinkDevice, person, domain.LinkDevice{Kind: "phone", Model: "Pixel 9", Name: fmt.Sprintf("Phone %d", i)})
	}
	return person
}

// BenchmarkChange is a change of a permission, without HTTP.
func BenchmarkChange(b *testing.B) {
	for _, devices := range []int{0, 100} {
		b.Run(fmt.Sprintf("devices=%d", devices), func(b *testing.B) {
			w := newWorld(b)
			person, set := w.equipped(devices), w.grant()
			b.ReportAllocs()
			for b.Loop() {
				do(w, w.SetPermission, person, set)
			}
		})
	}
}

// BenchmarkDecision is a service's question, recorded, without HTTP.
func BenchmarkDecision(b *testing.B) {
	for _, devices := range []int{0, 100} {
		b.Run(fmt.Sprintf("devices=%d", devices), func(b *testing.B) {
			w := newWorld(b)
			person, service := w.equipped(devices), w.service("weather-app")
			ask := commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose}
			b.ReportAllocs()
			for b.Loop() {
				do(w, w.DecideAccess, service, ask)
			}
		})
	}
}
