// Package alb divides the traffic of a listener, or of one of its rules, of an
// Application Load Balancer among target groups.
//
// A forward action divides requests among up to five target groups by weights from
// 0 to 999, which count in proportion to each other
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupTuple.html,
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html).
// A revision is a target group, by its name: a place, that gets other content in
// time. What is in it now, the block says; which of two groups other content goes
// into, and what both hold, is read from their services or Auto Scaling groups.
//
// A write replaces all actions of a listener or rule, so everything else in them is
// read and sent back as it was. There is no precondition: the driver reads again
// right before it writes, and refuses where anything has changed. Between that read
// and the write, some ten milliseconds, somebody else's write is lost. It is noticed
// at the next look if it comes after ours.
//
// A group that no listener and no rule names is not checked
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html),
// so a candidate is attached at weight 0 first, and is raised only as far as it has
// healthy targets. Groups that are attached stay attached: Amazon ECS starts no task
// behind one that no load balancer names.
//
// What it cannot do: nothing that moves weights closes a connection, so a websocket
// stays where it is until its target is deregistered; and a group has no address of
// its own at weight 0, unless a listener or a rule for tests gives it one.
package alb
