// Package commands is what can be asked of the ledger: one file a use case, all of them in Menu. A
// command loads, lets the domain decide, and appends to one stream; what spans several streams is a chain of
// idempotent appends that anybody who finds it unfinished can complete.
package commands
