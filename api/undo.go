package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type undoIn struct {
	Keyed
	Body body[undoBody]
}

type undoBody struct {
	Token        commands.LinkToken `json:"token" format:"link" doc:"What follows the # in the link of the message, or the whole link."`
	Code         string             `json:"code" format:"code" doc:"The code in the same message. After five wrong ones the link has ended."`
	TOTP         string             `json:"totp,omitzero" format:"totp" doc:"What an authenticator app shows now, if who removed the address had proven a second factor (403 undo_needs_more): one from before the removal."`
	RecoveryCode string             `json:"recovery_code,omitzero" format:"recovery-code" doc:"Or one of the recovery codes from before it. It is used up."`
}

// undo puts a removed address back, for whoever reads what was sent there. Opening the link, or sending it without the code, changes nothing,
// since programs that look for dangers in mail do both.
func (a *API) undo() {
	route(a, operation("undo", "POST", "/v1/undos", "sessions", "Undo the removal of an address",
		"Takes the link and the code of the message that told of the removal; no sign-in needed. The address is back, and primary again if it was in the week "+
			"before; all sessions end; for seven days no address can be removed and no other one made primary. An erasure that was requested since is cancelled."),
		of(a.Menu.Undo.May),
		func(ctx context.Context, r *ask, in *undoIn) (*done, error) {
			b := in.Body.value
			out, err := a.Menu.Undo(ctx, r.Request, commands.Undo{Link: b.Token, Code: b.Code,
				Evidence: commands.Evidence{TOTP: b.TOTP, RecoveryCode: b.RecoveryCode}})
			if err != nil {
				return nil, err
			}
			return &done{Positioned{a.sealPosition(out.Position)}}, nil
		}, domain.ErrLink, domain.ErrLinkEnded, domain.ErrCode, domain.ErrUndoLevel, domain.ErrTOTP, domain.ErrRecoveryCode, domain.ErrEvidence, domain.ErrNotAWay,
		domain.ErrRate)
}
