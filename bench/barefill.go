package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the control's own engine

	"accountledger/projections"
)

// finalRows are the final rows of a view's file, sorted by id, and the statements that created its tables.
type finalRows struct {
	view    string
	create  string
	indexes []string
	columns int
	rows    [][]any
}

// finalRows reads the result of a rebuild.
func (w *world) finalRows(ctx context.Context) ([]*finalRows, error) {
	var all []*finalRows
	for _, d := range projections.All() {
		path, err := liveFile(w.dir, d.Name)
		if err != nil {
			return nil, err
		}
		f := &finalRows{view: d.Name}
		if err := f.read(ctx, path); err != nil {
			return nil, fmt.Errorf("view %s: %w", d.Name, err)
		}
		all = append(all, f)
	}
	return all, nil
}

// liveFile is the file of a view's live generation in a data folder.
func liveFile(dir, view string) (string, error) {
	views := filepath.Join(dir, "views")
	name, err := os.ReadFile(filepath.Join(views, view+".live"))
	if err != nil {
		return "", err
	}
	return filepath.Join(views, strings.TrimSpace(string(name))+".db"), nil
}

func openFile(path, options string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+options)
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

func (f *finalRows) read(ctx context.Context, path string) (err error) {
	db, err := openFile(path, "mode=ro")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.QueryRowContext(ctx, `SELECT sql FROM sqlite_schema WHERE name = 'docs'`).Scan(&f.create); err != nil {
		return err
	}
	statements, err := db.QueryContext(ctx, `SELECT sql FROM sqlite_schema WHERE tbl_name = 'docs' AND type = 'index' AND sql IS NOT NULL`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statements.Close()) }()
	for statements.Next() {
		var text string
		if err := statements.Scan(&text); err != nil {
			return err
		}
		f.indexes = append(f.indexes, text)
	}
	if err := errors.Join(statements.Err(), f.words(ctx, db)); err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, `SELECT * FROM docs ORDER BY id`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	f.columns = len(columns)
	for rows.Next() {
		row := make([]any, f.columns)
		into := make([]any, f.columns)
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		row[0] = nil // the row gets a new number
		f.rows = append(f.rows, row)
	}
	return rows.Err()
}

// words adds the statements for the full-text index if there is one.
func (f *finalRows) words(ctx context.Context, db *sql.DB) error {
	var text string
	err := db.QueryRowContext(ctx, `SELECT sql FROM sqlite_schema WHERE name = 'postings'`).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	f.indexes = append(f.indexes, text, `INSERT INTO postings (rowid, words) SELECT n, words FROM docs WHERE words IS NOT NULL ORDER BY n`)
	return err
}

// fill is the bare loop: one connection, one transaction, one prepared statement, and the indexes at the end.
func (f *finalRows) fill(path string) (err error) {
	db, err := openFile(path, "_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-65536)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Exec(f.create); err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	put, err := tx.Prepare(`INSERT INTO docs VALUES (` + strings.TrimSuffix(strings.Repeat("?,", f.columns), ",") + `)`)
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	defer func() { err = errors.Join(err, put.Close()) }()
	for _, row := range f.rows {
		if _, err := put.Exec(row...); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for _, statement := range f.indexes {
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	return nil
}
