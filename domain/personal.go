package domain

import (
	"fmt"
	"log/slog"
)

// The plain values of parts print as [personal], like the parts themselves, so that a mistake cannot leak them. Their JSON is
// complete: it is what gets sealed.

// Format prints [personal] for every verb.
func (OfficerInfo) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (OfficerInfo) LogValue() slog.Value { return slog.StringValue(personal) }

// Format prints [personal] for every verb.
func (BirthMonth) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (BirthMonth) LogValue() slog.Value { return slog.StringValue(personal) }

// Format prints [personal] for every verb.
func (DeviceText) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (DeviceText) LogValue() slog.Value { return slog.StringValue(personal) }

// Format prints [personal] for every verb.
func (ClientInfo) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (ClientInfo) LogValue() slog.Value { return slog.StringValue(personal) }

// Format prints [personal] for every verb: a code together with its destination must not leak.
func (CodeInput) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (CodeInput) LogValue() slog.Value { return slog.StringValue(personal) }

// Format prints [personal] for every verb.
func (LinkDevice) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(personal)) }

// LogValue logs [personal].
func (LinkDevice) LogValue() slog.Value { return slog.StringValue(personal) }
