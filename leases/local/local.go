// Package local keeps leases in memory, for keepers in one process: tests use it where several ledgers run in one.
package local

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"accountledger/leases"
)

// Server is a leases.Server in memory. It has no connections and needs no Close.
type Server struct {
	mu      sync.Mutex
	rows    map[string]*row
	members map[uuid.UUID]time.Time
}

type row struct {
	leases.Row
	holder  uuid.UUID
	expires time.Time
}

var _ leases.Server = (*Server)(nil)

// New creates a server with no leases held.
func New() *Server {
	return &Server{rows: map[string]*row{}, members: map[uuid.UUID]time.Time{}}
}

func (r *row) held(now time.Time) bool { return r.holder != uuid.Nil && now.Before(r.expires) }

// Acquire implements leases.Server.
func (s *Server) Acquire(ctx context.Context, who leases.Process, name string, ttl time.Duration) (int64, []byte, error) {
	if err := leases.Check(name, nil); err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	now := time.Now()
	r := s.rows[name]
	if r == nil {
		r = &row{}
		r.Name = name
		s.rows[name] = r
	}
	if r.held(now) {
		return 0, nil, leases.ErrHeld
	}
	r.holder, r.Holder, r.expires, r.Since = who.ID, who.Label, now.Add(ttl), now
	r.Epoch++
	return r.Epoch, r.Place, nil
}

// mine returns the row of this holding, or nil.
func (s *Server) mine(who leases.Process, ref leases.Ref, now time.Time) *row {
	r := s.rows[ref.Name]
	if r == nil || r.Epoch != ref.Epoch || r.holder != who.ID || !r.held(now) {
		return nil
	}
	return r
}

// Renew implements leases.Server.
func (s *Server) Renew(ctx context.Context, who leases.Process, ttl time.Duration, held []leases.Ref) (kept []leases.Ref, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now := time.Now()
	if who.Member {
		s.members[who.ID] = now.Add(ttl)
	}
	for _, ref := range held {
		if r := s.mine(who, ref, now); r != nil {
			r.expires = now.Add(ttl)
			kept = append(kept, ref)
		}
	}
	return kept, nil
}

// Save implements leases.Server.
func (s *Server) Save(ctx context.Context, who leases.Process, lease leases.Ref, place []byte) error {
	if err := leases.Check(lease.Name, place); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	r := s.mine(who, lease, time.Now())
	if r == nil {
		return leases.ErrLost
	}
	r.Place = slices.Clone(place)
	return nil
}

// Release implements leases.Server.
func (s *Server) Release(ctx context.Context, who leases.Process, held ...leases.Ref) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ref := range held {
		if r := s.mine(who, ref, time.Now()); r != nil {
			r.holder = uuid.Nil
		}
	}
	return ctx.Err()
}

// Leave implements leases.Server.
func (s *Server) Leave(ctx context.Context, who leases.Process) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.members, who.ID)
	for _, r := range s.rows {
		if r.holder == who.ID {
			r.holder = uuid.Nil
		}
	}
	return ctx.Err()
}

// Look implements leases.Server.
func (s *Server) Look(ctx context.Context) (leases.Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var t leases.Table
	for _, until := range s.members {
		if now.Before(until) {
			t.Members++
		}
	}
	for _, r := range s.rows {
		out := r.Row
		if !r.held(now) {
			out.Holder = ""
		}
		t.Leases = append(t.Leases, out)
	}
	slices.SortFunc(t.Leases, func(a, b leases.Row) int { return strings.Compare(a.Name, b.Name) })
	return t, ctx.Err()
}
