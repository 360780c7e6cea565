package domain

// LimitProfile names other limits on what may be refused and done at once, which an operator puts in force for a while.
type LimitProfile string

// LimitsSimulation is for a simulated population: all of it comes from one machine.
const LimitsSimulation LimitProfile = "simulation"

// Validate refuses what is no profile.
func (p LimitProfile) Validate() error { return oneOf(p, LimitsSimulation) }

// LimitsChanged: an operator put a profile of limits in force, or took it back. One in force ends with its process at the
// latest.
type LimitsChanged struct {
	Profile LimitProfile `json:"profile"`
	UID     int          `json:"uid"` // of the system's user who asked for it
	InForce bool         `json:"in_force"`
}
