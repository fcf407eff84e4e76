package mockserver

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
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
	count   bool   // how many there are in all is wanted too
	bytes   int    // of the bodies that a limited page holds, its first aside; 0 is all
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
	total   int  // that the query selects, before and behind query.after, if query.count
	more    bool // there are some behind those in records
}

// records answers a query, oldest first. The rows are read at one moment of the journal;
// making records of them takes longer, and holds nobody up.
func (st *store) records(q query) (page, error) {
	if q.text != "" {
		return st.search(q)
	}
	var p page
	var rows recordRows
	err := st.view(func(tx queryer) error {
		where, args := q.where()
		if q.limit == 0 {
			return rows.read(tx, where+" ORDER BY r.seq", args)
		}
		if q.count {
			all := q
			all.after = 0
			everywhere, allArgs := all.where()
			if err := tx.QueryRow("SELECT count(*) FROM records r"+everywhere, allArgs...).Scan(&p.total); err != nil {
				return err
			}
		}
		rows.bytes = q.bytes
		return rows.read(tx, where+" ORDER BY r.seq LIMIT ?", append(args, q.limit+1))
	})
	if err != nil {
		return p, err
	}
	p.more = rows.cut
	if q.limit > 0 && len(rows.records) > q.limit {
		rows.records, p.more = rows.records[:q.limit], true
	}
	err = rows.each(func(rec Record) { p.records = append(p.records, rec) })
	return p, err
}

// search answers a query for a text. It looks at every record that the rest of the query
// selects: the journal keeps no index of texts.
func (st *store) search(q query) (page, error) {
	var p page
	all := q
	all.after, all.text, all.count = 0, "", false
	held := 0
	err := st.visit(all, func(rec Record) {
		if !mentions(rec, q.text) {
			return
		}
		p.total++
		switch {
		case rec.Seq <= q.after:
		case len(p.records) < q.limit && (q.bytes == 0 || held == 0 || held+len(rec.Request.Body) <= q.bytes):
			if n := len(p.records); n == 0 || p.records[n-1].Request != rec.Request {
				held += len(rec.Request.Body)
			}
			p.records = append(p.records, rec)
		default:
			p.more, q.limit = true, 0 // those behind are for the next page too
		}
	})
	return p, err
}

// visit hands the records that a query selects to take, oldest first, a piece of the
// journal at a time: what take does not keep is not held. What arrives or goes meanwhile
// may be among them or not.
func (st *store) visit(q query, take func(Record)) error {
	q.limit, q.bytes = visitLimit, visitBytes
	for {
		p, err := st.records(q)
		if err != nil {
			return err
		}
		for _, rec := range p.records {
			take(rec)
			q.after = rec.Seq
		}
		if !p.more {
			return nil
		}
	}
}

// A piece of a visit has at most so many records, and so many bytes of bodies beside
// those of its first request.
const (
	visitLimit = 500
	visitBytes = 1 << 20
)

// mentions reports whether a record has a text in its event or in its findings.
func mentions(rec Record, text string) bool {
	if strings.Contains(string(rec.Event.JSON()), text) || strings.Contains(rec.Event.Name, text) {
		return true
	}
	for _, f := range rec.Findings {
		if strings.Contains(f.Rule, text) || strings.Contains(f.Message, text) {
			return true
		}
	}
	return false
}

// recordRows is what the journal holds of records and their requests.
type recordRows struct {
	records  []recordRow
	requests map[int64]requestRow
	bytes    int  // of bodies to read, the first request aside; 0 is all
	cut      bool // bytes left some out
}

type recordRow struct {
	rec     Record
	request int64
	item    int // which event of the request it is
}

const recordColumns = `r.seq, r.request, r.item, r.scope, r.write_key, r.message_id, r.verdict, r.duplicate_of`

func (r *recordRows) read(tx queryer, where string, args []any) error {
	rows, err := tx.Query("SELECT "+recordColumns+" FROM records r"+where, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var row recordRow
		rec := &row.rec
		if err := rows.Scan(&rec.Seq, &row.request, &row.item, &rec.Scope, &rec.WriteKey, &rec.MessageID, &rec.Verdict, &rec.DuplicateOf); err != nil {
			return err
		}
		r.records = append(r.records, row)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return r.readRequests(tx, where, args)
}

// readRequests reads the requests of the same records, in one statement: one for each
// request costs more than the rest of the page. It stops where their bodies take more
// than r.bytes, and drops the records behind: 500 records may hang on all that is kept.
func (r *recordRows) readRequests(tx queryer, where string, args []any) error {
	rows, err := tx.Query("SELECT "+requestColumns+" FROM requests WHERE seq IN (SELECT r.request FROM records r"+where+") ORDER BY seq", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	r.requests = map[int64]requestRow{}
	size := 0
	for rows.Next() {
		row, err := scanRequest(rows)
		if err != nil {
			return err
		}
		if size += len(row.req.Body); r.bytes > 0 && size > r.bytes && len(r.requests) > 0 {
			r.records = slices.DeleteFunc(r.records, func(rec recordRow) bool { return rec.request >= row.req.Seq })
			r.cut = true
			return nil
		}
		r.requests[row.req.Seq] = row
	}
	return rows.Err()
}

// each makes the records. Those of one request share it, and its body, of which what is
// asked for is decoded again.
func (r *recordRows) each(take func(Record)) error {
	for rest := r.records; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(row recordRow) bool { return row.request != rest[0].request })
		if n < 0 {
			n = len(rest)
		}
		if err := r.ofRequest(rest[:n], take); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// ofRequest makes the records of one request.
func (r *recordRows) ofRequest(rows []recordRow, take func(Record)) error {
	row := r.requests[rows[0].request]
	req, err := row.request()
	if err != nil {
		return err
	}
	first, last := rows[0].item, rows[len(rows)-1].item
	events, err := decodeStored(req.Body, row.call, first, last)
	if err != nil {
		return fmt.Errorf("request %d: its body cannot be decoded any more: %w", req.Seq, err)
	}
	if len(events) != last-first+1 {
		return fmt.Errorf("request %d: it does not hold the events %d to %d", req.Seq, first, last)
	}
	findings := packedFindings{data: row.findings}
	for _, row := range rows {
		rec := row.rec
		rec.Request, rec.ReceivedAt, rec.Event = &req, req.ReceivedAt, events[row.item-first]
		if rec.Findings, err = findings.of(row.item); err != nil {
			return err
		}
		take(rec)
	}
	return nil
}

const requestColumns = `seq, scope, received, method, path, header, wire, size, body, status, code, message, events, retries, fault, ip, call, rejected, findings`

type scanner interface{ Scan(...any) error }

// requestRow is what the journal holds of a request.
type requestRow struct {
	req      Request
	received int64
	header   []byte
	call     string // see callOf
	rejected []byte // see packRejections
	findings []byte // see packer
}

func scanRequest(row scanner) (r requestRow, err error) {
	req := &r.req
	return r, row.Scan(&req.Seq, &req.Scope, &r.received, &req.Method, &req.Path, &r.header, &req.WireBytes, &req.BodyBytes, &req.Body,
		&req.Status, &req.Code, &req.Message, &req.Events, &req.RetryCount, &req.Fault, &req.RemoteIP, &r.call, &r.rejected, &r.findings)
}

func (r requestRow) request() (Request, error) {
	req := r.req
	req.ReceivedAt = time.Unix(0, r.received).UTC()
	if err := json.Unmarshal(r.header, &req.Header); err != nil {
		return req, fmt.Errorf("header of request %d in the journal: %w", req.Seq, err)
	}
	var err error
	req.Rejected, err = unpackRejections(r.rejected)
	return req, err
}

// requestQuery selects requests, oldest first.
type requestQuery struct {
	in     scopeFilter
	after  int64  // only those with a larger Seq
	where  string // a condition more; "" for none
	limit  int    // 0 is all
	bodies bool   // are wanted too
}

// isTroubled is the condition for requests that were not simply taken.
const isTroubled = "(status <> 200 OR code <> '')"

func (q requestQuery) read(tx queryer) (found []requestRow, err error) {
	columns, where, args := strings.Replace(requestColumns, " findings", " NULL", 1), "seq > ?", []any{q.after}
	if !q.bodies {
		columns = strings.Replace(columns, " body,", " NULL,", 1)
	}
	if q.where != "" {
		where += " AND " + q.where
	}
	if !q.in.all {
		where, args = where+" AND scope = ?", append(args, q.in.name)
	}
	where += " ORDER BY seq"
	if q.limit > 0 {
		where, args = where+" LIMIT ?", append(args, q.limit)
	}
	rows, err := tx.Query("SELECT "+columns+" FROM requests WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := scanRequest(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}

// requests returns the requests that a query selects.
func (st *store) requests(q requestQuery) ([]Request, error) {
	var found []requestRow
	err := st.view(func(tx queryer) (err error) {
		found, err = q.read(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return requestsOf(found)
}

func requestsOf(rows []requestRow) (requests []Request, err error) {
	requests = make([]Request, len(rows))
	for i, row := range rows {
		if requests[i], err = row.request(); err != nil {
			return nil, err
		}
	}
	return requests, nil
}

// observed returns all that is kept of a scope, and how much is not, at one moment.
func (st *store) observed(in scopeFilter) (o Observed, err error) {
	var records recordRows
	var requests []requestRow
	refused := 0
	err = st.view(func(tx queryer) (err error) {
		where, args := query{in: in}.where()
		if err := records.read(tx, where+" ORDER BY r.seq", args); err != nil {
			return err
		}
		if requests, err = (requestQuery{in: in}).read(tx); err != nil {
			return err
		}
		where, args = "", nil
		if !in.all {
			where, args = " WHERE name = ?", []any{in.name}
		}
		return tx.QueryRow("SELECT ifnull(sum(lost), 0), ifnull(sum(refused), 0) FROM scopes"+where, args...).Scan(&o.Lost, &refused)
	})
	if err != nil {
		return o, err
	}
	if o.Requests, err = requestsOf(requests); err != nil {
		return o, err
	}
	for _, r := range o.Requests {
		if r.refused() {
			refused--
		}
	}
	o.LostRequests = max(0, refused)
	return o, records.each(func(rec Record) { o.Records = append(o.Records, rec) })
}

// level returns how full the journal is, and the counts of its scopes.
func (st *store) level() (level, map[string]tally, error) {
	var at level
	counts := map[string]tally{}
	err := st.view(func(tx queryer) error {
		err := tx.QueryRow(`SELECT record, request, (SELECT count(*) FROM records), (SELECT count(*) FROM requests),
			(SELECT ifnull(sum(`+heldBytes+`), 0) FROM requests) FROM last`).Scan(&at.record, &at.request, &at.records, &at.requests, &at.bytes)
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

// last returns the cursor behind all that is kept of a scope.
func (st *store) last(in scopeFilter) (at Cursor, err error) {
	where, args := "", []any{}
	if !in.all {
		where, args = " WHERE scope = ?1", append(args, in.name)
	}
	err = st.view(func(tx queryer) error {
		return tx.QueryRow(`SELECT (SELECT ifnull(max(seq), 0) FROM records`+where+`), (SELECT ifnull(max(seq), 0) FROM requests`+where+`)`, args...).
			Scan(&at.Record, &at.Request)
	})
	return at, err
}

// countAfter returns how many records, and requests of which nothing was taken, are kept of
// a scope behind a cursor.
func (st *store) countAfter(in scopeFilter, after Cursor) (n int, err error) {
	where, args := "", []any{after.Record, after.Request}
	if !in.all {
		where, args = " AND scope = ?3", append(args, in.name)
	}
	err = st.view(func(tx queryer) error {
		return tx.QueryRow(`SELECT (SELECT count(*) FROM records WHERE seq > ?1`+where+`) +
			(SELECT count(*) FROM requests WHERE seq > ?2 AND fault = '' AND `+isTroubled+where+`)`, args...).Scan(&n)
	})
	return n, err
}
