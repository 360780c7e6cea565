// Package domain is what an account is: its states, the decisions on them, the events that record them, and the
// catalogue of permissions. It is pure: no I/O, no clock and no random ids; callers pass the time and the ids.
package domain
