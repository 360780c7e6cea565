package api_test

import (
	"fmt"

	"accountledger/commands"
	"accountledger/domain"
)

// person is somebody with an account and a session.
type person struct {
	email, account, token, session string
}

func signUpBody(email string) string {
	return fmt.Sprintf(`{"email": %q, "password": %q, "region": "DE", "language": "en", "birth_month": "1990-05"}`, email, password)
}

// code is what was sent to a person.
func (l *ledger) code(verification string, issue int) string {
	l.t.Helper()
	id, _ := domain.ParseID(verification)
	r := commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "message"}
	m, err := l.menu.Message(l.t.Context(), r, domain.MessageRequest{Verification: domain.VerificationID{UUID: id}, Issue: issue})
	must(l.t, 0, err)
	return m.Value.Code
}

// person signs up, proves the address and signs in.
func (l *ledger) person(email string) person {
	l.t.Helper()
	up := l.want(202, "POST", "/v1/sign-ups", "", signUpBody(email))
	id := up.str(l.t, "verification")
	done := l.want(200, "POST", "/v1/verifications/"+id+"/check", "", fmt.Sprintf(`{"handle": %q, "code": %q}`, up.str(l.t, "handle"), l.code(id, 1)))
	p := person{email: email, account: done.str(l.t, "account")}
	p.token, p.session = l.signIn(email)
	return p
}

func (l *ledger) signIn(email string) (token, session string) {
	l.t.Helper()
	in := l.want(201, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email": %q, "password": %q}`, email, password))
	return in.str(l.t, "token"), in.str(l.t, "session")
}

func (l *ledger) operator() commands.Request {
	return commands.Request{Caller: domain.Operator(1000), Channel: domain.ChannelConsole, Operation: "add"}
}

// officer adds an officer, who sets a password and signs in.
func (l *ledger) officer(email string, role domain.Role) string {
	l.t.Helper()
	l.want(200, "POST", "/v1/enrolments", "", fmt.Sprintf(`{"code": %q, "password": %q}`, l.enrolment(email, role), password))
	return l.staffToken(email)
}

// enrolment adds an officer and gives the one-time code.
func (l *ledger) enrolment(email string, role domain.Role) string {
	l.t.Helper()
	added, err := l.menu.AddStaff(l.t.Context(), l.operator(), commands.AddStaff{Email: email, Role: role})
	must(l.t, 0, err)
	return string(added.Value.Code)
}

func (l *ledger) staffToken(email string) string {
	l.t.Helper()
	return l.want(201, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email": %q, "password": %q, "staff": true}`, email, password)).str(l.t, "token")
}

// service connects a service that may ask for location:navigation.
func (l *ledger) service(name string) string {
	l.t.Helper()
	added, err := l.menu.AddService(l.t.Context(), l.operator(), commands.AddService{Name: domain.Slug(name),
		Allowed: []domain.Allowance{{Permission: "location", Purpose: "navigation"}}})
	must(l.t, 0, err)
	return string(added.Value.Key)
}

// notice is the id of the notice in force for a permission.
func (l *ledger) notice(permission string) string {
	l.t.Helper()
	all := l.want(200, "GET", "/v1/catalogue", "", "")
	list, _ := all.get(l.t, "permissions").([]any)
	for i := range list {
		if all.str(l.t, "permissions", i, "permission") == permission {
			return all.str(l.t, "permissions", i, "notice", "id")
		}
	}
	l.t.Fatalf("no permission %s", permission)
	return ""
}

func (l *ledger) grant(p person) reply {
	l.t.Helper()
	return l.want(200, "PUT", "/v1/me/permissions/location", p.token,
		fmt.Sprintf(`{"purpose": "navigation", "state": "granted", "notice": %q}`, l.notice("location")))
}

// device links a device and gives its id.
func (l *ledger) device(p person, name string) string {
	l.t.Helper()
	return l.want(201, "POST", "/v1/me/devices", p.token, fmt.Sprintf(`{"kind": "phone", "model": "X1", "name": %q}`, name)).str(l.t, "id")
}
