//go:build race

package commands_test

// underRace: the race detector slows everything down.
const underRace = true
