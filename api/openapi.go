package api

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"accountledger/domain"
	"accountledger/projections/view"
)

const bearer = "bearer"

const about = `People's accounts, kept the way a bank keeps money: nothing is overwritten, every change is an entry, and
anybody entitled to ask can see what was true when, who changed it, and who looked at it.

Sign in with POST /v1/sessions and send the token as Authorization: Bearer. Services send their key the same way.
Refusals are application/problem+json (RFC 9457) with a stable code.`

// description is the skeleton of /openapi.json; routes add themselves.
func (a *API) description(version, origin string) huma.Config {
	registry := huma.NewMapRegistry(schemasAt, huma.DefaultSchemaNamer)
	typed(registry)
	registry.RegisterTypeAlias(reflect.TypeFor[view.Literal](), reflect.TypeFor[literal]())
	server := &huma.Server{URL: "/", Description: "Where this document is."}
	if !strings.HasPrefix(origin, "http://localhost") && origin != "" {
		server = &huma.Server{URL: origin}
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Servers: []*huma.Server{server},
			Info: &huma.Info{Title: "Account ledger", Version: version, Description: about,
				License: &huma.License{Name: "Apache-2.0", URL: "https://www.apache.org/licenses/LICENSE-2.0"}},
			Components: &huma.Components{Schemas: registry, Headers: sharedHeaders(), SecuritySchemes: map[string]*huma.SecurityScheme{
				bearer: {Type: "http", Scheme: "bearer", Description: "A session's token or a service's key."}}},
			Tags: []*huma.Tag{
				{Name: "signing up", Description: "For people without an account."},
				{Name: "recovery", Description: "For people who have lost their password."},
				{Name: "sessions", Description: "Signing in and out, for people and officers."},
				{Name: "me", Description: "For people: their own account."},
				{Name: "factors", Description: "For people: what proves beside their password that it is them."},
				{Name: "erasure", Description: "For people who want their account erased."},
				{Name: "services", Description: "For connected services."},
				{Name: "looking", Description: "For officers. Every look at data is recorded before it is answered."},
			},
		},
		Formats:       map[string]huma.Format{"application/json": a.format(), "json": a.format()},
		DefaultFormat: "application/json",
	}
}

// format writes answers and passes bodies to their decoders.
func (a *API) format() huma.Format {
	return huma.Format{
		Marshal: writeLine,
		Unmarshal: func(data []byte, v any) error {
			b, ok := v.(decoder)
			if !ok {
				return fmt.Errorf("api: %T is not a body", v)
			}
			b.decode(data, a.forms[reflect.TypeOf(v)])
			return nil
		},
	}
}

// describe adds what all operations have in common. in is the type of the request, own are refusals of its own.
func (a *API) describe(op *huma.Operation, who audience, in reflect.Type, own []*domain.Error) {
	op.Security = []map[string][]string{{bearer: {}}}
	if who.open() {
		op.Security = append(op.Security, map[string][]string{}) // or nothing
	}
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = refusalOf("A refusal.")
	a.refusals[op.OperationID] = refusalsOf(op, who, in, own)
	if up := who.stepUp(); up != nil {
		op.Description += fmt.Sprintf(" It needs a proof of who you are that is at most %d minutes old (403 step_up_required): "+
			"see POST /v1/me/session/raise.", up.MaxAge/time.Minute)
	}
}

// answers describes an answer of a route that has several.
func answers[T any](a *API, description string) *huma.Response {
	t := reflect.TypeFor[T]()
	name := huma.DefaultSchemaNamer(t, "")
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.huma.OpenAPI().Components.Schemas.Schema(t, true, name)}}}
}

// finishDescription removes huma's own schemas and serves the description.
func (a *API) finishDescription() error {
	schemas := a.huma.OpenAPI().Components.Schemas
	delete(schemas.Map(), "ErrorModel")
	delete(schemas.Map(), "ErrorDetail")
	schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	shapeQueries(schemas.Map())
	for _, s := range slices.Collect(maps.Values(schemas.Map())) {
		a.settled.settle(s)
	}
	for _, h := range a.huma.OpenAPI().Components.Headers {
		a.settled.settle(h.Schema)
	}
	for _, item := range a.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			a.finishOperation(op)
		}
	}
	a.settled.dropUnused()
	a.describeCodes(schemas.Map()["Problem"].Properties["code"])
	spec, err := json.Marshal(a.huma.OpenAPI(), json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("api: writing the description: %w", err)
	}
	a.page("/openapi.json", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/openapi+json", spec)
	})
	return nil
}

// describeCodes says what each code means that a refusal can have.
func (a *API) describeCodes(s *huma.Schema) {
	text := strings.Builder{}
	text.WriteString("What is wrong, for programs. Stable. Each operation lists those that it can answer with, by status.\n")
	for _, code := range slices.Sorted(maps.Keys(a.codes)) {
		fmt.Fprintf(&text, "\n- `%s`", code)
		if message := a.codes[code]; message != "" {
			text.WriteString(": " + strings.ReplaceAll(message, "{n}", "…"))
		}
	}
	s.Description = text.String()
}

// finishOperation settles the parameters and adds the header that all answers have.
func (a *API) finishOperation(op *huma.Operation) {
	if op == nil {
		return
	}
	for _, p := range op.Parameters {
		if p.Name == keyHeader && len(op.Security) > 1 {
			p.Schema.Format = guestKey
		}
		a.settled.settle(p.Schema)
	}
	all := a.refusals[op.OperationID]
	if op.RequestBody != nil {
		for _, m := range op.RequestBody.Content {
			m.Example = a.settled.example(m.Schema)
			all = append(all, a.settled.refusals(m.Schema, map[*huma.Schema]bool{})...)
		}
	}
	describeRefusals(op, all)
	for _, e := range all {
		a.codes[e.Code] = e.Message
	}
	for status, r := range op.Responses {
		if r.Headers == nil {
			r.Headers = map[string]*huma.Header{}
		}
		r.Headers[requestID] = &huma.Header{Ref: headersAt + requestID}
		for name, h := range r.Headers {
			a.settled.settle(h.Schema)
			if status[0] == '2' && h.Ref == "" {
				h.Required = name != positionHeader
			}
		}
	}
}

// literal is the schema of a value in a filter.
type literal struct{}

// Schema allows a string, a whole number, true or false.
func (literal) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString, Pattern: printed}, {Type: huma.TypeInteger}, {Type: huma.TypeBoolean}},
		Description: "A string, a whole number, true or false. Times are RFC 3339 strings."}
}
