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
	ID          string              `json:"id" doc:"Anybody who has this id can see the state of the erasure, without signing in. Keep it to yourself."`
	State       domain.ErasureState `json:"state"`
	RequestedAt time.Time           `json:"requested_at"`
	DueAt       time.Time           `json:"due_at" doc:"It can be cancelled until then."`
	EndedAt     *time.Time          `json:"ended_at,omitzero"`
	Final       bool                `json:"final,omitzero" doc:"Nobody can decrypt the erased data any more, not even from a backup: every master key that may have wrapped its keys is destroyed. An erasure is first completed, when no running system can decrypt the data, and final later."`
	FinalAt     *time.Time          `json:"final_at,omitzero" doc:"When it became final."`
	CopiesUntil *time.Time          `json:"backups_until,omitzero" doc:"For a completed erasure that is not final: until then backups may hold the erased keys, encrypted under a master key that is stored separately. Missing while that master key is still in use, since the date is not known yet."`
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

// requestErasureID is the only operation that accepts a token whose session has ended.
const requestErasureID = "requestErasure"

// repeatsErasure authenticates somebody who repeats, under its Idempotency-Key, the request that ended their session: without a
// grace period the erasure can start before the answer arrives, and only that answer has its id.
func (a *API) repeatsErasure(ctx context.Context, r *http.Request) (domain.Caller, error) {
	token, ok := bearerToken(r)
	key := r.Header.Get("Idempotency-Key")
	if !ok || len(key) > maxKey {
		return domain.Guest(), domain.ErrSession
	}
	return a.Menu.AuthenticateErased(ctx, token, requestErasureID, key)
}

// requestErasure requests the erasure of a person's account. From then on, decisions on their data are denied.
func (a *API) requestErasure() {
	route(a, accepted(operation(requestErasureID, "POST", "/v1/erasures", "erasure", "Request the erasure of your account",
		"From now on every use of your data is denied. When the erasure is due, the keys to your data are destroyed. Repeated with the same Idempotency-Key, "+
			"the request gives the same answer, even after the erasure has ended your session.")), of(a.Menu.RequestErasure.May),
		func(ctx context.Context, r *ask, _ *requestErasureIn) (*answer[erasureAnswer], error) {
			out, err := a.Menu.RequestErasure(ctx, r.Request, commands.RequestErasure{})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, erasureOf(out.Value)), nil
		}, domain.ErrErasureOpen, domain.ErrChanges)
}
