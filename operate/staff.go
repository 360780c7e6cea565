package operate

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// AddStaff adds an officer and gives the one-time enrolment code.
var AddStaff = &Operation[StaffAdd, StaffAdded]{
	Info: Info{Name: "staff-add", Records: RecordedFirst, As: domain.OpStaffAdd},
	do:   addStaff,
}

// StaffAdd is an officer to add.
type StaffAdd struct {
	Email string `json:"email"`
	Name  string `json:"name,omitzero"`
	Role  string `json:"role"`
}

// StaffAdded is the answer; the code is shown once.
type StaffAdded struct {
	Staff   string    `json:"staff"`
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}

func addStaff(ctx context.Context, c *call, in StaffAdd) (StaffAdded, error) {
	a, err := c.Menu.AddStaff(ctx, c.request("addStaff"), commands.AddStaff{Email: in.Email, Name: in.Name, Role: domain.Role(in.Role)})
	if err != nil {
		return StaffAdded{}, err
	}
	return StaffAdded{Staff: a.Value.Staff.String(), Code: string(a.Value.Code), Expires: a.Value.Expires}, nil
}
