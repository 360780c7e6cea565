// Package backup keeps what a ledger needs to be rebuilt from nothing: the backup itself, a
// folder with one export of log and vault and a manifest, and the list of destructions, which
// is kept beside the backups and grows between them.
//
// A backup holds keys that are destroyed later. The list names every one of them, so that a
// restore destroys them again before anything is served. It is a file of lines, one per entry,
// each with the hash of the line before it and a MAC under a key of the vault that
// rotations of the master key do not change. The list's length and end are recorded in a second file, the
// head, beside the master key: someone with access only to the backups cannot shorten the list unnoticed. A head has content from
// the moment it has its name; an empty one is refused, and so is a list that is removed while it is open. An old list with
// an equally old head cannot be told from the right ones, unless the backup knows more.
// Both hold opaque names and no personal data.
//
// Keys and secrets of sign-ups under way are not on the list: every restore ends all of them.
package backup
