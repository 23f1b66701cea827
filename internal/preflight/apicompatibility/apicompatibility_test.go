package apicompatibility

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

type values = preflighttest.Values

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(*testing.T) preflighttest.Harness { return &harness{candidate: orders("a")} })
}

// harness is two descriptions. There is nobody to ask.
type harness struct{ candidate string }

func (h *harness) Open(t *testing.T) rollout.Check {
	return open(t, values{"live_text": orders("a"), "candidate_text": h.candidate})
}

func (h *harness) Become(_ *testing.T, s preflighttest.State) bool {
	if s == preflighttest.Missing {
		h.candidate = orders("b")
	}
	return s <= preflighttest.Missing
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2"}, &rollout.Subject{Revision: "api-1"}
}

func (h *harness) Permission() string { return "" }
func (h *harness) Calls() int         { return 0 }
func (h *harness) Writes() int        { return 0 }
func (h *harness) Secrets() []string  { return nil }

// orders describes an operation that answers with an object of these properties.
func orders(properties ...string) string {
	out := "openapi: 3.0.3\npaths:\n  /orders:\n    get:\n      operationId: orders\n      responses:\n        '200':\n          description: Good.\n          content:\n            application/json:\n              schema:\n                type: object\n                properties:\n"
	for _, p := range properties {
		out += "                  " + p + ": {type: string}\n"
	}
	return out
}

const refunds = "  /refunds:\n    post: {operationId: refund, responses: {'201': {description: Made.}}}\n"

func open(t *testing.T, v values) rollout.Check {
	t.Helper()
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), v), cloud.New(cloud.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// folder holds files, and returns their paths.
func folder(t *testing.T, files map[string]string) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(at(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return at
}

func TestRun(t *testing.T) {
	at := folder(t, map[string]string{"live.yaml": orders("a"), "new.yaml": orders("b") + refunds, "same.yaml": orders("a", "b") + refunds, "folder/x": ""})
	client := func(v values) values {
		v["name"] = "web"
		return v
	}
	const gone = "\n  - GET /orders: removed the optional property `a` from the response with the `200` status (response-optional-property-removed, LIVE:14)"
	const early = "a client that is released together with the candidate needs what LIVE, which serves until then, does not give:\n  - web: POST /refunds: the instances that serve now do not have it, and answer 404 or 405 (client-calls-what-is-not-served, NEW:16)"
	const passed = "passed: nothing in it breaks a client"
	for name, c := range map[string]struct {
		block values
		want  []string
	}{
		"nothing breaks": {values{"candidate": at("same.yaml")}, []string{passed}},
		"something does": {values{"candidate": at("new.yaml")}, []string{"failed: clients that were made for LIVE break while NEW is served:" + gone}},
		"it is allowed": {
			values{"candidate": at("new.yaml"), "allow": []any{values{"rule": "response-optional-property-removed", "about": "`a`", "reason": "nobody reads it"}}},
			[]string{passed + ", but for what is allowed:" + gone + ", allowed: nobody reads it"},
		},
		"it warns": {
			values{"candidate": at("new.yaml"), "severity": values{"response-optional-property-removed": "warning"}},
			[]string{passed, "failed: some clients may not get along with it:" + gone},
		},
		"an exception for nothing": {
			values{"candidate": at("same.yaml"), "allow": []any{values{"rule": "response-optional-property-removed", "reason": "nobody reads it"}}},
			[]string{passed, "failed: some clients may not get along with it:\n  - allow response-optional-property-removed allows nothing: nothing is found that it would be for (allow-allows-nothing)"},
		},
		"a client that is early": {
			values{"candidate": at("new.yaml"), "severity": values{"response-optional-property-removed": "ignore"}, "client": []any{client(values{"calls": []any{"refund"}})}},
			[]string{"failed: " + early},
		},
		"both": {
			values{"candidate": at("new.yaml"), "client": []any{client(values{"calls": []any{"refund"}})}},
			[]string{"failed: clients that were made for LIVE break while NEW is served:" + gone, "failed: " + early},
		},
		"a client with a description": {
			values{"candidate": at("same.yaml"), "client": []any{client(values{"document": at("live.yaml")})}}, []string{passed},
		},
		"a client whose description is gone": {
			values{"candidate": at("same.yaml"), "client": []any{client(values{"document": at("none.yaml")})}}, []string{"failed: " + at("none.yaml") + " cannot be read: no such file or directory"},
		},
		"no such file":   {values{"candidate": at("none.yaml")}, []string{"failed: " + at("none.yaml") + " cannot be read: no such file or directory"}},
		"no such folder": {values{"candidate": at("none/a.yaml")}, []string{"failed: " + at("none/a.yaml") + " cannot be read: no such file or directory"}},
		"a folder":       {values{"candidate": at("folder")}, []string{"failed: " + at("folder") + " cannot be read: is a directory"}},
	} {
		c.block["live"] = at("live.yaml")
		findings := open(t, c.block).Run(t.Context(), nil, nil)
		for i := range c.want {
			c.want[i] = strings.NewReplacer("LIVE", at("live.yaml"), "NEW", at("new.yaml")).Replace(c.want[i])
		}
		t.Run(name, func(t *testing.T) { preflighttest.Expect(t, findings, c.want...) })
		for _, f := range findings {
			if warns := strings.HasPrefix(f.Why, "some clients"); f.Advisory != warns {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// TestUnreadable: each trouble has words of its own, and none passes.
func TestUnreadable(t *testing.T) {
	for text, want := range map[string]string{
		"swagger: '2.0'\npaths: {/a: {get: {}}}":          "candidate_text is in Swagger 2.0, in which nothing would be found",
		strings.Replace(orders("a"), "3.0.3", "4.0.0", 1): `candidate_text is not in a version that is known: it is in OpenAPI "4.0.0"`,
		"openapi: 3.0.0\npaths: {}":                       "candidate_text describes no operation, so that nothing would be found",
		"hello":                                           "candidate_text is no description in OpenAPI: ",
		"openapi: 3.0.0\npaths: {/a: {$ref: 'https://example.com/a.yaml'}}":  "candidate_text refers to something that is not read: ",
		"openapi: 3.0.0\npaths:\n  /a/{b}: {get: {}}\n  /a/{c}: {get: {}}\n": "candidate_text can be read, and not be compared: ",
	} {
		findings := open(t, values{"live_text": orders("a"), "candidate_text": text}).Run(t.Context(), nil, nil)
		if len(findings) != 1 || findings[0].Status != rollout.Failed || !findings[0].Stops() || findings[0].Retry || !strings.HasPrefix(findings[0].Why, want) || findings[0].Fix == "" {
			t.Errorf("%q: %+v", text, findings)
		}
	}
}

// TestLinksStayInside: neither a reference nor a link of the file system leads out
// of the folder.
func TestLinksStayInside(t *testing.T) {
	at := folder(t, map[string]string{
		"secret.yaml":   "A: {description: Secret.}",
		"api/live.yaml": "openapi: 3.0.3\npaths: {/a: {get: {responses: {'200': {$ref: 'link.yaml#/A'}}}}}",
	})
	if err := os.Symlink(at("secret.yaml"), at("api/link.yaml")); err != nil {
		t.Fatal(err)
	}
	findings := open(t, values{"live": at("api/live.yaml"), "candidate_text": orders("a")}).Run(t.Context(), nil, nil)
	if len(findings) != 1 || findings[0].Status != rollout.Failed || !strings.Contains(findings[0].Why, "no description in OpenAPI") {
		t.Errorf("%+v", findings)
	}
}

func TestManyDifferences(t *testing.T) {
	var many []string
	for i := range shown + 5 {
		many = append(many, fmt.Sprintf("p%02d", i))
	}
	why := open(t, values{"live_text": orders(many...), "candidate_text": orders("q")}).Run(t.Context(), nil, nil)[0].Why
	if strings.Count(why, "\n  - ") != shown+1 || !strings.HasSuffix(why, "\n  - and 5 more, which data.rollout_api_compatibility lists") {
		t.Error(why)
	}
}

func TestValidate(t *testing.T) {
	with := func(more values) values {
		v := values{"live": "a.yaml", "candidate": "b.yaml"}
		for name, value := range more {
			v[name] = value
		}
		return v
	}
	allow := func(rule, reason any) values {
		return with(values{"allow": []any{values{"rule": rule, "reason": reason}}})
	}
	client := func(more values) values {
		more["name"] = "web"
		return with(values{"client": []any{more}})
	}
	for name, c := range map[string]struct {
		block values
		want  []string
	}{
		"two files":               {with(nil), nil},
		"two texts":               {values{"live_text": "a", "candidate_text": "b"}, nil},
		"nothing":                 {values{}, []string{"live", "candidate"}},
		"both ways":               {with(values{"live_text": "a"}), []string{"live"}},
		"a text not known":        {values{"live_text": preflighttest.Unknown, "candidate": "b.yaml"}, nil},
		"itself":                  {values{"live": "./a.yaml", "candidate": "a.yaml"}, []string{"candidate"}},
		"itself as a text":        {values{"live_text": "a", "candidate_text": "a"}, nil}, // nothing has changed
		"severity":                {with(values{"severity": values{"response-property-type-changed": "warning"}}), nil},
		"severity not known":      {with(values{"severity": values{"response-property-type-changed": preflighttest.Unknown}}), nil},
		"severity of no rule":     {with(values{"severity": values{"no-rule": "warning"}}), []string{"severity"}},
		"no severity":             {with(values{"severity": values{"response-property-type-changed": "fatal"}}), []string{"severity"}},
		"stability":               {with(values{"stability": "beta"}), nil},
		"no stability":            {with(values{"stability": "gamma"}), []string{"stability"}},
		"days":                    {with(values{"deprecation_days": 30}), nil},
		"less than no days":       {with(values{"deprecation_days": -1}), []string{"deprecation_days"}},
		"an exception":            {allow("response-property-type-changed", "nobody reads it"), nil},
		"one of our own rules":    {allow("client-calls-what-is-not-served", "it waits"), nil},
		"an exception of no rule": {allow("no-rule", "nobody reads it"), []string{"allow"}},
		"no reason":               {allow("response-property-type-changed", " "), []string{"allow"}},
		"a rule not known":        {allow(preflighttest.Unknown, preflighttest.Unknown), nil},
		"calls":                   {client(values{"calls": []any{"refund"}}), nil},
		"a description":           {client(values{"document": "web.yaml"}), nil},
		"both of a client":        {client(values{"calls": []any{"refund"}, "document": "web.yaml"}), []string{"client"}},
		"nothing of a client":     {client(values{}), []string{"client"}},
		"no calls":                {client(values{"calls": []any{}}), []string{"client"}},
		"calls not known":         {client(values{"calls": preflighttest.Unknown}), nil},
		"one call not known":      {client(values{"calls": []any{preflighttest.Unknown}}), nil},
		"a description not known": {client(values{"document": preflighttest.Unknown}), nil},
	} {
		if got := preflighttest.Faulty(t, Kind(), c.block); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for want, v := range map[string]values{
		"b.yaml against a.yaml": with(nil), "candidate_text against live_text": {"live_text": "a", "candidate_text": "b"}, "": {"live": "a.yaml", "candidate": preflighttest.Unknown},
	} {
		if got := Kind().Object(t.Context(), preflighttest.Block(t, Kind(), v)); got != want {
			t.Errorf("object %q, want %q", got, want)
		}
	}
}

func TestReport(t *testing.T) {
	read := func(v values) (map[string]any, *rollout.Problem) {
		return Kind().Report.Read(t.Context(), preflighttest.Block(t, Kind(), v), nil)
	}
	got, problem := read(values{"live_text": orders("a"), "candidate_text": orders("b"), "allow": []any{values{"rule": "response-optional-property-removed", "reason": "nobody reads it"}}})
	records, _ := got["findings"].([]record)
	if problem != nil || got["compatible"] != true || len(records) != 1 || !records[0].Allowed || records[0].Line != 14 || records[0].Reason != "nobody reads it" {
		t.Errorf("%+v, %v", got, problem)
	}
	if got, _ = read(values{"live_text": orders("a"), "candidate_text": orders("b")}); got["compatible"] != false {
		t.Errorf("%+v", got)
	}
	if got, _ = read(values{"live_text": orders("a"), "candidate_text": orders("b"), "severity": values{"response-optional-property-removed": "warning"}}); got["compatible"] != true {
		t.Errorf("%+v", got)
	}
	if got, problem = read(values{"live_text": orders("a"), "candidate_text": "swagger: '2.0'"}); got != nil || problem == nil || problem.What != "candidate_text against live_text cannot be compared" {
		t.Errorf("%+v, %v", got, problem)
	}
	for name := range got {
		if _, ok := Kind().Report.Attributes[name]; !ok {
			t.Errorf("%s is no attribute", name)
		}
	}
}
