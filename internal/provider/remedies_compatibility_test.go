package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
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

var compatibilityRemedies = []remedy{
	{
		says: "api_compatibility.breaks", provoke: differs(described("b"), ""), fix: describes("a", "b"), // beside the old one
	},
	{
		says: "api_compatibility.early", provoke: differs(described("a")+refund, web),
		fix: func(w *world, _ said, _ string) { w.compares(described("a")+refund, "") }, // the client comes later
	},
	{
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
	},
	{
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

// declares requires that settings are declared in a Compose file.
func (w *world) declares(example, compose string) {
	w.Helper()
	w.put(".env.example", example)
	w.put("compose.yaml", compose)
	w.needs("config_sync", fmt.Sprintf("      needs_from = %q\n      place {\n        compose = %q\n        name    = \"compose\"\n      }\n", filepath.Join(w.dir, ".env.example"), filepath.Join(w.dir, "compose.yaml")))
}

func declared(example, compose string) func(*world) string {
	return func(w *world) string {
		w.declares(example, compose)
		return w.planned()
	}
}

// declaring is the remedy of settings that were not declared.
func declaring(w *world, _ said, _ string) {
	w.declares("A=\n", "services: {web: {environment: {A: 1}}}\n")
}

// portOfService requires that a service has a setting that the platform gives.
const portOfService = "      needs = [\"PORT\"]\n      place {\n        cloud_run_service = \"@service\"\n      }\n"

// ofFunction requires that one of Lambda has it.
const ofFunction = "  requires {\n    config_sync {\n      needs = [\"AWS_REGION\"]\n      place {\n        lambda_function = \"NAME\"\n      }\n      allow {\n        name   = \"STAGE\"\n        reason = \"it is read by nobody any more\"\n      }\n    }\n  }\n"

// runningRemedies are those about who could not be asked.
func runningRemedies() []remedy {
	var out []remedy
	for last, kind := range map[string]sandbox.FaultKind{
		"denied": sandbox.Denied, "unauthenticated": sandbox.Unauthenticated, "unasked": sandbox.Internal, "no_answer": sandbox.TimedOut,
	} {
		out = append(out, remedy{
			says: "config_sync_cloud_run." + last,
			provoke: func(w *world) string {
				w.google()
				w.needs("config_sync", strings.Replace(portOfService, "@service", strings.Trim(strings.Fields(backend)[2], `"`), 1))
				return w.during(sandbox.Fault{Kind: kind, Method: getService, Match: "services/backend"}, w.planned)
			},
		})
	}
	for last, kind := range map[string]aws.FaultKind{
		"denied": aws.Denied, "unauthenticated": aws.Unauthenticated, "unasked": aws.Internal, "unreadable": aws.DropBefore, "throttled": aws.Throttle,
	} {
		out = append(out, remedy{
			says: "config_sync_lambda." + last, on: newNeedyWorld,
			provoke: func(w *world) string {
				w.function()
				w.simple("", strings.Replace(ofFunction, "NAME", "needy", 1))
				defer w.amazon.Fault(aws.Fault{Kind: kind})()
				return w.planned()
			},
		})
	}
	return out
}

// function makes one of Lambda beside the service.
func (w *world) function() {
	w.Helper()
	w.must(w.amazon.CreateFunction(aws.FunctionSpec{Name: "needy", Zip: []byte("v1"), Environment: map[string]string{"STAGE": "prod"}}))
}

var settingRemedies = []remedy{
	{says: "config_sync.missing", provoke: declared("A=\nB=\n", "services: {web: {environment: {A: 1}}}\n"), fix: func(w *world, _ said, _ string) {
		w.declares("A=\nB=\n", "services: {web: {environment: {A: 1, B: 2}}}\n")
	}},
	{says: "config_sync.unknown", provoke: declared("A=\n", "services: {web: {env_file: other}}\n"), fix: declaring},
	{
		says: "config_sync.odd", provoke: declared("A=\n", "services: {web: {environment: {A: 1, OLD: 2}}}\n"), fix: declaring,
		then: func(w *world) {
			if out := w.applies(); strings.Contains(out, "Worth a look") {
				w.Errorf("nothing is, and it says\n%s", out)
			}
		},
	},
	{says: "config_sync.unread", provoke: declared("A=\n", "- a\n"), fix: declaring},
	{says: "config_sync.nothing", provoke: declared("# A=\n", "services: {web: {environment: {A: 1}}}\n"), fix: declaring},
	{
		says: "config_sync.gone",
		provoke: func(w *world) string {
			w.needs("config_sync", strings.Replace(portOfService, "@service", "@service-none", 1))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.needs("config_sync", portOfService) },
	},
	{
		says: "config_sync_lambda.gone", on: newNeedyWorld,
		provoke: func(w *world) string {
			w.simple("", strings.Replace(ofFunction, "NAME", "needy", 1))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.function() },
	},
	{
		says: "config_sync.no_report",
		provoke: func(w *world) string {
			w.simple("", "")
			w.write(w.read() + reportedSettings("none.yaml"))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.declares("A=\n", "services: {web: {environment: {B: 1}}}\n")
			w.simple("", "")
			w.write(w.read() + reportedSettings(filepath.Join(w.dir, "compose.yaml")))
		},
		then: func(w *world) {
			w.has(w.applies(), "in_sync = false", `[\"A missing\",\"B unused\"]`)
		},
	},
	{
		says: "requirement.report_unasked",
		provoke: func(w *world) string {
			w.provided(unknownUntil, "data \"rollout_config_sync\" \"api\" {\n"+portOfService+"}\n"+wanted0)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.write("data \"rollout_config_sync\" \"api\" {\n" + portOfService + "}\n" + wanted0)
		},
	},
}

// reportedSettings reports on a Compose file.
func reportedSettings(compose string) string {
	return fmt.Sprintf("data \"rollout_config_sync\" \"api\" {\n  needs = [\"A\"]\n  place {\n    compose = %q\n  }\n}\n", compose) + `
output "settings" {
  value = {
    in_sync = data.rollout_config_sync.api.in_sync
    all     = jsonencode([for s in data.rollout_config_sync.api.settings : "${s.name} ${s.status}"])
  }
}
`
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
