package api

import (
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"accountledger/projections/view"
)

const bearer = "bearer"

const about = `People's accounts, kept the way a bank keeps money: nothing is overwritten, every change is an entry, and
anybody entitled to ask can see what was true when, who changed it, and who looked at it.

Sign in with POST /v1/sessions and send the token as Authorization: Bearer. Services send their key the same way.
Refusals are application/problem+json (RFC 9457) with a stable code.`

// description is the skeleton of /openapi.json; routes add themselves.
func description(version, origin string) huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[view.Literal](), reflect.TypeFor[literal]())
	var servers []*huma.Server
	if origin != "" {
		servers = []*huma.Server{{URL: origin}}
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Servers: servers,
			Info:    &huma.Info{Title: "Account ledger", Version: version, Description: about},
			Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
				bearer: {Type: "http", Scheme: "bearer", Description: "A session's token or a service's key."}}},
			Tags: []*huma.Tag{
				{Name: "signing up", Description: "For people without an account."},
				{Name: "recovery", Description: "For people who have lost their password."},
				{Name: "sessions", Description: "Signing in and out, for people and officers."},
				{Name: "me", Description: "For people: their own account."},
				{Name: "erasure", Description: "For people who want their account erased."},
				{Name: "services", Description: "For connected services."},
				{Name: "looking", Description: "For officers. Every look at data is recorded before it is answered."},
			},
		},
		Formats:       map[string]huma.Format{"application/json": format(), "json": format()},
		DefaultFormat: "application/json",
	}
}

// format writes answers and passes bodies to their decoders.
func format() huma.Format {
	return huma.Format{
		Marshal: writeLine,
		Unmarshal: func(data []byte, v any) error {
			b, ok := v.(decoder)
			if !ok {
				return fmt.Errorf("api: %T is not a body", v)
			}
			b.decode(data)
			return nil
		},
	}
}

// describe adds what all operations have in common.
func describe(op *huma.Operation, who audience) {
	if !who.open() {
		op.Security = []map[string][]string{{bearer: {}}}
	}
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = refusalOf("A refusal.")
	if up := who.stepUp(); up != nil {
		op.Responses["403"] = refusalOf(fmt.Sprintf("A refusal; step_up_required if you proved who you are more than %d minutes ago: "+
			"see POST /v1/me/session/raise.", up.MaxAge/time.Minute))
	}
}

// answers describes an answer of a route that has several.
func answers[T any](a *API, description string) *huma.Response {
	t := reflect.TypeFor[T]()
	name := huma.DefaultSchemaNamer(t, "")
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.huma.OpenAPI().Components.Schemas.Schema(t, true, name)}}}
}

func refusalOf(description string) *huma.Response {
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{
		"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}}}
}

// finishDescription removes huma's own schemas and serves the description.
func (a *API) finishDescription() error {
	schemas := a.huma.OpenAPI().Components.Schemas
	delete(schemas.Map(), "ErrorModel")
	delete(schemas.Map(), "ErrorDetail")
	schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for _, s := range schemas.Map() {
		for _, p := range s.Properties {
			if p.Type == huma.TypeArray { // an empty list is [], never null
				p.Nullable = false
			}
		}
	}
	spec, err := json.Marshal(a.huma.OpenAPI(), json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("api: writing the description: %w", err)
	}
	a.page("/openapi.json", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/openapi+json", spec)
	})
	return nil
}

// literal is the schema of a value in a filter.
type literal struct{}

// Schema allows a string, a whole number, true or false.
func (literal) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeInteger}, {Type: huma.TypeBoolean}},
		Description: "A string, a whole number, true or false. Times are RFC 3339 strings."}
}
