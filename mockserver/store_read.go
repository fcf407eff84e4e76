package mockserver

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"segproof/event"
)

// scopeFilter selects one scope, or all of them.
type scopeFilter struct {
	name string // may be ""
	all  bool
}

// query selects records.
type query struct {
	in      scopeFilter
	typ     string // of the event; "" is any
	name    string // of the event; "" is any
	user    string // userId or anonymousId; "" is any
	verdict Verdict
	text    string // in the event as it was sent, or its findings' rules; "" is any
	after   int64  // only records with a larger Seq
	limit   int    // 0 is all
}

func (q query) where() (string, []any) {
	conds, args := []string{"r.seq > ?"}, []any{q.after}
	add := func(cond string, values ...any) { conds, args = append(conds, cond), append(args, values...) }
	if !q.in.all {
		add("r.scope = ?", q.in.name)
	}
	if q.typ != "" {
		add("r.type = ?", q.typ)
	}
	if q.name != "" {
		add("r.name = ?", q.name)
	}
	if q.user != "" {
		add("(r.user = ? OR r.anonymous = ?)", q.user, q.user)
	}
	if q.verdict != "" {
		add("r.verdict = ?", string(q.verdict))
	}
	return " WHERE " + strings.Join(conds, " AND "), args
}

// page is a part of what a query selects.
type page struct {
	records []Record
	total   int  // that the query selects, from its first one after query.after
	more    bool // there are some behind those in records
}

// records answers a query, oldest first.
func (st *store) records(q query) (page, error) {
	var p page
	err := st.view(func(tx *sql.Tx) error {
		where, args := q.where()
		if q.text == "" && q.limit > 0 {
			if err := tx.QueryRow("SELECT count(*) FROM records r"+where, args...).Scan(&p.total); err != nil {
				return err
			}
			where += fmt.Sprintf(" ORDER BY r.seq LIMIT %d", q.limit)
		} else {
			where += " ORDER BY r.seq"
		}
		r := recordReader{tx: tx}
		err := r.each(where, args, func(rec Record) {
			if q.text != "" && !holds(rec, q.text) {
				return
			}
			if q.text != "" || q.limit == 0 {
				p.total++
			}
			if q.limit == 0 || len(p.records) < q.limit {
				p.records = append(p.records, rec)
			}
		})
		p.more = p.total > len(p.records)
		return err
	})
	return p, err
}

// holds reports whether a record has a text in its event or in its findings.
func holds(rec Record, text string) bool {
	if strings.Contains(string(rec.Event.JSON), text) || strings.Contains(rec.Event.Name, text) {
		return true
	}
	for _, f := range rec.Findings {
		if strings.Contains(f.Rule, text) || strings.Contains(f.Message, text) {
			return true
		}
	}
	return false
}

// recordReader makes records of rows. The records of one request share it.
type recordReader struct {
	tx     *sql.Tx
	req    *Request
	events []event.Event // of req
}

const recordColumns = `r.seq, r.request, r.item, r.scope, r.write_key, r.message_id, r.verdict, r.duplicate_of, r.findings`

func (r *recordReader) each(where string, args []any, take func(Record)) error {
	rows, err := r.tx.Query("SELECT "+recordColumns+" FROM records r"+where, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	requests, err := r.tx.Prepare("SELECT " + requestColumns + " FROM requests WHERE seq = ?")
	if err != nil {
		return err
	}
	for rows.Next() {
		var rec Record
		var request int64
		var item int
		var verdict string
		var findings []byte
		if err := rows.Scan(&rec.Seq, &request, &item, &rec.Scope, &rec.WriteKey, &rec.MessageID, &verdict, &rec.DuplicateOf, &findings); err != nil {
			return err
		}
		if r.req == nil || r.req.Seq != request {
			if err := r.open(requests, request); err != nil {
				return err
			}
		}
		if item >= len(r.events) {
			return fmt.Errorf("record %d: its request holds %d events, not %d", rec.Seq, len(r.events), item+1)
		}
		rec.Verdict, rec.Request, rec.ReceivedAt, rec.Event = Verdict(verdict), r.req, r.req.ReceivedAt, r.events[item]
		if rec.Findings, err = unpackFindings(findings); err != nil {
			return err
		}
		take(rec)
	}
	return rows.Err()
}

// open reads the request of the records that follow, and decodes its body again.
func (r *recordReader) open(requests *sql.Stmt, seq int64) error {
	req, err := scanRequest(requests.QueryRow(seq))
	if err != nil {
		return fmt.Errorf("request %d: %w", seq, err)
	}
	events, err := decodeStored(req)
	if err != nil {
		return fmt.Errorf("request %d: its body cannot be decoded any more: %w", seq, err)
	}
	r.req, r.events = &req, events
	return nil
}

const requestColumns = `seq, scope, received, method, path, header, wire, size, body, status, code, message, events, retries, fault`

type scanner interface{ Scan(...any) error }

func scanRequest(row scanner) (Request, error) {
	var req Request
	var received int64
	var header []byte
	err := row.Scan(&req.Seq, &req.Scope, &received, &req.Method, &req.Path, &header, &req.WireBytes, &req.BodyBytes, &req.Body,
		&req.Status, &req.Code, &req.Message, &req.Events, &req.RetryCount, &req.Fault)
	if err != nil {
		return req, err
	}
	req.ReceivedAt = time.Unix(0, received).UTC()
	return req, json.Unmarshal(header, &req.Header)
}

// requests returns the requests kept after the one with number after, at most limit of
// them; 0 is all.
func (st *store) requests(in scopeFilter, after int64, limit int) ([]Request, error) {
	var requests []Request
	err := st.view(func(tx *sql.Tx) error {
		where, args := " WHERE seq > ?", []any{after}
		if !in.all {
			where, args = where+" AND scope = ?", append(args, in.name)
		}
		where += " ORDER BY seq"
		if limit > 0 {
			where += fmt.Sprintf(" LIMIT %d", limit)
		}
		rows, err := tx.Query("SELECT "+requestColumns+" FROM requests"+where, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			req, err := scanRequest(rows)
			if err != nil {
				return err
			}
			requests = append(requests, req)
		}
		return rows.Err()
	})
	return requests, err
}

// level returns how full the journal is, and the counts of its scopes.
func (st *store) level() (level, map[string]tally, error) {
	var at level
	counts := map[string]tally{}
	err := st.view(func(tx *sql.Tx) error {
		err := tx.QueryRow(`SELECT record, request, (SELECT count(*) FROM records), (SELECT count(*) FROM requests),
			(SELECT ifnull(sum(length(body)), 0) FROM requests) FROM last`).Scan(&at.record, &at.request, &at.records, &at.requests, &at.bytes)
		if err != nil {
			return err
		}
		rows, err := tx.Query(`SELECT name, arrived, lost, refused FROM scopes`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var t tally
			if err := rows.Scan(&name, &t.arrived, &t.lost, &t.refused); err != nil {
				return err
			}
			counts[name] = t
		}
		return rows.Err()
	})
	return at, counts, err
}
