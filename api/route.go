package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

// Keyed is a request that can have an Idempotency-Key.
type Keyed struct {
	Key string `header:"Idempotency-Key" format:"any-key" doc:"Makes a request safe to repeat: the same key and body have one effect and one answer. 1 to 255 visible ASCII characters; on routes for guests it must be a UUID."`
}

func (k *Keyed) idempotencyKey() string { return k.Key }

// Positioned is an answer with the log's position after the request.
type Positioned struct {
	Position string `header:"Ledger-Position" doc:"The position of what this request appended; send it as Ledger-Min-Position to read your own write. Not sent to guests."`
}

const positionHeader = "Ledger-Position"

// answer is a body with a position.
type answer[T any] struct {
	Positioned
	Body T
}

// done is an answer without a body.
type done struct{ Positioned }

// reply makes an answer.
func reply[T any](a *API, at journal.Position, body T) *answer[T] {
	return &answer[T]{Positioned: Positioned{a.sealPosition(at)}, Body: body}
}

// route registers an endpoint. huma describes it and calls run once the guard, the body and the Idempotency-Key are in order.
// Errors of run are answered as Problems. own are those that it can have besides what follows from the audience, the form and the method of the
// request: they are described, and nothing else may be answered.
func route[I, O any](a *API, op huma.Operation, who audience, run func(context.Context, *ask, *I) (*O, error), own ...*domain.Error) {
	op.SkipValidateParams, op.SkipValidateBody = true, true
	op.MaxBodyBytes, op.BodyReadTimeout = -1, -1 // the guard has read it
	op.Middlewares = append(op.Middlewares, a.guard(who))
	a.describe(&op, who, reflect.TypeFor[I](), own)
	forGuests := who.open()
	at, hasBody := reflect.TypeFor[I]().FieldByName("Body")
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := answerTo(ctx, askOf(ctx), func(ctx context.Context, r *ask) (*O, error) {
			if hasBody {
				b, ok := reflect.ValueOf(in).Elem().FieldByIndex(at.Index).Addr().Interface().(decoder)
				if ok && b.wrong() != nil {
					return nil, b.wrong()
				}
			}
			if k, ok := any(in).(interface{ idempotencyKey() string }); ok {
				if r.Key = k.idempotencyKey(); !validKey(r.Key, forGuests) {
					return nil, errKey
				}
			}
			return run(ctx, r, in)
		})
		if err != nil {
			return nil, a.refusal(ctx, op.OperationID, err)
		}
		return out, nil
	})
	if hasBody {
		schema := a.huma.OpenAPI().Components.Schemas.Schema(at.Type, true, "")
		a.forms[reflect.PointerTo(at.Type)] = &form{a.settled, schema, a.Now}
	}
}

// answerTo answers only confirmed callers. If the caller is not who they were presumed to be, such as an officer whose role has
// ended, it runs the request again as who they are; nothing was appended the first time.
func answerTo[O any](ctx context.Context, r *ask, run func(context.Context, *ask) (*O, error)) (*O, error) {
	out, err := run(ctx, r)
	now, same, unsure := commands.Confirm(ctx, r.Caller)
	seenOf(ctx).caller = now
	switch {
	case unsure != nil:
		return nil, unsure
	case same:
		return out, err
	}
	if err := r.may(now); err != nil {
		return nil, err
	}
	r.Caller = now
	return run(ctx, r)
}

// maxKey is the longest Idempotency-Key, in bytes.
const maxKey = 255

// keyHeader makes a request safe to repeat.
const keyHeader = "Idempotency-Key"

func validKey(key string, forGuests bool) bool {
	if key == "" {
		return true
	}
	if forGuests {
		return len(key) == 36 && uuid.Validate(key) == nil
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return len(key) <= maxKey
}

// operation describes an endpoint.
func operation(id, method, path, tag, summary, text string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Tags: []string{tag}, Summary: summary, Description: text}
}

// created makes an operation answer 201, accepted 202.
func created(op huma.Operation) huma.Operation  { op.DefaultStatus = http.StatusCreated; return op }
func accepted(op huma.Operation) huma.Operation { op.DefaultStatus = http.StatusAccepted; return op }

// pathID reads an id from the path. Anything else is answered like an id that does not exist.
func pathID(s string) (uuid.UUID, error) {
	id, ok := domain.ParseID(s)
	if !ok {
		return id, domain.ErrNotFound
	}
	return id, nil
}
