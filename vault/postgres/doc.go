// Package postgres keeps the vault in a PostgreSQL database (14 or later), for any number of
// processes at once.
//
// What a call acknowledged has been fsynced by the server: synchronous_commit is on, and a
// server that runs with fsync off is refused. Transactions that wait for the disk together
// share one fsync; the server sees to that by itself, over the connections of all processes.
//
// Keys are cached as in the other engines. Destructions are numbered in the order in which
// they commit, and every process asks four times a second for those it has not seen. A
// process that has had no answer for 0.9 seconds answers nothing from its cache and asks
// the server for every key; an answer that took as long is asked for again. So a
// destroyed key is refused by every process within a second, whatever happened to the
// process, the server or the way between them. This holds for one server at a time: a
// former primary that goes on beside its successor answers from before the split.
//
// # What differs from the SQLite engine
//
// PostgreSQL cannot be made to wipe what it deleted: dead rows, its write-ahead log,
// archives, replicas and dumps go on holding the old bytes. When a destruction is acknowledged,
// no process gives the thing any more and no query shows it; but its wrapped bytes may
// still lie in the server's files, and whoever has both them and the master key could
// open them. They become noise when the master keys that the vault had up to then are
// destroyed: Rotate wraps the survivors under a new one while work goes on, and once no
// backup made before needs the old one the operator destroys it and says so with
// MasterDestroyed. Only then is an erasure final; vault.Final tells. In the SQLite engine the
// bytes are out of the files when the call returns, and what remains is in backups only.
//
// For the same reason the rows of the map hold digest and claim wrapped, and are found
// by marks that die with the master key. Names of keys and secrets, the random ids made with them
// and the times of destructions are not secret and stay.
//
// Several processes may have the vault open; the SQLite engine allows one. A process
// needs every master key that rows are under and gets vault.ErrMasterKey where it lacks one.
// With a keyring that reads files it looks for new ones there as often as it asks for
// destructions, so that a rotation can begin as soon as each process has the file; master
// keys that are recorded as destroyed are let go in the same step.
//
// Sessions must stay on one server process, so a pooler in front must not work by transaction.
package postgres
