package mockserver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// applicationID marks our files in SQLite's header: "sgpf".
	applicationID = 0x73677066
	// schemaVersion is the header's user_version. A file of a newer one is refused.
	schemaVersion = 3
)

// schema makes an empty database. Events are not in it: a record says where in its
// request's body its event is, and the body is decoded again when it is read, so that
// every byte is stored once and as it came.
//
// A request holds the findings of its records too, and what it takes is the size of its
// body, of them, and of the events for which it was refused: see heldBytes.
const schema = `
CREATE TABLE requests (
	seq INTEGER PRIMARY KEY, scope TEXT NOT NULL, received INTEGER NOT NULL,
	method TEXT NOT NULL, path TEXT NOT NULL, header BLOB NOT NULL, wire INTEGER NOT NULL,
	size INTEGER NOT NULL, body BLOB, status INTEGER NOT NULL, code TEXT NOT NULL,
	message TEXT NOT NULL, events INTEGER NOT NULL, retries INTEGER NOT NULL, fault TEXT NOT NULL,
	ip TEXT NOT NULL, call TEXT NOT NULL, rejected BLOB, findings BLOB);
CREATE INDEX requests_scope ON requests (scope, seq);
CREATE TABLE records (
	seq INTEGER PRIMARY KEY, request INTEGER NOT NULL, item INTEGER NOT NULL,
	scope TEXT NOT NULL, write_key TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL,
	user TEXT NOT NULL, anonymous TEXT NOT NULL, message_id TEXT NOT NULL,
	verdict TEXT NOT NULL, duplicate_of INTEGER NOT NULL);
CREATE INDEX records_scope ON records (scope, seq);
CREATE INDEX records_message ON records (scope, message_id, seq);
CREATE INDEX records_request ON records (request);
CREATE TABLE scopes (
	name TEXT PRIMARY KEY, arrived INTEGER NOT NULL, lost INTEGER NOT NULL, refused INTEGER NOT NULL);
CREATE TABLE last (record INTEGER NOT NULL, request INTEGER NOT NULL);
INSERT INTO last VALUES (0, 0);
`

// heldBytes is how many bytes a request takes, of those that Options.CapacityBytes bounds.
const heldBytes = `ifnull(length(body), 0) + ifnull(length(rejected), 0) + ifnull(length(findings), 0)`

// store is the database of a journal: SQLite, in memory or in a file. One goroutine
// writes; many may read.
type store struct {
	file    string // "" in memory
	lock    *fileLock
	pool    *sql.DB
	readers *sql.DB // of a file, beside the writer; nil in memory, where there is one connection

	mu     sync.Mutex // guards writer
	writer *writer
}

// writer is the connection that writes. It prepares each statement once: for SQLite,
// parsing one costs more than running it.
type writer struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	packer     packer
}

// queryer runs statements: a [writer], or a transaction of a reader.
type queryer interface {
	Query(text string, args ...any) (*sql.Rows, error)
	QueryRow(text string, args ...any) *sql.Row
}

func (w *writer) prepare(text string) (*sql.Stmt, error) {
	if stmt := w.statements[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(context.Background(), text)
	if err == nil {
		w.statements[text] = stmt
	}
	return stmt, err
}

// Exec runs a statement that returns nothing.
func (w *writer) Exec(text string, args ...any) (sql.Result, error) {
	stmt, err := w.prepare(text)
	if err != nil {
		return nil, err
	}
	return stmt.Exec(args...)
}

// Query runs a statement that returns rows.
func (w *writer) Query(text string, args ...any) (*sql.Rows, error) {
	stmt, err := w.prepare(text)
	if err != nil {
		return nil, err
	}
	return stmt.Query(args...)
}

// QueryRow runs a statement that returns at most one row.
func (w *writer) QueryRow(text string, args ...any) *sql.Row {
	stmt, err := w.prepare(text)
	if err != nil {
		return w.conn.QueryRowContext(context.Background(), text, args...) // which tells the error
	}
	return stmt.QueryRow(args...)
}

func (w *writer) close() error {
	var errs []error
	for _, stmt := range w.statements {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

// openStore opens the file, or makes it; "" is a database in memory. An error says that
// the file cannot be used, and leaves it as it is.
func openStore(file string) (*store, error) {
	st := &store{file: file}
	if err := st.open(); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

func (st *store) open() error {
	if st.file == "" {
		return st.connect("file::memory:", "journal_mode(MEMORY)", "synchronous(OFF)")
	}
	file, err := filepath.Abs(st.file)
	if err != nil {
		return fmt.Errorf("journal %s: %w", st.file, err)
	}
	_, locked := os.Lstat(file + ".lock")
	if st.lock, err = lockFile(file + ".lock"); err != nil {
		return fmt.Errorf("journal %s: %w", st.file, err)
	}
	dsn := (&url.URL{Scheme: "file", Path: file}).String()
	// The answer leaves after the commit, and FULL makes a commit wait for the disk.
	if err := st.connect(dsn, "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(0)"); err != nil {
		if errors.Is(locked, fs.ErrNotExist) {
			_ = os.Remove(file + ".lock") // the file is not ours, and nothing of ours is to stay beside it
		}
		return fmt.Errorf("journal %s: %w", st.file, explainStore(err))
	}
	st.readers, err = openPool(dsn, 4, "query_only(1)", "busy_timeout(5000)")
	return err
}

// connect opens the writer's connection and prepares the database. The file's header
// is read first: a file that is not ours is not written to.
func (st *store) connect(dsn string, pragmas ...string) (err error) {
	if st.pool, err = openPool(dsn, 1, "busy_timeout(5000)"); err != nil {
		return err
	}
	conn, err := st.pool.Conn(context.Background())
	if err != nil {
		return err
	}
	st.writer = &writer{conn: conn, statements: map[string]*sql.Stmt{}}
	fresh, err := st.header()
	if err != nil {
		return err
	}
	if fresh {
		pragmas = append([]string{"auto_vacuum(INCREMENTAL)"}, pragmas...) // before the first table, or never
	}
	for _, p := range pragmas {
		if _, err := st.writer.Exec("PRAGMA " + p); err != nil {
			return err
		}
	}
	if fresh {
		return st.create()
	}
	return st.examine()
}

// header reports whether the database is empty; an error says that it is not ours.
func (st *store) header() (fresh bool, err error) {
	var id, version, tables int
	for pragma, into := range map[string]*int{"PRAGMA application_id": &id, "PRAGMA user_version": &version, "SELECT count(*) FROM sqlite_schema": &tables} {
		if err := st.writer.QueryRow(pragma).Scan(into); err != nil {
			return false, err
		}
	}
	switch {
	case tables == 0 && id == 0 && version == 0:
		return true, nil
	case id != applicationID:
		return false, errors.New("it is a database, but not one of segproof's; name another file")
	case version != schemaVersion:
		return false, fmt.Errorf("it has version %d of the journal, and this segproof knows version %d; name another file", version, schemaVersion)
	}
	return false, nil
}

func (st *store) create() error {
	return st.update(func(w *writer) error {
		_, err := w.conn.ExecContext(context.Background(), schema+fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, schemaVersion))
		return err
	})
}

// examine looks for damage: a journal that lost pages would answer with less than came.
func (st *store) examine() error {
	var verdict string
	if err := st.writer.QueryRow("PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("the file is damaged (%s); it is left as it is, name another one", strings.Join(strings.Fields(verdict), " "))
	}
	return nil
}

func openPool(dsn string, conns int, pragmas ...string) (*sql.DB, error) {
	values := url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}
	connector, err := sqlite.NewConnector(dsn + "?" + values.Encode())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

var errJournalClosed = fmt.Errorf("the journal is closed: %w", http.ErrServerClosed)

// update runs change in a transaction of its own: all of it is stored, or nothing.
func (st *store) update(change func(*writer) error) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	w := st.writer
	if w == nil {
		return errJournalClosed
	}
	if _, err := w.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := change(w)
	if err == nil {
		_, err = w.Exec("COMMIT")
	}
	if err != nil {
		// SQLite has rolled back already after some errors; the first one is what counts.
		_, _ = w.Exec("ROLLBACK")
	}
	return err
}

// view runs look, which may read. What it reads is one moment of the journal.
func (st *store) view(look func(queryer) error) error {
	if st.readers == nil {
		return st.update(func(w *writer) error { return look(w) })
	}
	tx, err := st.readers.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		st.mu.Lock()
		defer st.mu.Unlock()
		if st.writer == nil {
			return errJournalClosed
		}
		return err
	}
	defer tx.Rollback()
	return look(tx)
}

// checkpoint moves what is in the log into the database.
func (st *store) checkpoint() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.file == "" {
		return nil // no log
	}
	var busy, log, moved int // pages; a reader may keep some back, until the next time
	return st.writer.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &log, &moved)
}

// shrink gives free pages back to the file system, after much was deleted.
func (st *store) shrink() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, pragma := range []string{"PRAGMA incremental_vacuum", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := st.writer.Exec(pragma); err != nil {
			return err
		}
	}
	return nil
}

// close closes what is open. A second call does nothing.
func (st *store) close() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	var errs []error
	if st.readers != nil {
		errs = append(errs, st.readers.Close())
	}
	if st.writer != nil {
		errs = append(errs, st.writer.close())
		st.writer = nil
	}
	if st.pool != nil {
		errs = append(errs, st.pool.Close())
	}
	if st.lock != nil {
		errs = append(errs, st.lock.release())
		st.lock = nil
	}
	return errors.Join(errs...)
}

// explainStore adds what a person can do about an error of SQLite's.
func explainStore(err error) error {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_NOTADB:
		return errors.New("it is not a journal of segproof's; name another file")
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("the file is damaged: %w; it is left as it is, name another one", err)
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("the file cannot be opened or made: %w", err)
	}
	return err
}

// sqliteCode returns SQLite's extended result code, 0 for another error.
func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// storeRefusal is the answer to a request that could not be stored.
func storeRefusal(err error) error {
	switch code := sqliteCode(err); {
	case code&0xff == sqlite3.SQLITE_FULL, errors.Is(err, errDiskFull):
		return storeFull.because("the journal's disk is full; reset a scope, or free some space, and send it again")
	case errors.Is(err, errJournalClosed):
		return storeFailed.because("the server is shutting down")
	}
	return storeFailed.because("the journal cannot be written; the server's log says why")
}
