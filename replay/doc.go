// Package replay rebuilds, from the log, what was derived from it.
package replay
