// Bench measures what people would notice, and prints one line a figure:
//
//	bench NAME VALUE UNIT
//
// Ratios are measured against something else in the same run, on the same
// machine. Everything else that it says goes to standard error.
//
//	start_ratio, rss_ratio        start until the handshake, and resident memory then, against an empty provider that links the same SDKs
//	start_vs_aws, rss_vs_aws      the same against hashicorp/aws 5.100.0
//	binary_mb                     the size of a release's binary
//	plan_1000_ratio               a plan without changes of 1,000 rollout_traffic_split, against the same schema served by a provider that does nothing
//	reads_per_target              calls to the platform in that plan, per resource
//	requirement_reads             calls that a plan of 1,000 deployments makes for the same 5 requirements
//	step_overhead_ms              what a rollout takes beyond bakes and settling, per step
//	home_ms                       from a bad measurement that can be seen to the write home, beyond one interval of the gate
//	bad_requests_D                requests of users that fail from the candidate's first bad one until all are home, where metrics arrive D seconds late
//	bad_requests_switch           the same with a plain switch of everything, and a person who returns it after 5 minutes
//	review_over_parse             reviewing 1,000 migrations of 20 statements, against parsing the statements alone
//	review_mb                     by how much that process grows
//
// Those of AWS have 30 ms of latency in every answer, and share one moto.
//
//	aws_plan_ratio                refresh and plan of 1,000 rollout_traffic_split, one alias a function, against 1,000 aws_lambda_alias of hashicorp/aws 5.100.0
//	aws_calls_ratio               calls to AWS in it, against the same
//	aws_memory_ratio              the most memory that the provider's process held in it, against the same
//	aws_100_ratio                 an apply of 100 rollouts, ten at a time, against their bakes and watches alone; their clock and the latency are 10 times as fast, and everything else is not
//	aws_100_mb                    the most memory that the provider held in it, over that for a single rollout
//	aws_100_metric_calls          GetMetricData calls a minute for all of them together
//	aws_throttled                 throttling errors that reach the user of such an apply, where Lambda takes ten requests a second
package main
