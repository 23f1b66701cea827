package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"
)

// described is a description of an API whose operation answers with an object of
// these properties.
func described(properties ...string) string {
	out := "openapi: 3.0.3\npaths:\n  /orders:\n    get:\n      operationId: orders\n      responses:\n        '200':\n          description: Good.\n          content:\n            application/json:\n              schema:\n                type: object\n                properties:\n"
	for _, p := range properties {
		out += "                  " + p + ": {type: string}\n"
	}
	return out
}

// compares requires that two descriptions go together; more stands in the block.
func (w *world) compares(candidate, more string) {
	w.Helper()
	w.put("live.yaml", described("a"))
	w.put("openapi.yaml", candidate)
	w.needs("api_compatibility", fmt.Sprintf("      live      = %q\n      candidate = %q\n", filepath.Join(w.dir, "live.yaml"), filepath.Join(w.dir, "openapi.yaml"))+more)
}

// differs is a plan of a deployment whose API is described so.
func differs(candidate, more string) func(*world) string {
	return func(w *world) string {
		w.compares(candidate, more)
		return w.planned()
	}
}

// describes is the remedy of a description that was wrong.
func describes(properties ...string) func(*world, said, string) {
	return func(w *world, _ said, _ string) { w.compares(described(properties...), "") }
}

const (
	refund = "  /refunds:\n    post: {operationId: refund, responses: {'201': {description: Made.}}}\n"
	web    = "      client {\n        name  = \"web\"\n        calls = [\"refund\"]\n      }\n"
)

var reviewRemedies = []remedy{
	{
		says: "api_compatibility.breaks", provoke: differs(described("b"), ""), fix: describes("a", "b"), // beside the old one
	}, {
		says: "api_compatibility.early", provoke: differs(described("a")+refund, web),
		fix: func(w *world, _ said, _ string) { w.compares(described("a")+refund, "") }, // the client comes later
	}, {
		says:    "api_compatibility.odd",
		provoke: differs(described("b"), "      severity = { \"response-optional-property-removed\" = \"warning\" }\n"),
		fix: func(w *world, s said, _ string) {
			w.compares(described("b"), "      allow {\n        rule   = \"response-optional-property-removed\"\n        reason = \"nobody reads it\"\n      }\n")
		},
		then: func(w *world) {
			if out := w.applies(); strings.Contains(out, "Worth a look") {
				w.Errorf("it is allowed, and it says\n%s", out)
			}
		},
	}, {
		says: "api_compatibility.unread",
		provoke: func(w *world) string {
			w.needs("api_compatibility", "      live      = \"none/live.yaml\"\n      candidate = \"none/openapi.yaml\"\n")
			return w.planned()
		}, fix: describes("a"),
	},
	{says: "api_compatibility.unparsed", provoke: differs("hello", ""), fix: describes("a")},
	{says: "api_compatibility.swagger", provoke: differs("swagger: '2.0'\npaths: {/a: {get: {}}}\n", ""), fix: describes("a")},
	{says: "api_compatibility.version", provoke: differs(strings.Replace(described("a"), "3.0.3", "4.0.0", 1), ""), fix: describes("a")},
	{says: "api_compatibility.nothing", provoke: differs("openapi: 3.0.3\npaths: {}\n", ""), fix: describes("a")},
	{says: "api_compatibility.outside", provoke: differs("openapi: 3.0.3\npaths: {/orders: {$ref: 'https://example.com/orders.yaml'}}\n", ""), fix: describes("a")},
	{says: "api_compatibility.uncompared", provoke: differs(described("a")+"  /a/{B}: {get: {}}\n  /a/{C}: {get: {}}\n", ""), fix: describes("a")},
	{
		says: "api_compatibility.no_report",
		provoke: func(w *world) string {
			w.simple("", "")
			w.write(w.read() + reportedAPI("swagger: '2.0'\n"))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.simple("", "")
			w.write(w.read() + reportedAPI(described("b")))
		},
		then: func(w *world) {
			w.has(w.applies(), "compatible = false", "first      = \"error response-optional-property-removed GET /orders live_text:14\"")
		},
	},
}

// reportedAPI reports on a description beside one whose property is a.
func reportedAPI(candidate string) string {
	return fmt.Sprintf("data \"rollout_api_compatibility\" \"api\" {\n  live_text      = %q\n  candidate_text = %q\n}\n", described("a"), candidate) + `
output "api" {
  value = {
    compatible = data.rollout_api_compatibility.api.compatible
    first      = join("", [for f in slice(data.rollout_api_compatibility.api.findings, 0, 1) : "${f.severity} ${f.rule} ${f.operation} ${f.file}:${f.line}"])
  }
}
`
}
