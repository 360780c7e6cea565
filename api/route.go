package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
)

// Keyed is a request that may carry an Idempotency-Key.
type Keyed struct {
	Key string `header:"Idempotency-Key" doc:"Recognises a repeat: the same key and body have one effect and one answer. 1 to 255 visible ASCII characters; a UUID where nobody is signed in."`
}

func (k *Keyed) idempotencyKey() string { return k.Key }

// Positioned is an answer that tells where the log stands after it.
type Positioned struct {
	Position string `header:"Ledger-Position" doc:"Where the log stands with what this request appended; send it as Ledger-Min-Position to read your own write. Not for guests."`
}

// answer is a body with its position.
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

// route registers one endpoint: huma describes it and calls run, once the guard has let the request pass and body and
// Idempotency-Key are right. What run gives as an error is answered as a Problem.
func route[I, O any](a *API, op huma.Operation, who audience, run func(context.Context, *ask, *I) (*O, error)) {
	op.SkipValidateParams, op.SkipValidateBody = true, true
	op.MaxBodyBytes, op.BodyReadTimeout = -1, -1 // the guard has read it
	op.Middlewares = append(op.Middlewares, a.guard(who))
	describe(&op, who)
	at, hasBody := reflect.TypeFor[I]().FieldByName("Body")
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		r := askOf(ctx)
		if hasBody {
			b, ok := reflect.ValueOf(in).Elem().FieldByIndex(at.Index).Addr().Interface().(decoder)
			if ok && b.wrong() != nil {
				return nil, a.refusal(ctx, op.OperationID, b.wrong())
			}
		}
		if k, ok := any(in).(interface{ idempotencyKey() string }); ok {
			if r.Key = k.idempotencyKey(); !validKey(r.Key, r.Caller) {
				return nil, a.refusal(ctx, op.OperationID, errKey)
			}
		}
		out, err := run(ctx, r, in)
		if err != nil {
			return nil, a.refusal(ctx, op.OperationID, err)
		}
		return out, nil
	})
}

// maxKey bounds an Idempotency-Key, in bytes.
const maxKey = 255

func validKey(key string, c domain.Caller) bool {
	if key == "" {
		return true
	}
	if c.Actor.Kind == domain.ActorGuest {
		return len(key) == 36 && uuid.Validate(key) == nil
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return len(key) <= maxKey
}

// operation describes an endpoint in short.
func operation(id, method, path, tag, summary, text string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Tags: []string{tag}, Summary: summary, Description: text}
}

// created is an operation that answers 201, accepted one that answers 202.
func created(op huma.Operation) huma.Operation  { op.DefaultStatus = http.StatusCreated; return op }
func accepted(op huma.Operation) huma.Operation { op.DefaultStatus = http.StatusAccepted; return op }

// pathID reads an id from the path. What is no id is answered as one that does not exist.
func pathID(s string) (uuid.UUID, error) {
	id, ok := domain.ParseID(s)
	if !ok {
		return id, domain.ErrNotFound
	}
	return id, nil
}
