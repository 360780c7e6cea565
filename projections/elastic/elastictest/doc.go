// Package elastictest gives tests a real Elasticsearch. It fetches one with Maven
// when it is not there yet, keeps it in a cache folder outside the repository,
// and runs it on 127.0.0.1 on ports that are free.
//
// Set ACCOUNTLEDGER_TEST_ELASTICSEARCH to the URL of a running server to use that
// one; then one that does not answer is a failure.
package elastictest
