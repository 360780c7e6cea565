package domain

// LimitProfile is a set of different limits that an operator puts in force for a while.
type LimitProfile string

// LimitsSimulation is for a simulated population, which all comes from one machine.
const LimitsSimulation LimitProfile = "simulation"

// Validate refuses unknown values.
func (p LimitProfile) Validate() error { return oneOf(p, LimitsSimulation) }

// LimitsChanged: an operator put a limit profile in force, or ended it. A profile ends at the latest with its process.
type LimitsChanged struct {
	Profile LimitProfile `json:"profile"`
	UID     int          `json:"uid"` // of the operator
	InForce bool         `json:"in_force"`
}
