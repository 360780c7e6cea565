package api

import (
	"context"

	"accountledger/domain"
)

type setPermissionIn struct {
	Keyed
	Permission string `path:"permission" format:"permission" doc:"From GET /v1/catalogue." example:"location"`
	IfMatch    string `header:"If-Match" format:"if-match" doc:"The ETag of your permissions as you last saw them; if they have changed since, the answer is 412."`
	Body       body[setPermissionBody]
}

type setPermissionBody struct {
	Purpose string       `json:"purpose" format:"purpose" example:"navigation"`
	State   domain.State `json:"state" enum:"granted,withdrawn" example:"withdrawn"`
	Notice  string       `json:"notice,omitzero" format:"notice" doc:"The id of the notice that was shown. Required when granting."`
}

type setPermissionOut struct {
	Positioned
	ETag string `header:"ETag" doc:"The ETag of your permissions after this decision."`
	Body permissionAnswer
}

// setPermission grants or withdraws one purpose of a permission. Setting it to its current state is recorded as a confirmation.
func (a *API) setPermission() {
	route(a, operation("setPermission", "PUT", "/v1/me/permissions/{permission}", "me", "Decide on a permission",
		"One purpose at a time, for every service alike. A grant needs the notice in force, which must be shown first. Services get the new answer "+
			"at once."), of(a.Menu.SetPermission.May),
		func(ctx context.Context, r *ask, in *setPermissionIn) (*setPermissionOut, error) {
			b := in.Body.value
			set := domain.SetPermission{Permission: domain.Permission(in.Permission), Purpose: domain.Purpose(b.Purpose), Grant: b.State == domain.StateGranted}
			if id, ok := domain.ParseID(b.Notice); ok {
				set.Notice = domain.EventID{UUID: id}
			}
			var err error
			if set.IfMatch, err = ifMatch(in.IfMatch); err != nil {
				return nil, err
			}
			out, err := a.Menu.SetPermission(ctx, r.Request, set)
			if err != nil {
				return nil, err
			}
			return &setPermissionOut{Positioned{a.sealPosition(out.Position)}, etag(out.Value.Tag), permissionOf(out.Value.PermissionView)}, nil
		}, errState, errNotice, errIfMatch, domain.ErrPermission, domain.ErrPurpose, domain.ErrGuardian, domain.ErrNotice, domain.ErrStale,
		domain.ErrChanges)
}
