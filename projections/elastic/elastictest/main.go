package elastictest

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"
)

// Variable names the environment variable with the URL of the server that
// tests use.
const Variable = "ACCOUNTLEDGER_TEST_ELASTICSEARCH"

// startTimeout bounds how long fetching and starting may take together.
const startTimeout = 5 * time.Minute

// Main runs the tests of a package with a server, which it starts unless the
// environment names one, and returns the exit code:
//
//	func TestMain(m *testing.M) { os.Exit(elastictest.Main(m)) }
//
// A server that does not answer or cannot be started fails the tests; none are
// skipped.
func Main(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if url := os.Getenv(Variable); url != "" {
		if err := answers(ctx, url); err != nil {
			fmt.Fprintf(os.Stderr, "the server that %s names does not answer: %v\n", Variable, err)
			return 1
		}
		return m.Run()
	}
	s, err := Start(ctx, Options{})
	if err != nil {
		fmt.Fprintf(os.Stderr, "no Elasticsearch to test with: %v\n", err)
		return 1
	}
	code := 1
	if err = os.Setenv(Variable, s.URL()); err == nil {
		code = m.Run()
	}
	if err := s.Close(); err != nil && code == 0 {
		fmt.Fprintf(os.Stderr, "Elasticsearch does not stop: %v\n", err)
		return 1
	}
	return code
}

// URL returns the URL of the server that Main found or started.
func URL(tb testing.TB) string {
	tb.Helper()
	url := os.Getenv(Variable)
	if url == "" {
		tb.Fatalf("%s is not set: TestMain must call elastictest.Main", Variable)
	}
	return url
}

// answers checks that a server answers at all.
func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil) // the person running the tests names the server
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
