package mockserver

import (
	"container/heap"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"segproof/event"
)

// maxScopes is how many scopes a journal counts for. Beyond it, those of which it keeps
// nothing are forgotten, the longest known first.
const maxScopes = 10_000

// diskReserve is how many bytes of a file system stay free, at most a quarter of it:
// what deleting needs, so that a full journal can be emptied.
const diskReserve = 64 << 20

var errDiskFull = errors.New("no space left for the journal but the reserve")

// hasRoom fails with errDiskFull if the file system has nothing left but the reserve.
func (st *store) hasRoom() error {
	if st.file == "" {
		return nil
	}
	free, size, err := freeBytes(st.file)
	if err != nil {
		return err
	}
	if free < min(diskReserve, size/4) {
		return errDiskFull
	}
	return nil
}

// batchWrite writes entries in one transaction.
type batchWrite struct {
	tx     *writer
	level  level
	counts map[string]tally // what changed, by scope
	judged bool             // records get findings
}

// level is how far a journal has come, and how full it is.
type level struct {
	record, request   int64 // the last sequence numbers given
	records, requests int   // kept
	bytes             int64 // held: see heldBytes
}

// tally counts what happened in a scope since the start or its last reset.
type tally struct {
	arrived int // records
	lost    int // records that had to make room for newer ones
	refused int // requests answered with something else than 200

	requests int // answered somehow; not stored, for who waits until none comes
}

func (t tally) plus(more tally) tally {
	return tally{t.arrived + more.arrived, t.lost + more.lost, t.refused + more.refused, t.requests + more.requests}
}

// add writes a request and its records, and gives them their numbers.
func (b *batchWrite) add(req *Request, records []Record) error {
	b.level.request++
	b.level.requests++
	b.level.bytes += int64(len(req.Body))
	req.Seq = b.level.request
	for i := range records {
		if err := b.addOne(&records[i], req.Seq, i); err != nil {
			return err
		}
	}
	header, err := json.Marshal(req.Header)
	if err != nil {
		return err
	}
	rejected, err := packRejections(req.Rejected)
	if err != nil {
		return err
	}
	findings, err := b.tx.packer.pack(records)
	if err != nil {
		return err
	}
	b.level.bytes += int64(len(rejected) + len(findings))
	if _, err := b.tx.Exec(`INSERT INTO requests VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, req.Seq, req.Scope, req.ReceivedAt.UnixNano(), req.Method, req.Path, header, req.WireBytes,
		req.BodyBytes, req.Body, req.Status, req.Code, req.Message, req.Events, req.RetryCount, req.Fault, req.RemoteIP, callOf(records), rejected, findings); err != nil {
		return err
	}
	b.count(req.Scope, tally{requests: 1})
	if req.refused() {
		b.count(req.Scope, tally{refused: 1})
	}
	return nil
}

// addOne writes a record, but for its findings, which it completes.
func (b *batchWrite) addOne(rec *Record, request int64, item int) error {
	b.level.record++
	b.level.records++
	rec.Seq = b.level.record
	if rec.MessageID != "" && utf8.RuneCountInString(rec.MessageID) < event.MaxMessageIDChars { // Segment takes no longer one
		err := b.tx.QueryRow(`SELECT seq FROM records WHERE scope = ? AND message_id = ? ORDER BY seq LIMIT 1`, rec.Scope, rec.MessageID).Scan(&rec.DuplicateOf)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	if rec.DuplicateOf != 0 && b.judged {
		rec.Findings = append(rec.Findings, duplicateFinding(*rec))
	}
	b.count(rec.Scope, tally{arrived: 1})
	userID, anonymousID := rec.ids()
	_, err := b.tx.Exec(`INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`, rec.Seq, request, item, rec.Scope, rec.WriteKey, string(rec.Event.Type), rec.Event.Name,
		userID, anonymousID, rec.MessageID, string(rec.Verdict), rec.DuplicateOf)
	return err
}

func (b *batchWrite) count(scope string, more tally) { b.counts[scope] = b.counts[scope].plus(more) }

// finish writes the counts and the last numbers.
func (b *batchWrite) finish() error {
	for scope, t := range b.counts {
		if _, err := b.tx.Exec(`INSERT INTO scopes VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE
			SET arrived = arrived + ?2, lost = lost + ?3, refused = refused + ?4`, scope, t.arrived, t.lost, t.refused); err != nil {
			return err
		}
	}
	_, err := b.tx.Exec(`UPDATE last SET record = ?, request = ?`, b.level.record, b.level.request)
	return err
}

// probe writes something that changes nothing. An UPDATE to the same values would not do:
// SQLite sees that, and writes nothing.
func (b *batchWrite) probe() error {
	_, err := b.tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", schemaVersion))
	return err
}

// bounds are how much a journal keeps.
type bounds struct {
	records int   // and as many requests beside those that the records came in
	bytes   int64 // held: see heldBytes
}

// prune deletes the oldest until the journal is within its bounds, and counts the
// records as lost.
func (b *batchWrite) prune(limit bounds) error {
	if excess := b.level.records - limit.records; excess > 0 {
		var last int64
		if err := b.tx.QueryRow(`SELECT seq FROM records ORDER BY seq LIMIT 1 OFFSET ?`, excess-1).Scan(&last); err != nil {
			return err
		}
		if err := b.dropRecords(`seq <= ?`, last); err != nil {
			return err
		}
	}
	// A tenth of slack, so that not every write looks through all requests.
	if b.level.requests > 2*limit.records+limit.records/10 || b.level.records == limit.records && b.level.requests > limit.records+limit.records/10 {
		if err := b.dropRequests(`seq <= ? AND NOT EXISTS (SELECT 1 FROM records WHERE request = requests.seq)`, b.level.request-int64(limit.records)); err != nil {
			return err
		}
	}
	return b.pruneBytes(limit.bytes)
}

// pruneBytes deletes requests, with their records, when what they hold takes more than
// limit: enough for a tenth of slack, since it looks through all requests.
func (b *batchWrite) pruneBytes(limit int64) error {
	excess := b.level.bytes - limit
	if excess <= 0 {
		return nil
	}
	victims, err := b.victims(excess + limit/10)
	if err != nil {
		return err
	}
	for _, seq := range victims {
		if err := errors.Join(b.dropRecords(`request = ?`, seq), b.dropRequests(`seq = ?`, seq)); err != nil {
			return err
		}
	}
	return nil
}

// victims returns the requests that make room for so many bytes. They are those of the
// scope that holds the most, one after the other: a test that sends much does not push out
// what another one sent. In a scope requests without records go first, since a flood of
// refused ones is no reason to lose events; then the oldest.
func (b *batchWrite) victims(bytes int64) ([]int64, error) {
	rows, err := b.tx.Query(`SELECT seq, scope, ` + heldBytes + ` FROM requests WHERE ` + heldBytes + ` > 0
		ORDER BY EXISTS (SELECT 1 FROM records WHERE request = requests.seq), seq`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	byScope := map[string]*pile{}
	var piles pileHeap
	for rows.Next() {
		var r heldRequest
		var scope string
		if err := rows.Scan(&r.seq, &scope, &r.bytes); err != nil {
			return nil, err
		}
		if byScope[scope] == nil {
			byScope[scope] = &pile{scope: scope}
			piles = append(piles, byScope[scope])
		}
		byScope[scope].add(r)
	}
	heap.Init(&piles)
	var victims []int64
	for bytes > 0 && len(piles) > 0 {
		r := piles[0].take()
		bytes -= r.bytes
		victims = append(victims, r.seq)
		if heap.Fix(&piles, 0); len(piles[0].requests) == 0 {
			heap.Remove(&piles, 0) // it holds nothing, so no other one does
		}
	}
	return victims, rows.Err()
}

// dropRecords deletes the records of which where is true, and counts them as lost.
func (b *batchWrite) dropRecords(where string, arg any) error {
	// The + keeps SQLite from walking the whole index of scopes to save itself the sorting
	// of a few rows: with a journal that is full, that was half of what a request cost.
	rows, err := b.tx.Query(`SELECT scope, count(*) FROM records WHERE `+where+` GROUP BY +scope`, arg)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var scope string
		var t tally
		if err := rows.Scan(&scope, &t.lost); err != nil {
			return err
		}
		b.count(scope, t)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return b.deleteRecords(` WHERE `+where, arg)
}

func (b *batchWrite) deleteRecords(where string, args ...any) error {
	result, err := b.tx.Exec(`DELETE FROM records`+where, args...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	b.level.records -= int(n)
	return err
}

func (b *batchWrite) dropRequests(where string, args ...any) error {
	if where != "" {
		where = " WHERE " + where
	}
	var freed sql.NullInt64
	if err := b.tx.QueryRow(`SELECT sum(`+heldBytes+`) FROM requests`+where, args...).Scan(&freed); err != nil {
		return err
	}
	result, err := b.tx.Exec(`DELETE FROM requests`+where, args...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	b.level.requests -= int(n)
	b.level.bytes -= freed.Int64
	return err
}

// reset forgets what a scope holds, and its counts. A request stays while another
// scope has a record of it.
func (b *batchWrite) reset(in scopeFilter) error {
	if in.all {
		if err := errors.Join(b.deleteRecords(""), b.dropRequests("")); err != nil {
			return err
		}
		_, err := b.tx.Exec(`DELETE FROM scopes`)
		return err
	}
	err := errors.Join(
		b.deleteRecords(` WHERE scope = ?`, in.name),
		b.dropRequests(`scope = ? AND NOT EXISTS (SELECT 1 FROM records WHERE request = requests.seq)`, in.name),
	)
	if err != nil {
		return err
	}
	_, err = b.tx.Exec(`DELETE FROM scopes WHERE name = ?`, in.name)
	return err
}

// forget drops the counts of scopes of which nothing is kept, if there are more than
// maxScopes of them, and returns their names. It makes a tenth of slack, so that not every
// write looks through all scopes.
func (b *batchWrite) forget(known int) (names []string, err error) {
	if known+len(b.counts) <= maxScopes {
		return nil, nil
	}
	rows, err := b.tx.Query(`DELETE FROM scopes WHERE rowid IN (SELECT rowid FROM scopes
		WHERE NOT EXISTS (SELECT 1 FROM records WHERE scope = scopes.name) ORDER BY rowid
		LIMIT max(0, (SELECT count(*) FROM scopes) - ?)) RETURNING name`, maxScopes-maxScopes/10)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
