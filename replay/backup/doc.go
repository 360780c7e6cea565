// Package backup keeps what a ledger needs to come back from nothing: the backup itself, a
// folder with one export of log and vault and a manifest, and the list of destructions, which
// lies beside the backups and grows between them.
//
// A backup holds keys that are destroyed later. The list names every one of them, so that a
// restore destroys them again before anything is served. It is a file of lines, one an entry,
// each with the hash of the line before it and a MAC under a key of the vault that
// rotations of the master key leave as it is. How long the list is and how it ends stands in a second file, the
// head, beside the master key: whoever can only reach the backups cannot shorten the list unnoticed. A head says something from
// the moment it has its name; one that is empty is refused, and so is a list that is taken away while it is open. An old list with
// an equally old head cannot be told from the right ones, unless the backup knows of more.
// Both hold opaque names and nothing personal.
//
// Keys and secrets of sign-ups under way are not on the list: every restore ends all of them.
package backup
