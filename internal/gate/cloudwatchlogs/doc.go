// Package cloudwatchlogs is the gate kind "cloudwatch_logs": how many entries a
// revision wrote to Amazon CloudWatch Logs.
//
//	value    entries of the window that a filter pattern admits
//	samples  requests of the revision that were logged in the window
//
// # What is asked
//
// FilterLogEvents, which needs logs:FilterLogEvents on the log group: for the entries,
// and for those of which every request writes one. Of a version of Lambda both are
// looked for in its own log streams, which have its number in their names; a request
// is the line that Lambda writes when an invocation starts, in either format. Of
// anything else the block says where the revision's name stands: in the log group, in
// the streams or in both patterns. CloudWatch Logs Insights is not asked: it takes
// longer, is paid by what it reads, and says of no log how complete its answer is.
//
// # None is 0 only where there were requests
//
// No entries are a value of 0 if requests of the same revision are logged in the same
// window, and no data if none are: then nobody knows whether anything could have gone
// wrong. Where the function's system logs have the level WARN, the starts are not
// written: name a line of the app's own with requests. Entries that are there stand on
// one sample at least.
//
// # Texts are not read
//
// The API sends texts with the entries. Nothing but their number is decoded, and nothing
// of them is kept or shown. A masked text stays masked.
//
// # What is more than can be counted
//
// A page may be anything from empty to full and have a next one. After pages of them
// what is left is told as "at least": it may be a breach of an upper limit, and never a
// pass (rollout.Measurement.AtLeast).
//
// # Streams have the day on which they began
//
// An execution environment writes to one stream as long as it lives, so those of the day
// before the window are looked at as well.
//
// # Where the rules come from
//
//   - FilterLogEvents, pages, times: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
//   - Filter patterns: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
//   - Streams of a function: https://docs.aws.amazon.com/lambda/latest/operatorguide/log-structure.html
//   - Those in a log group of one's own: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
//   - Formats and levels: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
package cloudwatchlogs
