// Package prometheus is the gate kind "prometheus": a query of the user's own,
// asked of a Prometheus server or of whatever speaks its HTTP API (Thanos,
// Mimir, VictoriaMetrics, Managed Service for Prometheus behind its frontend).
//
//	value    what the query returns: one number
//	samples  what the query named samples returns; 1 without one
//
// A query is evaluated at the end of the window. What stands in it, and what is no
// data, is package promql's.
//
// For a gate that counts, an empty answer is 0 if samples says that the revision
// reported requests. Things are rounded to whole ones.
//
// # What it cannot do
//
// It does not know when a server scrapes, so it does not wait for late data: put
// an offset into the query where data come late. rate and increase extrapolate to
// the borders of a range, so that samples are estimates, and see nothing of a
// counter that first appears with what it counts: an application has to export
// it as 0 from its start. Without a query named
// samples there is one sample, whatever the traffic, and a min_samples above 1 is
// never reached.
//
// # Credentials
//
// They come from environment variables, whose names alone stand in
// configuration; they are sent to the address that is configured and follow no
// redirect, and never go over plain http to another machine. What the server
// answers with an error is not quoted, but for its status and Prometheus' own
// word for the sort of error.
//
// # Where the rules come from
//
//   - Instant queries, their answers and errors: https://prometheus.io/docs/prometheus/latest/querying/api/
//   - rate and increase extrapolate: https://prometheus.io/docs/prometheus/latest/querying/functions/#rate
package prometheus
