// Package totp makes and checks the codes of authenticator apps: time-based one-time passwords of six digits and 30 seconds (RFC 6238). It keeps
// nothing: whoever checks a code remembers the latest step that passed.
package totp
