// Package replay makes again, from the log, what was derived from it.
package replay
