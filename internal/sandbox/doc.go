// Package sandbox emulates, on loopback and at wire level, the parts of Google
// Cloud that the provider talks to, with a real data plane behind them.
//
//	gRPC (h2c) ──────┐
//	REST v1/v2/v3 ───┤ transcode.go
//	Knative v1 ──────┤ knative.go
//	PromQL, stubs ───┤
//	                 ▼
//	   intercept.go: journal · denied permissions · faults
//	                 │
//	   ┌─────────────┼───────────────┐
//	   ▼             ▼               ▼
//	 store         vault         telemetry
//	 services,     secrets,      what the proxy measured
//	 revisions,    accounts,         ▲
//	 operations:   bindings          │
//	 apply.go, the one way to write  │
//	   │ settled split               │
//	   ▼                             │
//	 edge: a listener per service and per tag, a weighted proxy,
//	       an HTTP server per revision (edge.go, instance.go, app.go)
//
// Two rules make tests that use a virtual clock deterministic. First, nothing in
// the control plane waits: a reconcile that ends later, a metric that becomes
// visible later or a read that is stale is computed from the clock when a
// request arrives. Second, only the data plane (latency of a revision, a long
// request, server-sent events) uses real time, and every use of it stands in
// wallclock.go.
//
// The sandbox never shrugs: a request that it does not know is answered
// UNIMPLEMENTED and recorded in Violations, which a test should assert to be
// empty. It holds no secret payloads at all.
//
// README.md lists every emulated rule with its source.
package sandbox
