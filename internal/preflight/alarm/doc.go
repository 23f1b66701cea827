// Package alarm is the preflight kind "alarm": an alarm of CloudWatch is there,
// and is not in ALARM already.
//
// A rollout that begins while an alarm rings cannot tell whether what it does is
// wrong. An alarm that has no data yet is no alarm: it passes, and says so.
//
// # What it cannot do
//
// It looks now, and again before each step; the gate "cloudwatch_alarm" is what
// watches while users are moved.
//
// # Where the rules come from
//
//   - DescribeAlarms, which shows composite alarms only to who asks for them: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
//   - States: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarm-states
//   - Permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
package alarm
