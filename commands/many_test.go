//go:build !engines

package commands_test

// manyIdentifiers are tried once each: a few seconds.
const manyIdentifiers = 20_000
