// Package cloudlogging is the gate kind "cloud_logging": how many entries a Cloud
// Run revision wrote to Cloud Logging.
//
//	value    entries of the window, at least of a severity, that a filter admits
//	samples  requests of the revision that Cloud Run logged in the window
//
// # What is asked
//
// entries.list, which needs logging.logEntries.list, twice an evaluation: for the
// entries, and for the requests. The filter of the user is and-ed with ours, on
// lines and in parentheses of its own: one revision of one service in one location
// and project, and timestamps from the start of the window on and before its end.
// The log of Cloud Run's requests is among the entries; it has a severity too
// (5xx is ERROR), so severity = "ERROR" counts failed requests beside what the app
// wrote. log_id("run.googleapis.com/stderr") in a filter leaves them out.
//
// # None is 0 only where there were requests
//
// No entries are a value of 0 if the request log has requests of the same
// revision in the same window, and no data if it has none: then nobody knows
// whether anything could have gone wrong. The request log is asked, and not the
// count of requests in Cloud Monitoring, because it is as fast as the entries; a
// project whose sinks exclude it (run.googleapis.com/requests) never gets a 0, and
// its gates never pass. Entries that are there stand on one sample at least.
//
// # Payloads are not read
//
// Logs may hold secrets. A field mask keeps everything but the entries' ids out of
// the answer, and nothing but their number is decoded. What is answered with an
// error is told by its status; of a filter that cannot be read the line and the
// column are, for those are numbers.
//
// # What is more than can be counted
//
// A page has 1,000 entries, and of entries five pages are read; of requests, which
// are samples, one. Entries that are left are told as "at least": it may be a
// breach of an upper limit, and never a pass (rollout.Measurement.AtLeast). A page
// may also be empty and name a next one, when the search had no time to end; it is
// not taken for the end.
//
// # How late entries are
//
// Google promises no time. What people see is seconds; entries.tail, which sorts
// what arrives, waits 2 s for late entries unless told otherwise and 60 s at most.
// The default delay is 30 s. An entry that comes later still is seen by the next
// evaluations, as long as their windows reach back to it.
//
// # The quota
//
// A project may be asked 60 times a minute, by everybody together. The provider
// asks 50 times a minute at most, after 10 at once (package cloud); a gate that is
// evaluated every 10 s asks 12 times.
//
// # Where the rules come from
//
//   - entries.list, page tokens, orderBy: https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list
//   - The language of filters: https://cloud.google.com/logging/docs/view/logging-query-language
//   - Quotas, the length of a filter: https://cloud.google.com/logging/quotas
//   - Logs of a service: https://cloud.google.com/run/docs/logging
//   - bufferWindow: https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/tail
//   - fields: https://cloud.google.com/apis/docs/system-parameters
package cloudlogging
