package cloudwatch

import (
	"math"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// ready is one of the metrics that the block knows by name. Its value stands on
// requests, which are counted beside it.
type ready struct {
	unit       string
	dimensions map[string]string // name = the template of its value
	queries    []cloud.MetricQuery
	// value is computed from what the queries found, where there were requests.
	value func(found map[string]float64, requests float64) (float64, bool)
	slow  bool // what runs is counted in the minute in which it began
}

// ofVersion are the dimensions of what a version answered through an alias.
var ofVersion = map[string]string{"FunctionName": "{{function}}", "Resource": "{{function}}:{{alias}}", "ExecutedVersion": "{{revision}}"}

// ofGroup are those of what the targets of one group answered to one load balancer.
var ofGroup = map[string]string{"LoadBalancer": "{{load_balancer}}", "TargetGroup": "{{target_group}}"}

func readyMetrics() map[string]ready {
	function := func(name, statistic, id string) cloud.MetricQuery {
		return cloud.MetricQuery{ID: id, Namespace: "AWS/Lambda", Name: name, Statistic: statistic}
	}
	target := func(name, statistic, id string) cloud.MetricQuery {
		return cloud.MetricQuery{ID: id, Namespace: "AWS/ApplicationELB", Name: name, Statistic: statistic}
	}
	return map[string]ready{
		"lambda_errors": {"%", ofVersion, []cloud.MetricQuery{function("Errors", "Sum", "bad"), function("Invocations", "Sum", requests)}, share, true},
		"lambda_latency_p95": {"ms", ofVersion, []cloud.MetricQuery{
			function("Duration", "p95", "took"), function("Duration", "SampleCount", requests),
		}, took(1), true},
		"target_5xx": {"%", ofGroup, []cloud.MetricQuery{target("HTTPCode_Target_5XX_Count", "Sum", "bad"), target("RequestCount", "Sum", requests)}, share, false},
		"target_latency_p95": {"ms", ofGroup, []cloud.MetricQuery{
			target("TargetResponseTime", "p95", "took"), target("TargetResponseTime", "SampleCount", requests),
		}, took(1000), false},
	}
}

// requests is the id of the query that counts them.
const requests = "requests"

// share is how many of a hundred requests were bad. What did not happen is not
// reported, so bad ones that are absent are none where there were requests.
func share(found map[string]float64, all float64) (float64, bool) {
	return 100 * found["bad"] / all, true
}

// took is a time in milliseconds.
func took(times float64) func(map[string]float64, float64) (float64, bool) {
	return func(found map[string]float64, _ float64) (float64, bool) {
		v, ok := found["took"]
		return times * v, ok
	}
}

// measure is what was found, as a measurement.
func (r ready) measure(found map[string]float64) rollout.Measurement {
	all := found[requests]
	if all < 1 {
		return rollout.Measurement{Note: nothing}
	}
	v, ok := r.value(found, all)
	if !ok {
		return rollout.Measurement{Note: nothing}
	}
	return rollout.Measurement{Value: v, Samples: count(all)}
}

func count(n float64) int { return int(max(0, min(math.Round(n), math.MaxInt32))) }
