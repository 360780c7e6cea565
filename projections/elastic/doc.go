// Package elastic keeps views in Elasticsearch: one index a generation, an alias
// a view that names the live one, and one index of checkpoints for all of them.
//
// Documents are written whole, with the position of the log they were folded up
// to as external version, so that repeats and late writers are harmless;
// tombstones are documents too, because Elasticsearch forgets the versions of
// deleted ones. The checkpoint of a batch is stored after every document of it
// is in, each on the disk of the primary shard and its replicas, so that a crash
// of either side makes the consumer fold again what is there already, and never
// leaves anything out.
//
// What is written can be found about a second later, or after a refresh. A
// checkpoint that can be searched is one that was written before a refresh began.
//
// Nothing that comes from outside reaches a path, the name of an index or a text
// that Elasticsearch parses as a query or a script: names come from declarations,
// whose names are checked, and everything else is a value in a body.
package elastic
