package server

import (
	"context"
	"errors"
	"os"
	"strings"

	"accountledger/domain"
)

// OpenConsole connects to the running server, or opens the ledger without listeners and consumers. ErrNoLedger where there is none,
// ErrRunning while another process has the folder and answers no commands.
func OpenConsole(ctx context.Context, cfg Config) (Console, error) {
	r, err := dial(ctx, &cfg)
	if err == nil {
		return r, nil
	}
	if !errors.Is(err, ErrNotRunning) {
		return nil, err
	}
	if !exists(cfg.path("lock")) {
		return nil, noLedger(&cfg)
	}
	s, err := Open(ctx, cfg, Options{})
	if err != nil {
		return nil, err
	}
	return &localConsole{operator{s, os.Getuid()}}, nil
}

// localConsole is the console of a server that was opened for it.
type localConsole struct{ operator }

// Close closes the server as well.
func (l *localConsole) Close() error { return l.Server.Close() }

// allowances reads permission:purpose.
func allowances(all []string) ([]domain.Allowance, error) {
	out := make([]domain.Allowance, 0, len(all))
	for _, s := range all {
		p, u, ok := strings.Cut(s, ":")
		if !ok {
			return nil, domain.ErrAllowed
		}
		out = append(out, domain.Allowance{Permission: domain.Permission(p), Purpose: domain.Purpose(u)})
	}
	return out, nil
}

// mailboxEntries gives what the local mailbox holds.
func (s *Server) mailboxEntries() ([]MailboxEntry, error) {
	if s.mailbox == nil {
		return nil, errors.New("there is no local mailbox: messages go to the mail server")
	}
	all, err := s.mailbox.List()
	if err != nil {
		return nil, err
	}
	out := make([]MailboxEntry, len(all))
	for i, m := range all {
		out[i] = MailboxEntry{ID: m.ID.String(), At: m.At, To: m.To, Subject: m.Subject, Text: m.Text, Code: m.Code, Expires: m.Expires}
	}
	return out, nil
}
