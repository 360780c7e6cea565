// Package viewtest is the conformance suite for view engines. It checks an engine
// from outside, including with random documents and queries against a plain model in
// memory, and assumes neither an empty nor a private engine: each test creates
// views with its own names.
package viewtest
