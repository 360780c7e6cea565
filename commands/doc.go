// Package commands holds the ledger's use cases, one per file, all listed in Menu. A command loads state, lets the domain
// decide, and appends to one stream; what spans several streams is a chain of idempotent appends that any process can
// complete if it finds it unfinished.
package commands
