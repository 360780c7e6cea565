package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// OfStaff names an officer by their address or id.
type OfStaff struct {
	Officer string `json:"officer"`
}

// Format prints [personal] for every verb.
func (OfStaff) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (OfStaff) LogValue() slog.Value { return hidden() }

// StaffRole names a role of an officer, who is named by their address or id.
type StaffRole struct {
	OfStaff
	Role domain.Role `json:"role"`
}

// StaffNow is an officer as a change left them.
type StaffNow struct {
	Staff domain.StaffID
	State domain.StaffState
	Roles []domain.Role
}

// endStaff ends an officer for good: their sessions, wherever they are in use, and their roles at once, and then their password is destroyed.
// Repeated after a crash it destroys the password then. They can be added again, as another officer.
func (k *call) endStaff(ctx context.Context, in OfStaff) (StaffNow, error) {
	out, err := k.changeStaff(ctx, in, (*domain.Staff).End)
	if err != nil {
		return StaffNow{}, err
	}
	return out, k.Vault.DestroySecrets(ctx, domain.StaffSecret(out.Staff))
}

func (k *call) endStaffRole(ctx context.Context, in StaffRole) (StaffNow, error) {
	return k.changeStaff(ctx, in.OfStaff, func(s *domain.Staff) ([]any, error) { return s.EndRole(in.Role) })
}

// changeStaff changes an officer. What they are already is not recorded again. In every process the change is in force for whatever is asked
// after it is answered.
func (k *call) changeStaff(ctx context.Context, in OfStaff, decide func(*domain.Staff) ([]any, error)) (StaffNow, error) {
	id, err := k.staffNamed(ctx, in)
	if err != nil {
		return StaffNow{}, err
	}
	out, err := change[*domain.Staff]{stream: k.staffStream(id), mayKeep: true,
		decide: func(_ context.Context, s *domain.Staff, _ journal.Head) ([]any, error) { return decide(s) }}.by(ctx, k)
	if err != nil {
		return StaffNow{}, err
	}
	return StaffNow{Staff: id, State: out.state.State(), Roles: out.state.Roles}, nil
}

// resetStaff gives an officer another one-time code. Until they enrol with it they cannot sign in, and all their sessions have ended.
func (k *call) resetStaff(ctx context.Context, in OfStaff) (StaffAdded, error) {
	id, err := k.staffNamed(ctx, in)
	if err != nil {
		return StaffAdded{}, err
	}
	secret, err := k.secret(ctx, "enrolment", k.now)
	if err != nil {
		return StaffAdded{}, err
	}
	out, err := change[*domain.Staff]{stream: k.staffStream(id), decide: func(_ context.Context, s *domain.Staff, _ journal.Head) ([]any, error) {
		return s.Reset(hashSecret(secret), k.now.Add(domain.EnrolmentLifetime))
	}}.by(ctx, k)
	if err != nil {
		return StaffAdded{}, err
	}
	f := out.facts[0]
	if secret, err = k.secret(ctx, "enrolment", f.At); err != nil { // the first request's, if this is a repeat
		return StaffAdded{}, err
	}
	return StaffAdded{Staff: id, Code: idToken(enrolmentPrefix, id.UUID, secret), Expires: f.Event.(domain.StaffReset).Expires}, nil // appended above
}

// staffNamed finds an officer by their address or id.
func (k *call) staffNamed(ctx context.Context, in OfStaff) (domain.StaffID, error) {
	if id, ok := domain.ParseID(in.Officer); ok {
		return domain.StaffID{UUID: id}, nil
	}
	contact, err := domain.ParseEmail(in.Officer)
	if err != nil {
		return domain.StaffID{}, domain.ErrNoOfficer
	}
	id, err := k.Vault.Identifier(ctx, k.digest(spaceStaff, contact))
	if errors.Is(err, vault.ErrNotFound) {
		return domain.StaffID{}, domain.ErrNoOfficer
	}
	return domain.StaffID{UUID: id}, err
}
