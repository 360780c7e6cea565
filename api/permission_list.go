package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"accountledger/commands"
	"accountledger/domain"
)

type permissionsIn struct {
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag of an earlier answer: 304 if nothing has changed since."`
}

type permissionsOut struct {
	Status int
	ETag   string `header:"ETag" doc:"Changes with every decision."`
	Body   permissionsAnswer
}

type permissionsAnswer struct {
	Permissions []permissionAnswer `json:"permissions"`
}

type permissionAnswer struct {
	Permission domain.Permission `json:"permission" example:"location"`
	Purpose    domain.Purpose    `json:"purpose" example:"navigation"`
	State      domain.State      `json:"state"`
	Effective  bool              `json:"effective" doc:"Granted, and the notice it rests on is still valid."`
	Since      *time.Time        `json:"since,omitzero" doc:"When it was decided; missing if it never was."`
	Event      *domain.EventID   `json:"event,omitzero" format:"uuid" doc:"The entry that records the decision."`
}

func permissionOf(v commands.PermissionView) permissionAnswer {
	out := permissionAnswer{Permission: v.Permission, Purpose: v.Purpose, State: v.State, Effective: v.Effective}
	if !v.Event.IsZero() {
		out.Since, out.Event = &v.Since, &v.Event
	}
	return out
}

// listPermissions lists all permissions with a person's decisions; what was never decided on is off.
func (a *API) listPermissions() {
	op := operation("listPermissions", "GET", "/v1/me/permissions", "me", "List your permissions",
		"All permissions, one entry per purpose. What you never decided on is off.")
	op.Responses = map[string]*huma.Response{"304": {Description: "Nothing has changed since.",
		Headers: map[string]*huma.Header{"ETag": header("The one that was sent.", true)}}}
	route(a, op, of(a.Menu.ListPermissions.May),
		func(ctx context.Context, r *ask, in *permissionsIn) (*permissionsOut, error) {
			out, err := a.Menu.ListPermissions(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			tag := etag(out.Value.Tag)
			if matches(in.IfNoneMatch, tag) {
				return &permissionsOut{Status: http.StatusNotModified, ETag: tag}, nil
			}
			ans := permissionsAnswer{make([]permissionAnswer, len(out.Value.All))}
			for i, v := range out.Value.All {
				ans.Permissions[i] = permissionOf(v)
			}
			return &permissionsOut{Status: http.StatusOK, ETag: tag, Body: ans}, nil
		})
}
