// Package projections holds the views, one a file: what each document holds and how events change it. They are
// kept and run by the packages beside it.
//
// A view holds no personal data in clear. What is personal is carried sealed, to be opened for one answer on the
// record; everything else is public fields of events. People who were erased appear in the views by opaque ids, and their sealed
// parts open no more.
package projections
