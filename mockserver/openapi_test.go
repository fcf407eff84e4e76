package mockserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"segproof/finding"
	"segproof/mockserver"
)

// openAPI is the part of the description that the tests look at.
type openAPI struct {
	t     *testing.T
	Paths map[string]map[string]operation

	compiler *jsonschema.Compiler
	seen     map[string]bool // responses that were checked: method, path, status and content type
}

type operation struct {
	OperationID string
	Parameters  []struct {
		Name, In string
		Schema   json.RawMessage
		Example  any
	}
	RequestBody struct{ Content map[string]any }
	Responses   map[string]struct {
		Ref     string `json:"$ref"`
		Content map[string]any
	}
}

const openAPIFile = "openapi.json"

func loadOpenAPI(t *testing.T) *openAPI {
	t.Helper()
	d := &openAPI{t: t, compiler: jsonschema.NewCompiler(), seen: map[string]bool{}}
	if err := json.Unmarshal(mockserver.OpenAPI(), d); err != nil {
		t.Fatal(err)
	}
	d.compiler.Draft = jsonschema.Draft2020
	d.compiler.AssertFormat = true
	if err := d.compiler.AddResource(openAPIFile, bytes.NewReader(mockserver.OpenAPI())); err != nil {
		t.Fatal(err)
	}
	return d
}

// pointer makes a JSON Pointer of its steps.
func pointer(steps ...string) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(s))
	}
	return b.String()
}

// validate validates a JSON text against the schema at a pointer into the description.
func (d *openAPI) validate(at, text string) error {
	schema, err := d.compiler.Compile(openAPIFile + "#" + (&url.URL{Fragment: at}).EscapedFragment())
	if err != nil {
		d.t.Fatalf("schema at %s: %v", at, err)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return err
	}
	return schema.Validate(v)
}

// check holds an answer to what the description says of it.
func (d *openAPI) check(method, path string, a answer) {
	d.t.Helper()
	name := fmt.Sprintf("%s %s", method, path)
	op, ok := d.Paths[path][strings.ToLower(method)]
	if !ok {
		d.t.Fatalf("%s is not described", name)
	}
	status := fmt.Sprint(a.Status)
	response, ok := op.Responses[status]
	if !ok {
		if response, ok = op.Responses["default"]; !ok {
			d.t.Errorf("%s answers with %s, which is not described", name, status)
			return
		}
		status = "default"
	}
	at := []string{"paths", path, strings.ToLower(method), "responses", status}
	if response.Ref != "" {
		at = strings.Split(strings.TrimPrefix(response.Ref, "#/"), "/")
		var doc struct {
			Components struct {
				Responses map[string]struct{ Content map[string]any }
			}
		}
		if err := json.Unmarshal(mockserver.OpenAPI(), &doc); err != nil {
			d.t.Fatal(err)
		}
		response.Content = doc.Components.Responses[at[len(at)-1]].Content
	}
	kind := a.Header.Get("Content-Type")
	if method == http.MethodHead || a.Status == http.StatusNoContent {
		kind = "" // there is nothing of that type
	}
	d.seen[strings.TrimSpace(name+" "+status+" "+kind)] = true
	if kind == "" {
		if len(response.Content) > 0 || a.Body != "" {
			d.t.Errorf("%s %s: body %q, described %v; want neither", name, status, a.Body, response.Content)
		}
		return
	}
	if response.Content[kind] == nil {
		d.t.Errorf("%s %s has the content type %q, described are %v", name, status, kind, slices.Sorted(maps.Keys(response.Content)))
		return
	}
	if strings.HasPrefix(kind, "application/json") {
		if err := d.validate(pointer(append(at, "content", kind, "schema")...), a.Body); err != nil {
			d.t.Errorf("%s %s: %#v\n%s", name, status, err, a.Body)
		}
	}
}

// described returns every response of the description that the test is to see, in the
// form of openAPI.seen.
func (d *openAPI) described() map[string]bool {
	all := map[string]bool{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			for status, response := range op.Responses {
				name := fmt.Sprintf("%s %s %s", strings.ToUpper(method), path, status)
				kinds := slices.Collect(maps.Keys(response.Content))
				if response.Ref != "" {
					kinds = []string{"application/json"}
				}
				if len(kinds) == 0 {
					all[name] = true
				}
				for _, kind := range kinds {
					all[name+" "+kind] = true
				}
			}
		}
	}
	return all
}

func TestOpenAPIDescribesEveryControlRoute(t *testing.T) {
	d := loadOpenAPI(t)
	type route struct{ Method, Path, Params string }
	var want, got []route
	for _, c := range mockserver.ControlRoutes() {
		slices.Sort(c.Params)
		want = append(want, route{c.Method, c.Path, strings.Join(c.Params, " ")})
	}
	ids := map[string]bool{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			var params []string
			for _, p := range op.Parameters {
				if p.In == "query" {
					params = append(params, p.Name)
				}
			}
			slices.Sort(params)
			got = append(got, route{strings.ToUpper(method), path, strings.Join(params, " ")})
			if ids[op.OperationID] || op.OperationID == "" {
				t.Errorf("%s %s has the operationId %q of another one", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
		}
	}
	order := func(a, b route) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) }
	slices.SortFunc(want, order)
	slices.SortFunc(got, order)
	if len(want) < 15 {
		t.Fatalf("%d control routes, want at least 15", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("control routes (-table +openapi.json):\n%s", diff)
	}
}

func TestOpenAPIParametersAreThoseOfTheServer(t *testing.T) {
	d := loadOpenAPI(t)
	c := newClient(t, mockserver.Start(t, mockserver.Options{}))
	c.post("/v1/track", track)
	for _, route := range mockserver.ControlRoutes() {
		if route.Open || strings.Contains(route.Path, "stream") {
			continue // the first take whatever comes, the other one does not end
		}
		path := strings.ReplaceAll(route.Path, "{seq}", "1")
		op := d.Paths[route.Path][strings.ToLower(route.Method)]
		if a := c.do(route.Method, path+"?scop=a", nil); a.Status != 400 || !strings.Contains(a.Body, "bad_parameter") {
			t.Errorf("%s %s with a misspelt parameter = %d %s, want 400", route.Method, path, a.Status, a.Body)
		}
		for _, query := range []string{"?scope=a;1", "?scope=50%", "?scope=a%zz", "?scope=" + strings.Repeat("x", 129), "?scope=%00"} {
			if a := c.do(route.Method, path+query, nil); a.Status != 400 || !strings.Contains(a.Body, "bad_parameter") {
				t.Errorf("%s %s%s = %d %s, want 400", route.Method, path, query, a.Status, a.Body)
			}
		}
		for i, p := range op.Parameters {
			if p.In != "query" {
				continue
			}
			text, err := json.Marshal(p.Example)
			if err != nil || p.Example == nil {
				t.Errorf("%s %s: the parameter %s has no example", route.Method, path, p.Name)
			}
			at := pointer("paths", route.Path, strings.ToLower(route.Method), "parameters", fmt.Sprint(i), "schema")
			if err := d.validate(at, string(text)); err != nil {
				t.Errorf("%s %s: the example of %s: %v", route.Method, path, p.Name, err)
			}
			query := "?" + p.Name + "=" + url.QueryEscape(fmt.Sprint(p.Example))
			if a := c.do(route.Method, path+query, nil); strings.Contains(a.Body, "bad_parameter") && route.Method != http.MethodPut {
				t.Errorf("%s %s%s = %d %s, want that the example is taken", route.Method, path, query, a.Status, a.Body)
			}
			if a := c.do(route.Method, path+query+"&"+query[1:], nil); a.Status != 400 {
				t.Errorf("%s %s%s twice = %d, want 400", route.Method, path, query, a.Status)
			}
		}
	}
}

// controlCall is one request of a test to a control route.
type controlCall struct {
	method, path string // as described
	query, body  string // {seq} is 1 unless query has it
	status       int
}

// TestOpenAPIResponsesAreThoseOfTheServer has the server give every answer that is
// described, and holds each to its description.
func TestOpenAPIResponsesAreThoseOfTheServer(t *testing.T) {
	d := loadOpenAPI(t)
	hosts := map[string]mockserver.Function{"greeter": greeter}
	srv := mockserver.Start(t, mockserver.Options{Checker: picky, Mode: mockserver.Strict, Functions: hosts})
	lenient := mockserver.Start(t, mockserver.Options{Checker: picky, Functions: hosts})
	fill(t, newClient(t, srv))
	fill(t, newClient(t, lenient))
	const s = "/_segproof/"
	big := strings.Repeat(" ", 1<<20+1)
	for _, call := range []controlCall{
		{"GET", s + "health", "", "", 200}, {"HEAD", s + "health", "", "", 200},
		{"GET", s + "ready", "", "", 200}, {"HEAD", s + "ready", "", "", 200},
		{"GET", s + "openapi.json", "", "", 200},
		{"GET", s + "records", "", "", 200}, {"GET", s + "records", "?limit=1&q=Good", "", 200}, {"GET", s + "records", "?limit=0", "", 400},
		{"GET", s + "records/{seq}", "1", "", 200}, {"GET", s + "records/{seq}", "99", "", 404}, {"GET", s + "records/{seq}", "x", "", 400},
		{"GET", s + "requests", "?limit=1", "", 200}, {"GET", s + "requests", "", "", 200}, {"GET", s + "requests", "?after=-1", "", 400},
		{"GET", s + "requests/{seq}/body", "1", "", 200}, {"GET", s + "requests/{seq}/body", "99", "", 404}, {"GET", s + "requests/{seq}/body", "0", "", 400},
		{"GET", s + "invocations", "", "", 200}, {"GET", s + "invocations", "?limit=1&settle=1s", "", 200}, {"GET", s + "invocations", "?settle=1h", "", 400},
		{"GET", s + "retries", "", "", 200}, {"GET", s + "retries", "?x=1", "", 400},
		{"POST", s + "wait", "", `{"scope":"a","where":{"type":"track","name":"Good"},"count":{"min":1}}`, 200},
		{"POST", s + "wait", "", `{"where":{"match":{"properties":{"n":2}}},"count":1,"quiet":"1ms","timeout":"10ms"}`, 408},
		{"POST", s + "wait", "", `{"timeout":"1s"} and more`, 400}, {"POST", s + "wait", "", big, 413},
		{"POST", s + "expect", "?scope=a", `{"scope":"a","expect":[{"event":{"name":"Better"}}]}`, 200},
		{"POST", s + "expect", "", `{"expect":[{"evnt":{}}]}`, 400}, {"POST", s + "expect", "", big, 413},
		{"GET", s + "findings", "?format=xml", "", 400},
		{"PUT", s + "faults", "?scope=a", faultsText, 200}, {"PUT", s + "faults", "", `{"faults":[{"latency":"99h"}]}`, 400},
		{"PUT", s + "faults", "", big, 413}, {"PUT", s + "faults", "?x=1", "", 400},
		{"GET", s + "faults", "?scope=a", "", 200}, {"GET", s + "faults", "?x=1", "", 400},
		{"DELETE", s + "faults", "?scope=a", "", 204}, {"DELETE", s + "faults", "?x=1", "", 400},
		{"GET", s + "stream", "?after=x", "", 400},
		{"GET", "/metrics", "", "", 200}, {"GET", "/metrics", "?x=1", "", 400},
	} {
		for _, c := range []client{newClient(t, srv), newClient(t, lenient)} {
			d.check(call.method, call.path, c.call(call))
		}
	}
	for _, f := range finding.Formats() {
		d.check("GET", s+"findings", newClient(t, srv).call(controlCall{"GET", s + "findings", "?format=" + f.Name, "", 200}))
	}
	d.checkStream(newClient(t, lenient))
	d.checkReady()
	for _, query := range []string{"?x=1", "?scope=a"} {
		d.check("DELETE", s+"records", newClient(t, srv).do("DELETE", s+"records"+query, nil))
	}
	d.checkUnseen()
	d.checkRefusals()
	if diff := cmp.Diff(d.described(), d.seen); diff != "" {
		t.Errorf("responses (-described +seen):\n%s", diff)
	}
}

// faultsText has every key that faults can have.
const faultsText = `{"seed":7,"faults":[
	{"route":"/v1/batch","type":"track","name":"A*","probability":0.5,"times":3,"latency":{"p50":"1ms","p99":"2ms"},
	 "answers":[{"status":429,"headers":{"Retry-After":"1"},"content-type":"text/plain","body":"no","taken":false,"times":"always"}]},
	{"latency":"5ms","do":"half","taken":true,"times":"always"}]}`

// fill sends what makes records, retries and refusals of every kind.
func fill(t *testing.T, c client) {
	t.Helper()
	for _, body := range []string{
		`{"writeKey":"a","batch":[{"type":"track","event":"Good","userId":"u1","messageId":"m1","properties":{"n":1}}]}`,
		`{"writeKey":"a","batch":[{"type":"track","event":"Good","userId":"u1","messageId":"m1","properties":{"n":1}}]}`,
		`{"writeKey":"a","batch":[{"type":"track","event":"Bad","userId":"u1"},{"type":"track"}]}`,
		`{"writeKey":"a","batch":[]}`, `{"batch":[{"type":"page","name":"Good"}]}`, `{`,
	} {
		c.post("/v1/batch", body)
	}
	c.post("/v1/v1/batch", "{}")
	c.post("/functions/greeter", "Good", "X-Who", "me")
	c.post("/functions/greeter", "fail")
}

// call makes a request, after holding its body to nothing but itself.
func (c client) call(call controlCall) answer {
	c.t.Helper()
	path := call.path + call.query
	if strings.Contains(call.path, "{seq}") {
		path = strings.ReplaceAll(call.path, "{seq}", call.query)
	}
	a := c.do(call.method, path, strings.NewReader(call.body))
	if a.Status != call.status {
		c.t.Errorf("%s %s = %d %s, want %d", call.method, path, a.Status, a.Body, call.status)
	}
	return a
}

// checkStream reads the records of a stream, and holds each to the schema of a record.
func (d *openAPI) checkStream(c client) {
	d.t.Helper()
	resp, err := c.http.Get(c.url + "/_segproof/stream")
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	d.seen["GET /_segproof/stream 200 "+resp.Header.Get("Content-Type")] = true
	text, n := "", 0
	for buf := make([]byte, 1<<16); n < 3; {
		got, err := resp.Body.Read(buf)
		if err != nil && err != io.EOF {
			d.t.Fatal(err)
		}
		text += string(buf[:got])
		n = strings.Count(text, "event: record")
	}
	checked := 0
	for line := range strings.Lines(text) {
		if data, ok := strings.CutPrefix(line, "data: "); ok && strings.HasSuffix(data, "}\n") {
			checked++
			if err := d.validate("/components/schemas/Record", data); err != nil {
				d.t.Errorf("stream: %#v\n%s", err, data)
			}
		}
	}
	if checked < 3 {
		d.t.Errorf("%d records of the stream checked, want 3", checked)
	}
}

// checkUnseen resets what somebody who follows has not seen.
func (d *openAPI) checkUnseen() {
	srv := mockserver.Start(d.t, mockserver.Options{})
	mockserver.NoPatience(srv)
	c, taking, goOn, done := newClient(d.t, srv), make(chan bool), make(chan bool), make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		done <- srv.Follow(ctx, mockserver.Cursor{}, func(mockserver.Arrivals) { taking <- true; <-goOn })
	}()
	c.post("/v1/track", track)
	<-taking
	c.post("/v1/track", track)
	d.check("DELETE", "/_segproof/records", c.do("DELETE", "/_segproof/records", nil))
	stop()
	goOn <- true
	<-taking
	goOn <- true
	<-done
}

// checkReady looks at a server whose journal is closed.
func (d *openAPI) checkReady() {
	srv := newServer(d.t, mockserver.Options{})
	mockserver.BreakJournal(srv)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		req, err := http.NewRequest(method, "/_segproof/ready", nil)
		if err != nil {
			d.t.Fatal(err)
		}
		w := &memoryWriter{}
		srv.ServeHTTP(w, req)
		body := w.body.String()
		if method == http.MethodHead {
			body = "" // net/http does not send it
		}
		d.check(method, "/_segproof/ready", answer{Status: w.status(), Header: w.Header(), Body: body})
	}
}

// checkRefusals asks every route that is not open for something without its token.
func (d *openAPI) checkRefusals() {
	locked := newClient(d.t, mockserver.Start(d.t, mockserver.Options{Token: "secret"}))
	for _, route := range mockserver.ControlRoutes() {
		if route.Open {
			continue
		}
		a := locked.do(route.Method, strings.ReplaceAll(route.Path, "{seq}", "1"), nil)
		if a.Status != http.StatusUnauthorized {
			d.t.Errorf("%s %s without the token = %d, want 401", route.Method, route.Path, a.Status)
		}
		d.check(route.Method, route.Path, a)
	}
}

func TestOpenAPIRequestBodiesAreTakenAsDescribed(t *testing.T) {
	d := loadOpenAPI(t)
	for schema, texts := range map[string][]string{
		"Wait":   {`{}`, `{"scope":"a","where":{"type":"track","name":"n","user":"u","verdict":"valid","match":{"a":1}},"count":{"min":1,"max":2},"quiet":"1ms","timeout":"1ms"}`, `{"count":0,"timeout":"1ms"}`},
		"Faults": {faultsText},
	} {
		for _, text := range texts {
			if err := d.validate("/components/schemas/"+schema, text); err != nil {
				t.Errorf("%s %s: %v", schema, text, err)
			}
		}
	}
	for schema, texts := range map[string][]string{
		"Wait":   {`{"wher":{}}`, `{"count":-1}`, `{"count":{}}`, `{"where":{"type":"trak"}}`},
		"Faults": {`{}`, `{"faults":[{"route":1}]}`, `{"faults":[{"do":"rest"}]}`, `{"faults":[{"times":0,"do":"reset"}]}`},
	} {
		srv := mockserver.Start(t, mockserver.Options{})
		for _, text := range texts {
			if d.validate("/components/schemas/"+schema, text) == nil {
				t.Errorf("%s takes %s", schema, text)
			}
			method, path := "POST", "/_segproof/wait"
			if schema == "Faults" {
				method, path = "PUT", "/_segproof/faults"
			}
			if a := newClient(t, srv).do(method, path, strings.NewReader(text)); a.Status != 400 {
				t.Errorf("%s %s %s = %d, want 400", method, path, text, a.Status)
			}
		}
	}
}

func TestAMisspeltControlRouteIsNotASendersRequest(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Options{})
	c := newClient(t, srv)
	for _, call := range []controlCall{
		{"GET", "/_segproof/recrods", "", "", 404}, {"GET", "/_segproof/", "", "", 404}, {"POST", "/_segproof/records", "", "", 405}, {"POST", "/metrics", "", "", 405},
	} {
		if a := c.call(call); !strings.Contains(a.Body, "GET /_segproof/records") || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s = %s, want the routes that there are", call.method, call.path, a.Body)
		}
	}
	if got := requestsOf(t, srv); len(got) != 0 {
		t.Errorf("recorded: %+v", got)
	}
}
