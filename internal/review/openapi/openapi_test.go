package openapi

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/oasdiff/oasdiff/checker"
)

// file is a description in a folder of its own, with others beside it.
func file(name, text string, beside ...string) Document {
	files := fstest.MapFS{name: {Data: []byte(text)}}
	for i := 0; i+1 < len(beside); i += 2 {
		files[beside[i]] = &fstest.MapFile{Data: []byte(beside[i+1])}
	}
	return Document{Name: "api/" + name, Files: files, File: name}
}

// api is a description with these paths.
func api(paths string) string {
	return "openapi: 3.0.3\ninfo: {title: Shop, version: '1'}\npaths:\n" + paths
}

// get is an operation that answers with a body of this schema, in JSON of one
// line.
func get(path, schema string) string {
	return fmt.Sprintf("  %s:\n    get: {operationId: read, responses: {'200': {description: Good., content: {application/json: {schema: %s}}}}}\n", path, schema)
}

// post is an operation that takes a body of this schema.
func post(path, schema string) string {
	return fmt.Sprintf("  %s:\n    post: {operationId: write, requestBody: {content: {application/json: {schema: %s}}}, responses: {'201': {description: Made.}}}\n", path, schema)
}

// params is an operation with parameters.
func params(list string) string {
	return fmt.Sprintf("  /orders:\n    get: {operationId: read, parameters: %s, responses: {'200': {description: Good.}}}\n", list)
}

// object is a schema with properties, none of them required, as most schemas are.
func object(properties string) string { return "{type: object, properties: {" + properties + "}}" }

func said(found []Finding) []string {
	var out []string
	for _, f := range found {
		line := fmt.Sprintf("%s %s", f.Severity, f.Rule)
		if f.Client != "" {
			line += " for " + f.Client
		}
		if f.Allowed {
			line += ", allowed"
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func compare(t *testing.T, q Question) []Finding {
	t.Helper()
	found, err := Compare(q)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Compare(q)
	if err != nil || !slices.Equal(found, again) {
		t.Errorf("first %+v\nthen  %+v, %v", found, again, err)
	}
	return found
}

// TestRules has, for what a release changes, what breaks old clients, and beside
// it the same kind of change that does not.
func TestRules(t *testing.T) {
	const text = "{type: string}"
	for name, c := range map[string]struct {
		live, candidate string
		want            []string
	}{
		"nothing": {get("/orders", text), get("/orders", text), nil},
		"an operation goes": {
			get("/orders", text) + post("/refunds", text), get("/orders", text),
			[]string{"error api-path-removed-without-deprecation"},
		},
		"an operation comes": {get("/orders", text), get("/orders", text) + post("/refunds", text), nil},
		"another method": {
			get("/orders", text), post("/orders", text),
			[]string{"error api-removed-without-deprecation"},
		},
		"a path parameter is called otherwise": {
			"  /orders/{id}:\n    get: {parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {'200': {description: Good.}}}\n",
			"  /orders/{order}:\n    get: {parameters: [{name: order, in: path, required: true, schema: {type: string}}], responses: {'200': {description: Good.}}}\n",
			nil,
		},
		"an optional property of a response is called otherwise": {
			get("/orders", object("full_name: "+text)), get("/orders", object("name: "+text)),
			[]string{"error response-optional-property-removed"},
		},
		"a property of a response comes": {get("/orders", object("a: "+text)), get("/orders", object("a: "+text+", b: "+text)), nil},
		"a property of a response has another type": {
			get("/orders", object("a: {type: integer}")), get("/orders", object("a: "+text)),
			[]string{"error response-property-type-changed"},
		},
		"a response knows one more word": {
			get("/orders", object("state: {type: string, enum: [open]}")), get("/orders", object("state: {type: string, enum: [open, sent]}")),
			[]string{"error response-property-enum-value-added"},
		},
		"a response knows one word less": {
			get("/orders", object("state: {type: string, enum: [open, sent]}")), get("/orders", object("state: {type: string, enum: [open]}")), nil,
		},
		"a property of a request is required": {
			post("/orders", object("a: "+text)), post("/orders", "{type: object, required: [a], properties: {a: {type: string}}}"),
			[]string{"error request-property-became-required"},
		},
		"a property of a request is required no more": {
			post("/orders", "{type: object, required: [a], properties: {a: {type: string}}}"), post("/orders", object("a: "+text)), nil,
		},
		"a request may say one word less": {
			params("[{name: view, in: query, schema: {type: string, enum: [short, long]}}]"), params("[{name: view, in: query, schema: {type: string, enum: [short]}}]"),
			[]string{"error request-parameter-enum-value-removed"},
		},
		"a request may say one word more": {
			params("[{name: view, in: query, schema: {type: string, enum: [short]}}]"), params("[{name: view, in: query, schema: {type: string, enum: [short, long]}}]"), nil,
		},
		"a parameter that is required comes": {
			params("[]"), params("[{name: tenant, in: query, required: true, schema: {type: string}}]"),
			[]string{"error new-required-request-parameter"},
		},
		"a parameter that is optional comes": {params("[]"), params("[{name: tenant, in: query, schema: {type: string}}]"), nil},
	} {
		found := compare(t, Question{Live: file("live.yaml", api(c.live)), Candidate: file("new.yaml", api(c.candidate))})
		if got := said(found); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestStricter brings about every rule that is stricter here than in oasdiff, and
// holds that oasdiff by itself would let it pass: otherwise it need not be listed.
func TestStricter(t *testing.T) {
	cat := func(by string) string {
		return "{oneOf: [{$ref: '#/components/schemas/Cat'}], discriminator: {propertyName: " + by + ", mapping: {cat: '#/components/schemas/Cat'}}}"
	}
	whole := func(paths string) string {
		return api(paths) + "components: {schemas: {Cat: {type: object, properties: {kind: {type: string}, sort: {type: string}}}}}\n"
	}
	header := func(headers string) string {
		return "  /orders:\n    get: {responses: {'200': {description: Good." + headers + "}}}\n"
	}
	seen := map[string]bool{}
	for _, pair := range [][2]string{
		{get("/a", object("a: {type: string}")), get("/a", object("b: {type: string}"))},
		{header(", headers: {X-Total: {schema: {type: integer}}}"), header("")},
		{get("/a", cat("kind")), get("/a", cat("sort"))},
		{get("/a", object("pet: "+cat("kind"))), get("/a", object("pet: "+cat("sort")))},
		{post("/a", cat("kind")), post("/a", cat("sort"))},
		{post("/a", object("pet: "+cat("kind"))), post("/a", object("pet: "+cat("sort")))},
	} {
		for _, f := range compare(t, Question{Live: file("live.yaml", whole(pair[0])), Candidate: file("new.yaml", whole(pair[1]))}) {
			level, listed := stricter[f.Rule]
			seen[f.Rule] = seen[f.Rule] || listed && (level == checker.ERR) == (f.Severity == Fails)
		}
	}
	for id := range stricter {
		switch rule, known := table()[id]; {
		case !known:
			t.Errorf("%s is no rule: oasdiff would end the process", id)
		case rule.Level != checker.INFO:
			t.Errorf("%s is %s by itself", id, rule.Level)
		case !seen[id]:
			t.Errorf("%s was not brought about", id)
		}
	}
	for _, id := range gone {
		if _, known := table()[id]; !known {
			t.Errorf("%s is no rule", id)
		}
	}
}

func TestTroubles(t *testing.T) {
	const ok = "openapi: 3.0.0\npaths: {/a: {get: {responses: {'200': {description: Good.}}}}}"
	refers := func(to string) string {
		return "openapi: 3.0.0\npaths: {/a: {get: {responses: {'200': {$ref: '" + to + "'}}}}}"
	}
	for name, c := range map[string]struct {
		document Document
		want     Trouble
	}{
		"good":                   {file("a.yaml", ok), 0},
		"JSON":                   {file("a.json", `{"openapi":"3.1.0","paths":{"/a":{"get":{"responses":{}}}}}`), 0},
		"3.2":                    {file("a.yaml", "openapi: 3.2.0\npaths: {/a: {query: {responses: {}}}}"), 0},
		"callbacks alone":        {file("a.yaml", "openapi: 3.1.0\nwebhooks: {paid: {post: {responses: {}}}}"), 0},
		"beside it":              {file("a.yaml", refers("b/c.yaml#/Good"), "b/c.yaml", "Good: {description: Good.}"), 0},
		"to itself":              {file("a.yaml", refers("a.yaml#/x-good")+"\nx-good: {description: Good.}"), 0},
		"absent":                 {Document{Name: "x", Files: fstest.MapFS{}, File: "x"}, Unread},
		"Swagger":                {file("a.yaml", "swagger: '2.0'\npaths: {/a: {get: {responses: {'200': {description: Good.}}}}}"), Swagger},
		"Swagger in JSON":        {file("a.json", `{"swagger":"2.0","paths":{"/a":{"get":{}}}}`), Swagger},
		"of tomorrow":            {file("a.yaml", strings.Replace(ok, "3.0.0", "4.0.0", 1)), Version},
		"3.10":                   {file("a.yaml", strings.Replace(ok, "3.0.0", "3.10.0", 1)), Version},
		"no version":             {file("a.yaml", "paths: {/a: {get: {responses: {}}}}"), Unparsed},
		"empty":                  {file("a.yaml", ""), Unparsed},
		"prose":                  {file("a.yaml", "hello"), Unparsed},
		"a list":                 {file("a.yaml", "[1, 2]"), Unparsed},
		"no operation":           {file("a.yaml", "openapi: 3.0.0\npaths: {}"), Nothing},
		"schemas alone":          {file("a.yaml", "openapi: 3.0.0\ncomponents: {schemas: {A: {type: string}}}"), Nothing},
		"reference to nothing":   {file("a.yaml", refers("#/components/responses/None")), Unparsed},
		"file that is not there": {file("a.yaml", refers("b.yaml#/Good")), Unparsed},
		"the folder above":       {file("a.yaml", refers("../b.yaml#/Good")), Outside},
		"from below above":       {file("a.yaml", refers("b/c.yaml#/Good"), "b/c.yaml", "Good: {$ref: '../../d.yaml#/Good'}"), Outside},
		"the machine":            {file("a.yaml", refers("/etc/passwd")), Outside},
		"a file's address":       {file("a.yaml", refers("file:///etc/passwd")), Outside},
		"two paths alike":        {file("a.yaml", "openapi: 3.0.0\npaths:\n  /a/{b}: {get: {responses: {}}}\n  /a/{c}: {get: {responses: {}}}"), Uncompared},
		"a text":                 {Document{Name: "live_text", Text: []byte(ok)}, 0},
		"a text that refers":     {Document{Name: "live_text", Text: []byte(refers("b.yaml#/Good"))}, Outside},
	} {
		for side, q := range map[string]Question{
			"live": {Live: c.document, Candidate: file("b.yaml", ok)}, "candidate": {Live: file("b.yaml", ok), Candidate: c.document},
		} {
			_, err := Compare(q)
			var e *Error
			switch {
			case c.want == 0 && err != nil:
				t.Errorf("%s, %s: %v", name, side, err)
			case c.want != 0 && (!errors.As(err, &e) || e.Trouble != c.want || e.Document == "" || e.Reason == ""):
				t.Errorf("%s, %s: %#v, want %d", name, side, err, c.want)
			}
		}
	}
}

// TestFetchesNothing: a reference to an address is refused before anybody is asked.
func TestFetchesNothing(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(server.Close)
	for _, at := range []string{"/paths", "/components"} {
		text := api("  /a: {$ref: '" + server.URL + "/a.yaml'}\n")
		if at == "/components" {
			text = api(get("/a", "{$ref: '"+server.URL+"/a.yaml#/A'}"))
		}
		_, err := Compare(Question{Live: file("a.yaml", text), Candidate: Document{Name: "candidate_text", Text: []byte(text)}})
		var e *Error
		if !errors.As(err, &e) || e.Trouble != Outside || asked > 0 {
			t.Errorf("%s: %v, asked %d times", at, err, asked)
		}
	}
}

func TestClients(t *testing.T) {
	live := api(get("/orders", object("a: {type: string}")) + post("/carts", object("a: {type: string}")))
	candidate := api(get("/orders", object("a: {type: string}, b: {type: string}")) +
		post("/carts", object("a: {type: string}, b: {type: string}")) + "  /refunds:\n    post: {operationId: refund, deprecated: true, responses: {'201': {description: Made.}}}\n    get: {operationId: list, responses: {'200': {description: Good.}}}\n")
	document := file("web.yaml", api(get("/orders", object("b: {type: string}"))))
	for name, c := range map[string]struct {
		client Client
		want   []string
	}{
		"calls what is there":              {Client{Calls: []string{"read"}}, nil},
		"the same by method and path":      {Client{Calls: []string{"GET /orders"}}, nil},
		"calls what is new":                {Client{Calls: []string{"refund"}}, []string{"error client-calls-what-is-not-served for web"}},
		"two of one path":                  {Client{Calls: []string{"refund", "GET /refunds"}}, slices.Repeat([]string{"error client-calls-what-is-not-served for web"}, 2)},
		"calls what nobody has":            {Client{Calls: []string{"returns"}}, []string{"error client-calls-what-nobody-serves for web"}},
		"sends what is new":                {Client{Calls: []string{"write"}}, []string{"warning request-property-removed for web"}},
		"reads what is new":                {Client{Document: &document}, []string{"error response-optional-property-removed for web"}},
		"only one of what is new":          {Client{Calls: []string{"list"}}, []string{"error client-calls-what-is-not-served for web"}},
		"the name of a method and no more": {Client{Calls: []string{"GET"}}, []string{"error client-calls-what-nobody-serves for web"}},
	} {
		c.client.Name = "web"
		found := compare(t, Question{Live: file("live.yaml", live), Candidate: file("new.yaml", candidate), Clients: []Client{c.client}})
		if got := said(found); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	// What a schema promises in a response is worth a warning, and no more, of a
	// client of which nobody knows what it reads.
	promised := api(get("/orders", "{type: object, required: [b], properties: {a: {type: string}, b: {type: string}}}"))
	found := compare(t, Question{Live: file("live.yaml", live), Candidate: file("new.yaml", promised+post("/carts", object("a: {type: string}"))), Clients: []Client{{Name: "web", Calls: []string{"read"}}}})
	if got := said(found); !slices.Equal(got, []string{"warning response-required-property-removed for web"}) {
		t.Error(got)
	}
	// A description of a client is read like any other.
	swagger := file("web.yaml", "swagger: '2.0'")
	var e *Error
	if _, err := Compare(Question{Live: file("live.yaml", live), Candidate: file("new.yaml", candidate), Clients: []Client{{Document: &swagger}}}); !errors.As(err, &e) || e.Trouble != Swagger || e.Document != "api/web.yaml" {
		t.Error(err)
	}
}

func TestPlaces(t *testing.T) {
	shared := "A:\n  type: object\n  properties:\n    "
	q := Question{
		Live:      file("live.yaml", api(get("/orders", "{$ref: 'schemas/a.yaml#/A'}")), "schemas/a.yaml", shared+"a: {type: string}\n"),
		Candidate: file("new.yaml", api(get("/orders", "{$ref: 'schemas/a.yaml#/A'}")+post("/refunds", "{type: string}")), "schemas/a.yaml", shared+"b: {type: string}\n"),
		Clients:   []Client{{Name: "web", Calls: []string{"write"}}},
	}
	found := compare(t, q)
	if len(found) != 2 || found[0].Place() != "api/schemas/a.yaml:4" || found[0].Operation != "GET /orders" || found[0].OperationID != "read" || found[1].Place() != "api/new.yaml:7" {
		t.Errorf("%+v", found)
	}
	json := func(properties string) []byte {
		return []byte(`{"openapi":"3.0.3","paths":{"/orders":{"get":{"responses":{"200":{"description":"","content":{"application/json":{"schema":{"properties":{` + properties + `}}}}}}}}}}`)
	}
	found = compare(t, Question{Live: Document{Name: "live_text", Text: json(`"a":{}`)}, Candidate: Document{Name: "candidate_text", Text: json(`"b":{}`)}})
	if len(found) != 1 || found[0].Place() != "" { // JSON has no lines
		t.Errorf("%+v", found)
	}
}

func TestAllow(t *testing.T) {
	live := file("live.yaml", api(get("/orders", object("a: {type: string}, b: {type: string}"))))
	candidate := file("new.yaml", api(get("/orders", object("c: {type: string}"))+post("/refunds", "{type: string}")))
	const rule = checker.ResponseOptionalPropertyRemovedId
	breaks := "error " + rule
	useless := "warning allow-allows-nothing"
	early := "error client-calls-what-is-not-served for web"
	for name, c := range map[string]struct {
		allow []Allow
		want  []string
	}{
		"nothing":                    {nil, []string{early, breaks, breaks}},
		"the rule":                   {[]Allow{{Rule: rule}}, []string{early, breaks + ", allowed", breaks + ", allowed"}},
		"one property":               {[]Allow{{Rule: rule, About: "`a`"}}, []string{early, breaks, breaks + ", allowed"}},
		"by the operation":           {[]Allow{{Rule: rule, Operation: "GET /orders"}}, []string{early, breaks + ", allowed", breaks + ", allowed"}},
		"by its id":                  {[]Allow{{Rule: rule, Operation: "read"}}, []string{early, breaks + ", allowed", breaks + ", allowed"}},
		"another operation":          {[]Allow{{Rule: rule, Operation: "GET /carts"}}, []string{early, breaks, breaks, useless}},
		"another rule":               {[]Allow{{Rule: checker.ResponsePropertyTypeChangedId}}, []string{early, breaks, breaks, useless}},
		"twice":                      {[]Allow{{Rule: rule}, {Rule: rule, About: "`a`"}}, []string{early, breaks + ", allowed", breaks + ", allowed"}},
		"of a new client":            {[]Allow{{Rule: rule, Client: "web"}}, []string{early, breaks, breaks, useless + " for web"}},
		"a new client":               {[]Allow{{Rule: RuleNotServed, Client: "web"}}, []string{early + ", allowed", breaks, breaks}},
		"a new client, without name": {[]Allow{{Rule: RuleNotServed}}, []string{early, breaks, breaks, useless}},
	} {
		found := compare(t, Question{Live: live, Candidate: candidate, Allow: c.allow, Clients: []Client{{Name: "web", Calls: []string{"write"}}}})
		slices.Sort(c.want)
		if got := said(found); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestSeverity(t *testing.T) {
	live := file("live.yaml", api(get("/orders", object("a: {type: string}"))))
	candidate := file("new.yaml", api(get("/orders", object("b: {type: string}"))+post("/refunds", "{type: string}")))
	const rule = checker.ResponseOptionalPropertyRemovedId
	for name, c := range map[string]struct {
		severity map[string]Severity
		want     []string
	}{
		"a warning":            {map[string]Severity{rule: Warns, RuleNotServed: Warns}, []string{"warning client-calls-what-is-not-served for web", "warning " + rule}},
		"nothing":              {map[string]Severity{rule: Ignore, RuleNotServed: Ignore, RuleUnknownCall: Ignore}, nil},
		"errors":               {map[string]Severity{rule: Fails, RuleNotServed: Fails}, []string{"error client-calls-what-is-not-served for web", "error " + rule}},
		"what oasdiff ignores": {map[string]Severity{checker.ResponseOptionalPropertyAddedId: Fails, RuleNotServed: Ignore}, []string{"error response-optional-property-added", "error " + rule}},
	} {
		found := compare(t, Question{Live: live, Candidate: candidate, Severity: c.severity, Clients: []Client{{Name: "web", Calls: []string{"write"}}}})
		if got := said(found); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestUnknownRules: oasdiff would end the process with them.
func TestUnknownRules(t *testing.T) {
	good := file("a.yaml", api(get("/orders", "{type: string}")))
	for _, q := range []Question{
		{Live: good, Candidate: good, Severity: map[string]Severity{"no-such-rule": Fails}}, {Live: good, Candidate: good, Allow: []Allow{{Rule: "no-such-rule"}}},
	} {
		_, err := Compare(q)
		var e *Error
		if !errors.As(err, &e) || e.Trouble != UnknownRule || e.Reason != "no-such-rule" {
			t.Error(err)
		}
	}
}

// TestLifecycle: what is marked as alpha counts unless it is said otherwise, and
// what was announced may go.
func TestLifecycle(t *testing.T) {
	orders := get("/orders", "{type: string}")
	operation := func(marks string) string {
		return orders + "  /old:\n    get: {operationId: old, " + marks + "responses: {'200': {description: Good.}}}\n"
	}
	for name, c := range map[string]struct {
		marks, stability string
		want             []string
	}{
		"no marks":            {"", "", []string{"error api-path-removed-without-deprecation"}},
		"alpha":               {"x-stability-level: alpha, ", "", []string{"error api-path-removed-without-deprecation"}},
		"alpha, beta counts":  {"x-stability-level: alpha, ", "beta", nil},
		"beta, beta counts":   {"x-stability-level: beta, ", "beta", []string{"error api-path-removed-without-deprecation"}},
		"announced, and over": {"deprecated: true, x-sunset: '2001-01-01', ", "", nil},
		"announced, not over": {"deprecated: true, x-sunset: '9999-01-01', ", "", []string{"error api-path-removed-before-sunset"}},
	} {
		q := Question{Live: file("live.yaml", api(operation(c.marks))), Candidate: file("new.yaml", api(orders)), Stability: c.stability}
		if got := said(compare(t, q)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	// The other way round it is not there, whatever its marks say.
	q := Question{Live: file("live.yaml", api(orders)), Candidate: file("new.yaml", api(operation("deprecated: true, x-sunset: '2001-01-01', "))), Clients: []Client{{Name: "web", Calls: []string{"old"}}}}
	if got := said(compare(t, q)); !slices.Equal(got, []string{"error client-calls-what-is-not-served for web"}) {
		t.Error(got)
	}
	soon := Question{
		Live: file("live.yaml", api(operation(""))), Candidate: file("new.yaml", api(operation("deprecated: true, x-sunset: '2101-01-01', "))),
	}
	if got := said(compare(t, soon)); len(got) > 0 {
		t.Error(got)
	}
	soon.DeprecationDays = 36500
	if got := said(compare(t, soon)); !slices.Equal(got, []string{"error api-sunset-date-too-small"}) {
		t.Error(got)
	}
}

// TestStartsForLittle: what Terraform starts with each command compiles no schemas
// for a comparison that nobody asked for. The words of oasdiff are what is left.
func TestStartsForLittle(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cost := map[string]int{}
	for line := range strings.Lines(string(out)) { // init PACKAGE @0.3 ms, 0.1 ms clock, 25736 bytes, 276 allocs
		words := strings.Fields(line)
		if len(words) < 10 || words[0] != "init" || !strings.Contains(words[1], ".") {
			continue
		}
		bytes, err := strconv.Atoi(words[7])
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		cost[words[1]] += bytes
	}
	sum := 0
	for _, bytes := range cost {
		sum += bytes
	}
	if cost["github.com/oasdiff/oasdiff/checker"] == 0 || sum > 600_000 {
		t.Errorf("%d bytes at every start: %v", sum, slices.Sorted(maps.Keys(cost)))
	}
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte(api(get("/orders", object("a: {type: string}")))), []byte(api(post("/orders", object("a: {type: string}")))))
	f.Add([]byte(`{"openapi":"3.1.0","paths":{"/a":{"get":{"responses":{"200":{"$ref":"#/paths"}}}}}}`), []byte("openapi: 3.2.0\npaths: {/a: {query: {responses: {}}}}"))
	f.Add([]byte("openapi: 3.0.0\npaths: {/a: {$ref: '#/paths/~1a'}}"), []byte("openapi: 3.0.0\npaths: {/a: &a {get: {responses: {'200': *a}}}}"))
	f.Add([]byte("openapi: 3.0.0\npaths: {/a: {get: {callbacks: {x: {'{$y}': {post: {}}}}}}}\ncomponents: {schemas: {A: {allOf: [{$ref: '#/components/schemas/A'}]}}}"), []byte("openapi: 3.0.0\npaths: {/a: {get: }}"))
	f.Fuzz(neverCrashes)
}

// neverCrashes: whatever stands in a description, there are findings, or an error
// that says of which it is.
func neverCrashes(t *testing.T, live, candidate []byte) {
	_, err := Compare(Question{
		Live: Document{Name: "live_text", Text: live}, Candidate: file("a.yaml", string(candidate)),
		Clients: []Client{{Name: "web", Calls: []string{"read"}}},
	})
	var e *Error
	if err != nil && !errors.As(err, &e) {
		t.Error(err)
	}
}

// TestBrokenDescriptions breaks descriptions in many ways, always the same ones.
func TestBrokenDescriptions(t *testing.T) {
	whole := api(get("/orders", "{$ref: '#/components/schemas/A'}")+post("/orders/{id}", object("a: {type: string, enum: [a, b]}"))) +
		"components:\n  schemas:\n    A: {allOf: [{$ref: '#/components/schemas/B'}], properties: {a: {$ref: '#/components/schemas/A'}}}\n    B: {oneOf: [{type: string}, {$ref: '#/components/schemas/A'}], discriminator: {propertyName: a}}\n"
	pieces := []string{"", "{", "}", "[", "]", "null", "~", "&a ", "*a", "'", ":", "- ", "\n", "$ref: '#/paths/~1orders'", "9e999", "!!binary x", "<<: *a", "\x00", "true"}
	chance := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		broken := whole
		for range 1 + chance.IntN(3) {
			from := chance.IntN(len(broken))
			to := min(len(broken), from+chance.IntN(20))
			broken = broken[:from] + pieces[chance.IntN(len(pieces))] + broken[to:]
		}
		neverCrashes(t, []byte(whole), []byte(broken))
		neverCrashes(t, []byte(broken), []byte(whole))
	}
}
