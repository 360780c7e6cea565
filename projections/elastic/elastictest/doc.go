// Package elastictest gives tests a real Elasticsearch. It fetches one with Maven
// if necessary, keeps it in a cache folder outside the repository,
// and runs it on 127.0.0.1 on free ports.
//
// Set ACCOUNTLEDGER_TEST_ELASTICSEARCH to the URL of a running server to use that
// one; if it does not answer, the tests fail.
package elastictest
