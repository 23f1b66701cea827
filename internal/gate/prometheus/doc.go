// Package prometheus is the gate kind "prometheus": a query of the user's own,
// asked of a Prometheus server or of whatever speaks its HTTP API (Thanos,
// Mimir, VictoriaMetrics, Managed Service for Prometheus behind its frontend).
//
//	value    what the query returns: one number
//	samples  what the query named samples returns; 1 without one
//
// # The window is honoured by the query
//
// A query is evaluated once, at the end of the window, and its ranges are written
// as [{{window}}], which becomes the length of the window in whole seconds. A
// query that has a range of fixed length and no {{window}} is refused: just
// after a split it would still look at the time before. Prometheus 3 takes a
// range as left-open, (start, end]; older ones as closed. A window that is
// shorter than a second is no data, and so is one of which nothing but a part of
// a second is left: the length is rounded down, so that nothing before the
// window is seen.
//
// {{revision}}, {{service}}, {{location}}, {{project}}, {{content}} and {{image}}
// are what the platform calls the revision. Terraform keeps ${…} for itself.
//
// # What is no data
//
// An empty answer, NaN and infinities. A ratio whose divisor is a series that
// does not exist is empty; one whose divisor is 0 is NaN. Neither is ever a 0.
// More than one series is an error: which of them is meant is for the query to
// say, with sum or max.
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
//   - Ranges, left-open since 3.0: https://prometheus.io/docs/prometheus/latest/migration/#range-selectors-and-lookback-exclude-samples-coinciding-with-the-left-boundary
//   - rate and increase extrapolate: https://prometheus.io/docs/prometheus/latest/querying/functions/#rate
package prometheus
