// Package elastic keeps views in Elasticsearch: one index per generation, an alias
// per view that names the live one, and one index of checkpoints for all of them.
//
// Documents are written whole, with the log position they were folded up
// to as external version, so that repeats and late writers are harmless;
// tombstones are documents too, because Elasticsearch forgets the versions of
// deleted ones. The checkpoint of a batch is stored after all its documents
// are stored, each on the disks of the primary shard and its replicas. So a crash
// of either side makes the consumer fold again what is already there, and never
// skips anything.
//
// What is written can be found about a second later, or after a refresh. A
// checkpoint is searchable if it was written before a refresh began.
//
// No outside input reaches a path, the name of an index or text
// that Elasticsearch parses as a query or a script: names come from declarations,
// whose names are checked, and everything else is a value in a body.
package elastic
