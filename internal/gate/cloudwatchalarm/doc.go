// Package cloudwatchalarm is the gate kind "cloudwatch_alarm": the state of an alarm
// of CloudWatch, on a metric or composite.
//
//	ALARM              a breach: the value is 1
//	OK                 passes: the value is 0
//	INSUFFICIENT_DATA  no data
//	                   samples are the periods that the alarm looks at; of a
//	                   composite alarm, one
//
// # What is asked
//
// DescribeAlarms, which needs cloudwatch:DescribeAlarms on the alarm, and on everything
// for a composite one: "You can't return information about composite alarms if your
// cloudwatch:DescribeAlarms permission has a narrower scope." An alarm has a state and
// no past, so this is what holds when it is asked. Its actions are not touched: it
// tells whom it tells.
//
// # An alarm looks back
//
// An alarm on a metric looks at its evaluation periods. Where they reach further back
// than the gate's window, its OK is about users of whoever served before, and is no
// data; an ALARM is a breach all the same. Of a composite alarm nobody knows how far
// those look back that it is made of: the window has to be as long as that.
//
// An alarm that treats missing data as notBreaching is OK where nothing is reported,
// and one that treats it as ignore keeps its state. This is the alarm's own judgement.
//
// # Where the rules come from
//
//   - DescribeAlarms: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
//   - States, evaluation periods, missing data: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
//     and https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
package cloudwatchalarm
