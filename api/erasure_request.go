package api

import (
	"context"
	"net/http"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

type requestErasureIn struct{ Keyed }

type erasureAnswer struct {
	ID          string              `json:"id" doc:"Opens this state to whoever holds it, also when nobody can sign in any more. Keep it to yourself."`
	State       domain.ErasureState `json:"state" enum:"requested,cancelled,started,completed"`
	RequestedAt time.Time           `json:"requested_at"`
	DueAt       time.Time           `json:"due_at" doc:"Until then it can be cancelled."`
	EndedAt     *time.Time          `json:"ended_at,omitzero"`
	Final       bool                `json:"final,omitzero" doc:"What was erased opens nowhere any more, not from a backup either: every master key that may have wrapped its keys is destroyed. An erasure is completed first, when no running system opens it."`
	FinalAt     *time.Time          `json:"final_at,omitzero" doc:"Since when it is final."`
	CopiesUntil *time.Time          `json:"backups_until,omitzero" doc:"Of a completed erasure that is not final: until then backups may hold the erased keys, encrypted under a master key that is kept apart from them. Missing while it is not known, since that master key is still in use."`
}

func erasureOf(v commands.ErasureView) erasureAnswer {
	out := erasureAnswer{ID: v.ID, State: v.State, RequestedAt: v.Requested, DueAt: v.Due}
	if !v.Ended.IsZero() {
		out.EndedAt = &v.Ended
	}
	if !v.Final.IsZero() {
		out.Final, out.FinalAt = true, &v.Final
	}
	if !v.CopiesUntil.IsZero() {
		out.CopiesUntil = &v.CopiesUntil
	}
	return out
}

// requestErasureID is the only operation that takes a token whose session has ended.
const requestErasureID = "requestErasure"

// repeatsErasure tells who repeats, under its Idempotency-Key, the request by which their session ended: with no grace
// the erasure can be under way before the answer arrives, and its id is in that answer alone.
func (a *API) repeatsErasure(ctx context.Context, r *http.Request) (domain.Caller, error) {
	token, ok := bearerToken(r)
	key := r.Header.Get("Idempotency-Key")
	if !ok || len(key) > maxKey {
		return domain.Guest(), domain.ErrSession
	}
	return a.Menu.AuthenticateErased(ctx, token, requestErasureID, key)
}

// requestErasure asks for a person's account to be erased. Decisions on their data are denied at once.
func (a *API) requestErasure() {
	route(a, accepted(operation(requestErasureID, "POST", "/v1/erasures", "erasure", "Ask for your account to be erased",
		"From now on every use of your data is denied. When it is due, the keys to your data are destroyed for ever. Repeated under its Idempotency-Key it gives the same answer, even if the erasure has ended your session since.")), ownerEvenClosing,
		func(ctx context.Context, r *ask, _ *requestErasureIn) (*answer[erasureAnswer], error) {
			out, err := a.Menu.RequestErasure(ctx, r.Request, commands.RequestErasure{})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, erasureOf(out.Value)), nil
		})
}
