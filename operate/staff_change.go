package operate

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

// StaffAct is what can be done to an officer.
type StaffAct string

// Acts.
const (
	StaffEnd     StaffAct = "end"
	StaffEndRole StaffAct = "end_role"
)

// StaffChange is an act on an officer.
type StaffChange struct {
	Officer string   `json:"officer"` // address or id
	Act     StaffAct `json:"act"`
	Role    string   `json:"role,omitzero"` // to end
}

// StaffInfo is an officer after a change.
type StaffInfo struct {
	Staff string            `json:"staff"`
	State domain.StaffState `json:"state"`
	Roles []domain.Role     `json:"roles"`
}

var errStaffAct = &domain.Error{Kind: domain.Invalid, Code: "invalid_act", Message: "Nobody can do this to an officer.", Field: "/act"}

// ChangeStaff ends an officer, or a role of theirs; what has ended is no error. It is in force at once, in every process.
var ChangeStaff = &Operation[StaffChange, StaffInfo]{
	Info: Info{Name: "staff-change", Records: RecordedFirst, As: domain.OpStaffChange},
	do:   changeStaff,
}

func changeStaff(ctx context.Context, c *call, in StaffChange) (StaffInfo, error) {
	of := commands.OfStaff{Officer: in.Officer}
	var a commands.Answer[commands.StaffNow]
	var err error
	switch in.Act {
	case StaffEnd:
		a, err = c.Menu.EndStaff(ctx, c.request("endStaff"), of)
	case StaffEndRole:
		a, err = c.Menu.EndStaffRole(ctx, c.request("endStaffRole"), commands.StaffRole{OfStaff: of, Role: domain.Role(in.Role)})
	default:
		err = errStaffAct
	}
	if err != nil {
		return StaffInfo{}, err
	}
	roles := a.Value.Roles
	if roles == nil {
		roles = []domain.Role{}
	}
	return StaffInfo{Staff: a.Value.Staff.String(), State: a.Value.State, Roles: roles}, nil
}

// ResetStaff ends an officer's password and sessions, and gives another one-time code.
var ResetStaff = &Operation[StaffNamed, StaffAdded]{
	Info: Info{Name: "staff-reset", Records: RecordedFirst, As: domain.OpStaffChange},
	do: func(ctx context.Context, c *call, in StaffNamed) (StaffAdded, error) {
		a, err := c.Menu.ResetStaff(ctx, c.request("resetStaff"), commands.OfStaff{Officer: in.Officer})
		if err != nil {
			return StaffAdded{}, err
		}
		return StaffAdded{Staff: a.Value.Staff.String(), Code: string(a.Value.Code), Expires: a.Value.Expires}, nil
	},
}

// StaffNamed is an officer by their address or id.
type StaffNamed struct {
	Officer string `json:"officer"`
}
