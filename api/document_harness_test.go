package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// document is /openapi.json as read: every answer that a test gets is held against it.
type document struct {
	root     map[string]any
	compiler *jsonschema.Compiler
	mu       sync.Mutex
	schemas  map[string]*jsonschema.Schema
}

// onAnyAnswer are headers that are no operation's own.
var onAnyAnswer = []string{"Content-Length", "Content-Security-Policy", "Content-Type", "Cross-Origin-Resource-Policy", "Date", "Referrer-Policy",
	"X-Content-Type-Options", "X-Frame-Options", "Strict-Transport-Security", "Cache-Control", "Connection", "Link"}

var documents sync.Map // of ledgers, by what they say of themselves

func readDocument(t testing.TB, spec []byte) *document {
	t.Helper()
	if known, ok := documents.Load(string(spec)); ok {
		return known.(*document)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(spec))
	must(t, 0, err)
	d := &document{root: read.(map[string]any), compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	d.compiler.AssertFormat()
	must(t, 0, d.compiler.AddResource("https://ledger.test/openapi.json", read))
	known, _ := documents.LoadOrStore(string(spec), d)
	return known.(*document)
}

// operation finds the operation that a request is for; false if the document has none.
func (d *document) operation(method, path string) (template string, op map[string]any, ok bool) {
	path, _, _ = strings.Cut(path, "?")
	asked := strings.Split(path, "/")
	for template, item := range d.root["paths"].(map[string]any) {
		parts := strings.Split(template, "/")
		if slices.EqualFunc(parts, asked, func(part, sent string) bool { return part == sent || strings.HasPrefix(part, "{") && sent != "" }) {
			op, ok = item.(map[string]any)[strings.ToLower(method)].(map[string]any)
			return template, op, ok
		}
	}
	return "", nil, false
}

// validate holds a value against the schema at a place of the document.
func (d *document) validate(value []byte, place ...string) error {
	for i, p := range place {
		place[i] = url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(p))
	}
	at := "https://ledger.test/openapi.json#/" + strings.Join(place, "/")
	d.mu.Lock()
	schema, known := d.schemas[at]
	if !known {
		var err error
		if schema, err = d.compiler.Compile(at); err != nil {
			d.mu.Unlock()
			return err
		}
		d.schemas[at] = schema
	}
	d.mu.Unlock()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}

// check fails the test if an answer is not one that the document announces: by status, content type, headers, form and code.
func (d *document) check(t testing.TB, method, path string, r reply) {
	t.Helper()
	template, op, ok := d.operation(method, path)
	if !ok {
		return
	}
	if err := d.differs(template, strings.ToLower(method), op, r); err != nil {
		t.Errorf("%s %s is not as the document says: %d: %v\n%.600s", method, template, r.StatusCode, err, r.text)
	}
}

func (d *document) differs(template, method string, op map[string]any, r reply) error {
	status := strconv.Itoa(r.StatusCode)
	said, ok := op["responses"].(map[string]any)[status].(map[string]any)
	if !ok {
		return fmt.Errorf("no such status")
	}
	headers, _ := said["headers"].(map[string]any)
	announced := slices.Clone(onAnyAnswer)
	for name := range headers {
		announced = append(announced, http.CanonicalHeaderKey(name))
	}
	for name := range r.Header {
		if !slices.Contains(announced, name) {
			return fmt.Errorf("header %s is not announced", name)
		}
	}
	for name, of := range headers {
		of := of.(map[string]any)
		if ref, ok := of["$ref"].(string); ok {
			of = d.root["components"].(map[string]any)["headers"].(map[string]any)[strings.TrimPrefix(ref, "#/components/headers/")].(map[string]any)
		}
		if of["required"] == true && r.Header.Get(name) == "" {
			return fmt.Errorf("header %s is missing", name)
		}
	}
	content, _ := said["content"].(map[string]any)
	if len(content) == 0 {
		if r.text != "" {
			return fmt.Errorf("a body is not announced")
		}
		return nil
	}
	kind := r.Header.Get("Content-Type")
	if content[kind] == nil {
		return fmt.Errorf("content type %q", kind)
	}
	if codes, refused := said["x-codes"].([]any); refused {
		var problem struct {
			Code string `json:"code"`
		}
		if err := json.Unmarshal([]byte(r.text), &problem); err != nil || !slices.Contains(codes, any(problem.Code)) {
			return fmt.Errorf("code %q is not announced", problem.Code)
		}
	} else if status >= "400" {
		return fmt.Errorf("no codes are announced")
	}
	return d.validate([]byte(r.text), "paths", template, method, "responses", status, "content", kind, "schema")
}
