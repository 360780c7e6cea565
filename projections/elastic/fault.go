package elastic

import (
	"io"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// faultLimit bounds how much of a refusal is read, in bytes.
const faultLimit = 1 << 20

// fault reads a refusal.
func fault(response *esapi.Response) error {
	e := &ResponseError{Status: response.StatusCode, Type: typeUnknown}
	var answer struct {
		Error jsontext.Value `json:"error"`
	}
	if json.UnmarshalRead(io.LimitReader(response.Body, faultLimit), &answer) != nil || answer.Error.Kind() != '{' {
		return e
	}
	var cause struct {
		Type      string `json:"type"`
		RootCause []struct {
			Type string `json:"type"`
		} `json:"root_cause"`
		CausedBy struct {
			Type string `json:"type"`
		} `json:"caused_by"`
	}
	if json.Unmarshal(answer.Error, &cause) == nil {
		e.Type = faultType(cause.Type)
		if e.Type == "search_phase_execution_exception" {
			// The name of what went wrong in the shards is nested deeper.
			if len(cause.RootCause) > 0 {
				e.Type = faultType(cause.RootCause[0].Type)
			} else if cause.CausedBy.Type != "" {
				e.Type = faultType(cause.CausedBy.Type)
			}
		}
	}
	return e
}
