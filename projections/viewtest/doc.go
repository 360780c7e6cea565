// Package viewtest is what every engine for views must pass. It checks an engine
// from outside, also with random documents and queries against a plain model in
// memory, and assumes neither an empty nor a private engine: each test makes
// views with names of its own.
package viewtest
