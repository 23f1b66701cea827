// Package cloudwatch is the gate kind "cloudwatch": what Amazon CloudWatch knows of
// a revision.
//
//	lambda_errors        share of invocations that ended with an error, in percent
//	lambda_latency_p95   95th percentile of their duration, in ms
//	target_5xx           share of requests that a group's targets answered 5xx, in percent
//	target_latency_p95   95th percentile of the time until their answer, in ms
//	                     samples are requests
//	query, expression    a statistic of the user's own, or metric math over several
//	                     samples are what the query or expression named samples returns
//
// # What is asked
//
// GetMetricData, which needs cloudwatch:GetMetricData alone; it knows no resources.
// A gate is one question: its queries over one span of whole minutes, as one period
// that is as long as the span, so that a percentile is one of the whole window. (Those
// of its minutes could not be joined.) Package cloud gathers the questions of all
// gates of all resources that come within half a second, up to 500 queries a call,
// and asks beforehand what they ask in the next minute. All gates that watch, at
// whatever moment of the minute, come to the same spans, so a hundred rollouts
// together ask once a minute.
//
// Math would see the queries of other gates by METRICS, and other metrics by SEARCH
// and its like, so those are refused. Ids are made unique in the call.
//
// # The window is honoured in minutes
//
// Services report by the minute, under its beginning. A window covers the minutes that
// begin in it: [start, end) with both rounded up. Thus nothing from before the window
// is ever seen (a gate judges nothing from before a split), no minute is in two
// adjacent windows, and what is lost is the part of a minute in which a window begins.
// An answer for any other time is refused.
//
// # How late data are
//
// The last minute ends up to a minute after the window, and arrives after that. AWS
// promises no time; two minutes are what alarms and consoles are made for. Lambda
// counts an invocation in the minute in which it began, and reports it when it has
// ended ("The timestamp on a metric reflects when the function was invoked. Depending
// on the duration of the execution, this can be several minutes before the metric is
// emitted."), so that much more is waited for as the function may take, where the
// platform says so.
//
// # Which dimensions
//
// Of an alias, Lambda reports by FunctionName, Resource ("function:alias") and
// ExecutedVersion: "View metrics for a combination of alias and version. Use the
// ExecutedVersion dimension to compare error rates for two versions of a function that
// are both targets of a weighted alias." Who asks a version past the alias is not
// counted. Of a load balancer: LoadBalancer and TargetGroup, by the ends of their ARNs.
//
// # What it cannot do
//
// What a load balancer answers itself (502, 503, 504) is reported by no target group.
// Errors of Lambda are those of the function: throttled invocations are not among them,
// and what the function answers 5xx to a function URL or API Gateway is none. Lambda's
// Errors and a load balancer's 5xx are not reported where there was none, so they are 0
// where requests were reported.
//
// # Where the rules come from
//
//   - GetMetricData, its limits and status codes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html and API_MetricDataResult.html
//   - Metric math: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
//   - Statistics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
//   - Lambda's metrics: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
//   - Its dimensions, and when it reports: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
//   - An alias without weights reports by ExecutedVersion too, as somebody saw: https://github.com/aws/aws-cdk/issues/14248
//   - Metrics of load balancers: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
//
// That periods are counted from the start of the call is what CloudWatch does, and no
// promise of AWS's: an answer that has other periods is an error.
package cloudwatch
