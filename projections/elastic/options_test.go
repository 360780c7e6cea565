package elastic_test

import (
	"strings"
	"testing"

	"accountledger/projections/elastic"
)

// TestOptions refuses what cannot work, without repeating it.
func TestOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]elastic.Options{
		"no URL":       {},
		"user in URL":  {URLs: []string{"http://canary:canary@127.0.0.1:9200"}},
		"another kind": {URLs: []string{"canary://127.0.0.1:9200"}},
		"path":         {URLs: []string{"http://127.0.0.1:9200/canary"}},
		"no URL at all": {
			URLs: []string{"http://127.0.0.1:9200", "\x00canary"},
		},
		"prefix": {URLs: []string{"http://127.0.0.1:9200"}, Prefix: "canary*"},
		"dot":    {URLs: []string{"http://127.0.0.1:9200"}, Prefix: "canary.x"},
		"CA":     {URLs: []string{"https://127.0.0.1:9200"}, CACert: []byte("canary")},
	} {
		_, err := elastic.New(o)
		if err == nil {
			t.Errorf("%s was taken", name)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error repeats it: %v", name, err)
		}
	}
	e, err := elastic.New(elastic.Options{URLs: []string{"http://127.0.0.1:9200/"}, Prefix: "a-b_c"})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
