package commands

import (
	"context"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
	"accountledger/vault"
)

// AddStaff adds an officer with a role. It is an operator's command.
type AddStaff struct {
	Email string      `json:"email"`
	Name  string      `json:"name"`
	Role  domain.Role `json:"role"`
}

// StaffAdded is the answer: the one-time code is shown only here.
type StaffAdded struct {
	Staff   domain.StaffID
	Code    Token
	Expires time.Time
}

// addStaff adds an officer and marks the role as granted by one person alone.
func (k *call) addStaff(ctx context.Context, in AddStaff) (StaffAdded, error) {
	contact, err := domain.ParseEmail(in.Email)
	if err != nil {
		return StaffAdded{}, err
	}
	if in.Role.Validate() != nil {
		return StaffAdded{}, domain.ErrRole
	}
	if in.Name != "" {
		var ok bool
		if in.Name, ok = domain.Text(in.Name); !ok {
			return StaffAdded{}, domain.ErrPersonName
		}
	}
	id := domain.StaffID{UUID: domain.Derive(k.command.UUID, "staff")}
	defer k.hold("reserve/" + spaceStaff)() // from name to event: a name without an event looks like a crash's
	digest := k.digest(spaceStaff, contact)
	if err := k.freeUnused(ctx, digest, id.UUID); err != nil {
		return StaffAdded{}, err
	}
	if err := k.reserve(ctx, digest, id.UUID, domain.StaffStream(id), domain.ErrStaffTaken); err != nil {
		return StaffAdded{}, err
	}
	secret, err := k.secret(ctx, "enrolment", k.now)
	if err != nil {
		return StaffAdded{}, err
	}
	expires := k.now.Add(domain.EnrolmentLifetime)
	out, err := change[*domain.Staff]{stream: k.staffStream(id), new: true, decide: func(_ context.Context, s *domain.Staff, _ journal.Head) ([]any, error) {
		if s.Added != nil {
			return nil, domain.ErrStaffTaken
		}
		return []any{domain.StaffAdded{CodeHash: hashSecret(secret), Expires: expires,
			Officer: domain.Personal(domain.OfficerInfo{Contact: contact, Name: in.Name}, domain.StaffKey(id))},
			domain.StaffRoleGranted{Role: in.Role, Alone: true}}, nil
	}}.by(ctx, k)
	if err != nil {
		return StaffAdded{}, err
	}
	f := out.facts[0]
	if secret, err = k.secret(ctx, "enrolment", f.At); err != nil { // the first request's, if this is a repeat
		return StaffAdded{}, err
	}
	e := f.Event.(domain.StaffAdded) // appended above
	return StaffAdded{Staff: id, Code: idToken(enrolmentPrefix, id.UUID, secret), Expires: e.Expires}, nil
}

// reserve gives a name to an id, unless another existing id has it.
func (k *call) reserve(ctx context.Context, digest vault.Digest, id uuid.UUID, stream string, taken error) error {
	for {
		row, err := k.Vault.InsertIdentifier(ctx, digest, id)
		if err != nil || row == id {
			return err
		}
		head, err := k.Journal.LastOf(ctx, otherStream(stream, id, row))
		if err != nil {
			return err
		}
		if head.Exists() {
			return taken
		}
		if err := k.Vault.DeleteIdentifier(ctx, row); err != nil { // a crash left the row without its stream
			return err
		}
	}
}

// otherStream is the stream of another id of the same kind.
func otherStream(stream string, id, other uuid.UUID) string {
	return stream[:len(stream)-len(id.String())] + other.String()
}

// Enrol sets an officer's password, given the one-time code.
type Enrol struct {
	Code     Token              `json:"-"`
	Password passwords.Password `json:"-"`
}

// Enrolled is the answer.
type Enrolled struct {
	Roles []domain.Role
}

// enrol checks the code, then stores the password. The event comes last: until then the code still works.
func (k *call) enrol(ctx context.Context, in Enrol) (Enrolled, error) {
	uid, secret, ok := parseIDToken(enrolmentPrefix, in.Code)
	id := domain.StaffID{UUID: uid}
	if !ok {
		return Enrolled{}, domain.ErrEnrolment
	}
	out, err := change[*domain.Staff]{stream: k.staffStream(id), decide: func(ctx context.Context, s *domain.Staff, _ journal.Head) ([]any, error) {
		events, err := s.Enrol(hashSecret(secret), k.now)
		if err != nil {
			return nil, err
		}
		k.Caller.Actor = domain.Actor{Kind: domain.ActorStaff, ID: domain.ID[any]{UUID: uid}}
		return events, k.setPassword(ctx, id, s, in.Password)
	}}.by(ctx, k)
	if err != nil {
		return Enrolled{}, err
	}
	if !out.state.Gave(hashSecret(secret)) { // a repeat with another code
		return Enrolled{}, domain.ErrEnrolment
	}
	return Enrolled{out.state.Roles}, nil
}

func (k *call) setPassword(ctx context.Context, id domain.StaffID, s *domain.Staff, p passwords.Password) error {
	officer, err := journal.Open(ctx, k.Journal, s.AddedFact, s.Added.Officer)
	if err != nil {
		return err
	}
	if err := k.checkPassword(p, officer.Contact); err != nil {
		return err
	}
	hash, err := k.Hasher.Hash(k.turn(ctx, passwords.Other), p)
	if err != nil {
		return err
	}
	return k.Vault.PutSecret(ctx, domain.StaffSecret(id), []byte(hash))
}
