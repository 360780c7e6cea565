package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

const (
	findKey        = "SELECT live, id, master, wrapped FROM keys WHERE name = ?"
	findSecret     = "SELECT row, live, id, master, wrapped FROM secrets WHERE current = 1 AND name = ?"
	findIdentifier = "SELECT row, claim FROM identifiers WHERE live = 1 AND substr(digest, 1, 3) = substr(?1, 1, 3) AND digest = ?1"
	findClaim      = "SELECT row FROM identifiers WHERE live = 1 AND substr(claim, 14, 3) = substr(?1, 14, 3) AND claim = ?1"

	insertKey = "INSERT INTO keys (name, live, at, id, master, wrapped) VALUES (?, 1, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
	// Overwritten in place with zeros of the same size.
	destroyKey = `UPDATE keys SET live = 0, at = ?2, id = zeroblob(length(id)), master = zeroblob(length(master)),
		wrapped = zeroblob(length(wrapped)) WHERE name = ?1 AND live = 1`
	buryKey = "INSERT INTO keys (name, live, at, id, master, wrapped) VALUES (?, 0, ?, x'', x'', x'') ON CONFLICT DO NOTHING"

	insertSecret  = "INSERT INTO secrets (name, current, live, at, id, master, wrapped) VALUES (?, 1, 1, ?, ?, ?, ?)"
	replaceSecret = "UPDATE secrets SET at = ?2, id = ?3, master = ?4, wrapped = ?5 WHERE row = ?1"
	wipeSecret    = `UPDATE secrets SET current = ?3, live = 0, at = ?2, id = zeroblob(length(id)),
		master = zeroblob(length(master)), wrapped = zeroblob(length(wrapped)) WHERE row = ?1`
	burySecret = "INSERT INTO secrets (name, current, live, at, id, master, wrapped) VALUES (?, 1, 0, ?, x'', x'', x'')"

	insertIdentifier = "INSERT INTO identifiers (live, digest, claim) VALUES (1, ?, ?)"
	wipeIdentifier   = "UPDATE identifiers SET live = 0, digest = zeroblob(32), claim = zeroblob(16) WHERE row = ?"

	touch    = "UPDATE vault SET pinged_at = ?"
	takeTurn = "UPDATE vault SET turn = ?"
	retire   = "INSERT INTO logs (id) SELECT log FROM vault WHERE log <> x'' AND log <> ? ON CONFLICT DO NOTHING"
	bindList = "UPDATE vault SET listed = ?1, list_hash = ?2 WHERE listed <> ?1 OR list_hash <> ?2"
	bind     = `UPDATE vault SET log = ?1, at_commit = ?2, at_prepare = ?3, event = ?4
		WHERE log <> ?1 OR at_commit < ?2 OR at_commit = ?2 AND at_prepare < ?3`
)

// statements are the readers' statements.
type statements struct {
	key, secret, identifier *sql.Stmt
}

func (s *statements) prepare(ctx context.Context, db preparer) error {
	return prepareAll(ctx, db, []prepared{
		{&s.key, findKey}, {&s.secret, findSecret}, {&s.identifier, findIdentifier},
	})
}

func (s *statements) close() error { return closeAll(s.key, s.secret, s.identifier) }

// writeStatements are the statements of the writer's connection.
type writeStatements struct {
	begin, savepoint, undo, release, commit, rollback *sql.Stmt
	findKey, insertKey, destroyKey, buryKey           *sql.Stmt

	findSecret, insertSecret, replaceSecret, wipeSecret, burySecret *sql.Stmt
	findIdentifier, findClaim, insertIdentifier, wipeIdentifier     *sql.Stmt

	touch, turn, retire, bind, bindList *sql.Stmt
}

func (s *writeStatements) prepare(ctx context.Context, conn preparer) error {
	return prepareAll(ctx, conn, s.list())
}

func (s *writeStatements) close() error {
	var all []*sql.Stmt
	for _, p := range s.list() {
		all = append(all, *p.into)
	}
	return closeAll(all...)
}

func (s *writeStatements) list() []prepared {
	return []prepared{
		{&s.begin, "BEGIN IMMEDIATE"}, {&s.savepoint, "SAVEPOINT one"}, {&s.undo, "ROLLBACK TO one"},
		{&s.release, "RELEASE one"}, {&s.commit, "COMMIT"}, {&s.rollback, "ROLLBACK"},
		{&s.findKey, findKey}, {&s.insertKey, insertKey}, {&s.destroyKey, destroyKey}, {&s.buryKey, buryKey},
		{&s.findSecret, findSecret}, {&s.insertSecret, insertSecret}, {&s.replaceSecret, replaceSecret},
		{&s.wipeSecret, wipeSecret}, {&s.burySecret, burySecret},
		{&s.findIdentifier, findIdentifier}, {&s.findClaim, findClaim},
		{&s.insertIdentifier, insertIdentifier}, {&s.wipeIdentifier, wipeIdentifier},
		{&s.touch, touch}, {&s.turn, takeTurn}, {&s.retire, retire}, {&s.bind, bind}, {&s.bindList, bindList},
	}
}

type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

type prepared struct {
	into  **sql.Stmt
	query string
}

func prepareAll(ctx context.Context, db preparer, list []prepared) error {
	for _, p := range list {
		var err error
		if *p.into, err = db.PrepareContext(ctx, p.query); err != nil {
			return unavailable("preparing a statement", err)
		}
	}
	return nil
}

func closeAll(list ...*sql.Stmt) error {
	var errs []error
	for _, s := range list {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}
