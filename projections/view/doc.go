// Package view says what a view is, and nothing about where it is kept: how a
// view is declared and folded from events, what a document holds, what a query
// means, and what an engine that keeps documents must do.
//
// A view is derived: it can be thrown away and folded again from the log, and
// the result is the same. One declaration serves every engine, and a query has
// one meaning on all of them; package viewtest holds each engine to it.
//
// Views hold no personal data in clear. What is personal travels as sealed
// bytes that no engine can read, filter, sort, group or search.
package view
