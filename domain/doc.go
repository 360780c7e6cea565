// Package domain is what an account is: its states, what may be decided on them,
// the events that record it, and the catalogue of permissions. It is pure: no I/O,
// no clock, no ids of its own; whoever calls gives the time and the ids.
package domain
