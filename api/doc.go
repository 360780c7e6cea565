// Package api serves the ledger over HTTP: one endpoint per file with its own request and answer types, all listed in
// routes.go. It makes no decisions: who may ask is checked here early, so that a refusal reveals nothing about what was
// asked for, and again by the command.
//
// Errors are answered as application/problem+json (RFC 9457), which names the place of the fault and repeats no value
// and no name that the caller made up. Of a request, only route, method, status and duration reach the log and the
// metrics; refusals also write a line of the security log, without personal data.
package api
