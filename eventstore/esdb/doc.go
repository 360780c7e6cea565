// Package esdb is the log on EventStoreDB or KurrentDB, 22.6 or newer (older ones
// give no positions when a stream is read).
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
// long a node that is tried may take; otherwise as long as a request), maxDiscoverAttempts (after how many rounds in vain requests
// fail at once; otherwise by time alone), keepAliveInterval and
// keepAliveTimeout (ms), defaultDeadline (ms, of one request). Anything else is refused by its name. The files are read again at each
// connection, so a certificate or an authority is replaced by replacing the file. All addresses of a name are tried side by side.
// Credentials are sent only over
// TLS. The user must be allowed to read $all, which by default only $admins are.
//
// The server may be shared: what does not begin with Options.Prefix, or goes on with a name that Options.Names does not know, is passed
// over like the server's own streams, whatever it holds. The ledger's streams are not truncated or deleted (no $maxAge, $maxCount,
// no TTL): what is missing of one is a *eventstore.CorruptError that names it.
//
// A leader that lacks the last event which this process knows, or has another log id, was put back to an earlier copy: that is
// checked at each connection, and nothing is appended or read from then on.
//
// # What is guaranteed
//
// Appends, reads of streams, ReadAll and Head are answered by the leader, or refused. An
// append is acknowledged when a majority of the nodes has it. Whether it survives a loss of
// power on all of them is the server's to say: it flushes unless it was told not to
// (UnsafeDisableFlushToDisk). A leader just deposed may for a moment answer a read from
// what it still has; it acknowledges no append any more. Who must know reads once more
// where an append was acknowledged: ReadStreamSince.
//
// An append whose outcome was lost is settled by reading the stream from the leader,
// and sent again if nothing is there; only when that does not help either is the answer
// eventstore.ErrUnknownOutcome.
//
// A request has 10 s (Options.CallTimeout), all its tries and the search for a node included; a read that is long has them from one
// event to the next. A node that sends nothing for 3 s while it owes an answer is given up. Once none has answered for 10 s, requests
// fail at once with *eventstore.OutageError, and one search goes on until a node answers. What the server denies, or is set
// to refuse for its size, is *eventstore.DeniedError or *eventstore.LimitError. Health tells all of this without asking anybody.
//
// In the steady state an append, a read of a stream and Head are one way to the server and back each.
//
// A subscription that breaks is taken up again behind the last event that was handed over; one that
// is silent while the leader has more is made anew. Stats counts both. What a slow reader leaves waits at
// the server: a subscription holds Options.BufferedBytes and 1 MiB on the way. Subscriptions have
// connections of their own, 32 to each, since a server takes 100 calls at a time over one.
//
// # What differs from the embedded engine
//
//   - Positions are bytes in the server's log, not dense. Distance counts bytes, those of the
//     server's own entries included.
//   - The log's id stands in the last event of the stream LogStream, which is made by the
//     first process that asks, of a log without events. The fence is the last event of FenceStream. Those streams are never handed on,
//     and cannot be appended to.
//   - Nothing at the server keeps an append out of a fenced log: each process that writes looks at the fence about three
//     times a second, at the node that takes its appends, and sends none on a look older than five seconds: a node may take some
//     seconds to answer, and is warned of when it takes more than 250 ms. Fence waits
//     for that, and for what was sent before (Options.FenceWait). What no wait covers is a machine that stands still between its
//     look and its append for longer, and a leader that is deposed without knowing and elected again within those five seconds: so
//     whoever carries a log away looks at its end once more when all is copied.
//   - A checkpoint may stand at an entry of the server's own. Its Event is then the zero
//     UUID, because that entry may be scavenged one day.
//   - With nodePreference=follower, readOnlyReplica or random, subscriptions are
//     served by such nodes, and may lag behind the leader. All else still goes to the leader.
//   - The first few events of an earlier append, appended again at the same version, count as
//     a repeat and not as a conflict; so do several appends repeated as one.
package esdb
