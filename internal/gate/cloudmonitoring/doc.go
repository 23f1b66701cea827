// Package cloudmonitoring is the gate kind "cloud_monitoring": what Cloud
// Monitoring knows of a Cloud Run revision.
//
//	error_rate                   share of requests answered 5xx, in percent
//	latency_p50, _p95, _p99      percentile of latency over all requests, in ms
//	                             samples are requests
//	cpu, memory                  95th percentile of what instances use, in percent
//	                             samples are readings: one an instance and minute
//	query                        a number of the user's own, in PromQL
//	                             samples are what the query named samples returns
//
// # What is asked
//
// ListTimeSeries, which needs monitoring.timeSeries.list alone, for one revision
// of one service in one location and project. The error rate is one call:
// request_count, aligned by ALIGN_DELTA over the whole window and summed by
// response_code_class. A latency is two: request_latencies, merged by REDUCE_SUM
// for the number of requests, and by REDUCE_PERCENTILE for the percentile. (An
// ALIGN_PERCENTILE would be one percentile per series, which cannot be joined.)
// A class that is absent is 0 where another is present; where none is, there
// were no requests, and that is no data.
//
// cpu and memory are asked for as a latency is: container/cpu/utilizations and
// container/memory/utilizations are distributions of 0 to 1 over the instances of
// a revision. The 95th percentile is one of those that the console shows. The
// highest reading would be that of one instance in one minute, and the average
// hides a hot one behind those that idle. An instance that serves nobody is read
// as well, so such a gate says nothing about requests: it goes beside one that does.
//
// # A query of one's own
//
// It is asked in PromQL, at the project of the service, through the API that
// speaks Prometheus' own. What stands in it, and what is no data, is package
// promql's. How late its metrics are is not known from their names, so it is as
// late as Cloud Run's count of requests, unless delay says otherwise. Google
// samples its own metrics once a minute ("Sampled every 60 seconds. After
// sampling, data is not visible for up to 240 seconds" is the example of its
// page on latency), and of a delay that is given the first minute is taken for that.
//
// # The window is honoured in samples
//
// Cloud Run samples once a period (a minute), so no answer is finer than that. A
// window covers those samples that begin in it: [start, end). They end up to one
// period later, so the interval that is asked for is the window moved by one
// period, and as long as the window. Thus nothing from before the window is ever
// seen (a gate judges nothing from before a split), as many samples as fit are
// seen, whatever the phase in which Cloud Run samples, and no sample is in two
// adjacent windows. What is lost is the part of a sample in which a window
// begins.
//
// The sample that began at the window's end is known one period later, and shown
// by Cloud Monitoring an ingest delay after that: Delay is the sum of the two, as
// the metric's descriptor has them (metricDescriptors.get, which needs
// monitoring.metricDescriptors.get), asked once a project. A query is evaluated
// one period after the window's end, for the same reason.
//
// The shortest alignment period is a minute, and so is the shortest window.
//
// # What it cannot do
//
// request_count is taken at the end of a request and leaves out those that
// never reach a container: a revision that cannot scale looks healthy.
// request_latencies leaves out the start of a container. Percentiles are
// interpolated within buckets. Other platforms have other kinds.
//
// # Where the rules come from
//
//   - projects.timeSeries.list: https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list
//
//   - Aggregation, aligners and reducers, "at least 60 seconds": https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#Aggregation
//
//   - Intervals that are read are half-open, (start, end]: https://cloud.google.com/monitoring/api/ref_v3/rest/v3/TimeInterval
//
//   - samplePeriod and ingestDelay: https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.metricDescriptors#MetricDescriptorMetadata
//
//   - How late metrics are: https://cloud.google.com/monitoring/api/v3/latency-n-retention
//
//   - Cloud Run's metrics: https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run
//
//   - PromQL, names and distributions: https://cloud.google.com/monitoring/promql/promql-mapping
//
//   - Its API: https://cloud.google.com/stackdriver/docs/managed-prometheus/query-api-ui
//
//   - Alignment periods are counted back from the interval's end, and one that begins before
//     its start is answered as well: https://github.com/prometheus-community/stackdriver_exporter/pull/22
//
// The last is what somebody saw and no promise of Google's, so an answer that
// begins before the interval is refused rather than judged.
package cloudmonitoring
