package server

import "accountledger/commands"

// Limits are those that the settings mean.
func (c AbuseConfig) Limits() commands.Limits { return c.limits() }
