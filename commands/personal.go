package commands

import (
	"fmt"
	"log/slog"
)

// Requests and answers that hold something personal or secret print as [personal], so that a mistake cannot leak them. They are
// only encoded as JSON for a request's fingerprint, which is a keyed hash.

const personal = "[personal]"

func hide(s fmt.State) { _, _ = s.Write([]byte(personal)) }

func hidden() slog.Value { return slog.StringValue(personal) }

// Format prints [personal] for every verb.
func (SignUp) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (SignUp) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (SignedUp) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (SignedUp) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (CheckCode) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (CheckCode) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (Resend) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (Resend) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (SignIn) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (SignIn) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (ContinueSignIn) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (ContinueSignIn) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (PendingSignIn) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (PendingSignIn) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (Session) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (Session) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (Me) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (Me) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (HistoryEntry) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (HistoryEntry) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (Device) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (Device) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (RenameDevice) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (RenameDevice) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (LookUp) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (LookUp) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (Revealed) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (Revealed) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (AddStaff) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (AddStaff) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (MessageToSend) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (MessageToSend) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (Request) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (Request) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (Contact) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (Contact) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (AddContact) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (AddContact) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (ContactAdding) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (ContactAdding) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (Undo) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (Undo) LogValue() slog.Value { return hidden() }

// Format prints [personal] for every verb.
func (CorrectBirth) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (CorrectBirth) LogValue() slog.Value { return hidden() }
