// Package api is the ledger over HTTP: one endpoint a file, with its own request and answer types, all
// of them listed in routes.go. It decides nothing: who may ask is checked here early, so that a refusal tells
// nothing of what was asked about, and again by the command that is asked.
//
// Whatever goes wrong is answered as application/problem+json (RFC 9457) that names the place of the fault and
// repeats neither a value nor a name that the caller made up. Nothing of a request but its route, method, status and
// duration reaches a log or a metric.
package api
