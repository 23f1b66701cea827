// Package promql asks queries of a user's own of whatever evaluates PromQL: a
// Prometheus server, or Cloud Monitoring. The gates that do so say the same in
// the same words.
//
//	value    what the query returns: one number
//	samples  what the query named samples returns; 1 without one
//
// # The window is honoured by the query
//
// A query is evaluated once, and its ranges are written as [{{window}}], which
// becomes the length of the window in whole seconds. A query that has a range of
// fixed length and no {{window}} is refused: just after a split it would still
// look at the time before. Prometheus 3 takes a range as left-open, (start, end];
// older ones as closed. A window that is shorter than a second is no data, and so
// is one of which nothing but a part of a second is left: the length is rounded
// down, so that nothing before the window is seen.
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
// # What is not quoted
//
// What an engine answers with an error is told by its status and Prometheus' own
// word for the sort of error, never by its text.
//
//   - Instant queries, their answers and errors: https://prometheus.io/docs/prometheus/latest/querying/api/
//   - Ranges, left-open since 3.0: https://prometheus.io/docs/prometheus/latest/migration/#range-selectors-and-lookback-exclude-samples-coinciding-with-the-left-boundary
package promql
