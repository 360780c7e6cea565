// Package esdb is the log on EventStoreDB or KurrentDB, 22.6 or newer (older ones
// return no positions when a stream is read).
//
// # What an operator configures
//
// A connection string, as the vendor's clients take it, with esdb, kurrentdb, kurrent or kdb:
//
//	esdb://user:password@host:2113                     one node, TLS
//	esdb://127.0.0.1:2113?tls=false                    one node, no TLS, no credentials
//	esdb://[2001:db8::1]:2113                          one node by its IPv6 address
//	esdb+discover://user:password@cluster.example:2113 a cluster behind one name
//	esdb://a:2113,b:2113,c:2113                        a cluster by its nodes
//
// with tls, tlsVerifyCert, tlsCAFile, userCertFile and userKeyFile, nodePreference, discoveryInterval (ms), gossipTimeout (s, how
// long one candidate node may take; by default as long as a request), maxDiscoverAttempts (after how many failed rounds requests
// fail immediately; by default decided by time alone), keepAliveInterval and
// keepAliveTimeout (ms), defaultDeadline (ms, of one request). Any other setting is refused by name. The files are read again at
// each connection, so a certificate or an authority is replaced by replacing the file. All addresses of a name are tried concurrently.
// Credentials are sent only over
// TLS. The user must be allowed to read $all, which by default only $admins are.
//
// The server may be shared: streams that do not start with Options.Prefix, or whose name after it Options.Names does not know, are
// skipped like the server's own, whatever they hold. The ledger's streams must not be truncated or deleted (no $maxAge, $maxCount
// or TTL): if one has events missing, that is an *eventstore.CorruptError that names it.
//
// A leader that lacks the last event known to this process, or has another log id, was put back to an earlier copy. That is
// checked at each connection, and after it nothing is appended or read.
//
// # What is guaranteed
//
// Appends, reads of streams, ReadAll and Head are answered by the leader, or refused. An
// append is acknowledged when a majority of the nodes has it. Whether it survives a loss of
// power on all of them depends on the server: it flushes unless it was told not to
// (UnsafeDisableFlushToDisk). A leader just deposed may briefly answer a read from
// what it still has, but it acknowledges no append. A caller that must be sure reads again
// at the position of an acknowledged append: ReadStreamSince.
//
// If the outcome of an append was lost, the stream is read from the leader, and the append is
// sent again if its events are not there; only if that does not help either is the answer
// eventstore.ErrUnknownOutcome.
//
// A request has 10 s (Options.CallTimeout), including all attempts and the search for a node; a long read has that long from one
// event to the next. A node that sends nothing for 3 s while it owes an answer is given up. Once none has answered for 10 s, requests
// fail immediately with *eventstore.OutageError, and one search goes on until a node answers. What the server denies, or refuses
// for its size, is an *eventstore.DeniedError or *eventstore.LimitError. Health reports all of this without any request.
//
// In the steady state an append, a read of a stream and Head are one round trip each.
//
// A subscription that breaks is resumed after the last event handed over; one that
// is silent while the leader has more is replaced. Stats counts both. What a slow reader has not read stays at
// the server: a subscription holds Options.BufferedBytes and 1 MiB in transit. Subscriptions have
// connections of their own, 32 to each, since a server takes 100 calls at a time over one connection.
//
// # What differs from the embedded engine
//
//   - Positions are bytes in the server's log, not dense. Distance counts bytes, including those of the
//     server's own entries.
//   - The log's id is in the last event of the stream LogStream, which is created, in a log without events, by the
//     first process that asks. The fence is the last event of FenceStream. Readers never see those streams,
//     and cannot append to them.
//   - Nothing at the server keeps an append out of a fenced log. Each process that writes checks the fence about three
//     times a second, at the node that takes its appends, and sends none on a check older than five seconds: a node may take some
//     seconds to answer, and there is a warning when it takes more than 250 ms. Fence waits
//     for that, and for what was sent before (Options.FenceWait). No wait covers a machine that is suspended for longer between its
//     check and its append, nor a leader that is deposed without knowing and elected again within those five seconds. So
//     code that copies a log away must check its end once more when everything is copied.
//   - A checkpoint may be at an entry of the server's own. Its Event is then the zero
//     UUID, because that entry may be scavenged.
//   - With nodePreference=follower, readOnlyReplica or random, subscriptions are
//     served by such nodes, and may lag behind the leader. Everything else still goes to the leader.
//   - The first few events of an earlier append, appended again at the same version, count as
//     a repeat and not as a conflict; so do several appends repeated as one.
package esdb
