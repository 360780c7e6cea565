package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type notMeIn struct {
	Keyed
	Body body[linkBody]
}

// linkBody is what somebody has who reads a message with a link.
type linkBody struct {
	Token commands.LinkToken `json:"token" format:"link" doc:"What follows the # in the link of the message, or the whole link."`
	Code  string             `json:"code" format:"code" doc:"The code in the same message. After five wrong ones the link has ended."`
}

// notMe is for whoever reads a message about an account and says that it was not them.
func (a *API) notMe() {
	route(a, operation("notMe", "POST", "/v1/alerts/not-me", "sessions", "Say that it was not you",
		"Takes the link and the code of a message that told of something that happened to an account; no sign-in needed. All sessions end, the account is "+
			"protected for seven days, and an erasure that waits is cancelled. The password lets nobody in (password_suspended) until a recovery has set "+
			"another one."),
		of(a.Menu.NotMe.May),
		func(ctx context.Context, r *ask, in *notMeIn) (*done, error) {
			out, err := a.Menu.NotMe(ctx, r.Request, commands.NotMe{Link: in.Body.value.Token, Code: in.Body.value.Code})
			if err != nil {
				return nil, err
			}
			return &done{Positioned{a.sealPosition(out.Position)}}, nil
		}, domain.ErrLink, domain.ErrLinkEnded, domain.ErrCode, domain.ErrRate)
}
