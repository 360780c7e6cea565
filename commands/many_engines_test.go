//go:build engines

package commands_test

// manyIdentifiers are tried once each: half a minute on a busy machine, so not with the usual tests.
const manyIdentifiers = 100_000
