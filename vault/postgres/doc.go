// Package postgres keeps the vault in a PostgreSQL database (14 or later), for any number of
// processes at once.
//
// What a call acknowledged has been fsynced by the server: synchronous_commit is on, and a
// server that runs with fsync off is refused. Transactions that wait for the disk together
// share one fsync; the server does that by itself, across the connections of all processes.
//
// Keys are cached as in the other engines. Destructions are numbered in the order in which
// they commit, and every process asks four times a second for those it has not seen. A
// process that has had no answer for 0.9 seconds stops using its cache and asks
// the server for every key; if that answer took as long, it asks again. So every process
// refuses a destroyed key within a second, whatever happens to the
// process, the server or the network between them. This holds for one server at a time: a
// former primary that keeps running beside its successor answers from before the split.
//
// # Differences from the SQLite engine
// # What differs from the SQLite engine
//
// PostgreSQL cannot be made to wipe what it deleted: dead rows, its write-ahead log,
// archives, replicas and dumps keep the old bytes. When a destruction is acknowledged,
// no process returns the thing any more and no query shows it; but its wrapped bytes may
// still be in the server's files, and anyone with both them and the master key could
// open them. They become noise when the master keys that the vault had up to then are
// destroyed: Rotate rewraps the survivors under a new one while work goes on, and once no
// earlier backup needs the old one, the operator destroys it and records that with
// MasterDestroyed. Only then is an erasure final; see vault.Final. In the SQLite engine the
// bytes are out of the files when the call returns, and remain only in backups.
//
// For the same reason the rows of the map hold digest and claim wrapped, and are found
// by marks that are useless without the master key. Names of keys and secrets, their random ids
// and the times of destructions are not secret and stay.
//
// Several processes may have the vault open; the SQLite engine allows one. A process
// needs every master key that rows are under and gets vault.ErrMasterKey if it lacks one.
// With a keyring that reads files it looks for new ones as often as it asks for
// destructions, so a rotation can begin as soon as each process has the file; master
// keys recorded as destroyed are dropped in the same step.
//
// Sessions must stay on one server process, so a pooler in front must not use transaction pooling.
package postgres
