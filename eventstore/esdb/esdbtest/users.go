package esdbtest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Admins is the group of users who may do everything.
const Admins = "$admins"

// User is a user of the server. Access lists name users and groups alike.
type User struct {
	Name, Password string
	Groups         []string
}

// directory holds the users of a server; if there are none, everyone may do everything.
type directory struct {
	mu    sync.Mutex
	users []User
}

// SetUser adds or changes a user. New calls see it at once; calls under way go on, as on a real
// server, which also accepts an old password for a little longer.
func (c *Cluster) SetUser(u User) {
	c.directory.mu.Lock()
	defer c.directory.mu.Unlock()
	c.directory.users = append(slices.DeleteFunc(c.directory.users, func(o User) bool { return o.Name == u.Name }), u)
}

// SetPassword changes a password.
func (c *Cluster) SetPassword(name, password string) {
	c.directory.mu.Lock()
	defer c.directory.mu.Unlock()
	for i := range c.directory.users {
		if c.directory.users[i].Name == name {
			c.directory.users[i].Password = password
		}
	}
}

// caller is the user behind a call. The zero caller gave no credentials.
type caller struct {
	name  string
	roles []string // name and groups
}

func (c caller) is(role string) bool { return role == "$all" || slices.Contains(c.roles, role) }

// authenticate returns the user behind a call.
func (c *Cluster) authenticate(ctx context.Context) (caller, error) {
	c.directory.mu.Lock()
	defer c.directory.mu.Unlock()
	if len(c.directory.users) == 0 {
		return caller{"", []string{Admins}}, nil
	}
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get("authorization")
	if len(values) == 0 {
		return caller{}, nil
	}
	if raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(values[0], "Basic ")); err == nil {
		name, password, _ := strings.Cut(string(raw), ":")
		for _, u := range c.directory.users {
			if u.Name == name && u.Password == password {
				return caller{name, append([]string{name}, u.Groups...)}, nil
			}
		}
	}
	return caller{}, status.Error(codes.Unauthenticated, "Unauthenticated")
}

// right is what a caller wants to do with a stream.
type right int

const (
	toRead right = iota
	toWrite
	toDelete
)

// authorize refuses a caller without the right to a stream; $all counts as one.
func (c *Cluster) authorize(call trailed, by caller, name string, to right) error {
	if by.is(Admins) {
		return nil
	}
	base, meta := strings.CutPrefix(name, "$$")
	who := c.log.access(base).of(to, meta)
	if who == nil {
		who = c.log.defaults(base).of(to, meta)
	}
	if by.name != "" && slices.ContainsFunc(who, by.is) {
		return nil
	}
	return accessDenied(call)
}

// of returns who has a right to a stream or to its metadata.
func (a access) of(to right, meta bool) names {
	switch {
	case meta && to == toRead:
		return a.MetaRead
	case meta:
		return a.MetaWrite
	case to == toRead:
		return a.Read
	case to == toWrite:
		return a.Write
	}
	return a.Delete
}

func (l *log) access(name string) access {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.streams[name]; s != nil {
		return s.meta.Access
	}
	return access{}
}

// defaults are the rights to streams whose metadata does not say: those in $settings, or else everyone's for
// ordinary streams and the administrators' for system streams.
func (l *log) defaults(name string) access {
	l.mu.Lock()
	defer l.mu.Unlock()
	var settings struct {
		User   access `json:"$userStreamAcl"`
		System access `json:"$systemStreamAcl"`
	}
	if s := l.streams["$settings"]; s != nil && len(s.places) > 0 {
		_ = json.Unmarshal(l.records[s.places[len(s.places)-1]].data, &settings) // unreadable settings set nothing
	}
	if strings.HasPrefix(name, "$") {
		return settings.System.or(Admins)
	}
	return settings.User.or("$all")
}

func (a access) or(role string) access {
	for _, list := range []*names{&a.Read, &a.Write, &a.Delete, &a.MetaRead, &a.MetaWrite} {
		if *list == nil {
			*list = names{role}
		}
	}
	return a
}
