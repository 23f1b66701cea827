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
package main
