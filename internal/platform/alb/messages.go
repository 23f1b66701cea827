package alb

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// messages is the table of what the platform says.
func messages() []rollout.Message {
	return []rollout.Message{
		msgNoPlace, msgTwoPlaces, msgNoARN, msgNotApplication, msgNothingWanted, msgNoGroup, msgGroupElsewhere, msgNoContent, msgEmptyContent,
		msgNoCluster, msgNoDuration, msgQuietTooShort, msgNoURL, msgGone, msgDenied, msgUnread, msgNoForward, msgUnknownAction, msgTooManyGroups,
		msgOtherGroup, msgFunctions, msgElsewhere, msgStickyAlone, msgDrainTooShort, msgDelayTooShort, msgDelayTooLong, msgWebsockets, msgKept,
		msgShrinks, msgScalingUnread, msgQuietUnread, msgContentUnknown, msgServingChanges,
	}
}

// What is wrong with a block, whoever is asked.
var (
	msgNoPlace = rollout.Message{
		ID:   "alb.no_place",
		What: "Neither listener nor rule is given",
		Why:  "Nothing says whose requests are divided.",
		Fix:  "Give listener, to divide its default actions (aws_lb_listener.NAME.arn), or rule, to divide those of one rule (aws_lb_listener_rule.NAME.arn).",
	}
	msgTwoPlaces = rollout.Message{
		ID:   "alb.two_places",
		What: "Both listener and rule are given",
		Why:  "A rule has actions of its own, and those of its listener are others: one block divides one of them.",
		Fix:  "Leave the one whose requests are to be divided, and use another resource for the other.",
		At:   "rule",
	}
	msgNoARN = rollout.Message{
		ID:   "alb.no_arn",
		What: "This is not the ARN of a {at}",
		Why:  `It is "{arn}".`,
		Fix:  "Use the ARN of the resource: aws_lb_listener.NAME.arn for listener, aws_lb_listener_rule.NAME.arn for rule.",
		At:   "{at}",
	}
	msgNotApplication = rollout.Message{
		ID:   "alb.not_application",
		What: "This is no Application Load Balancer",
		Why:  `"{arn}" is of a Network or a Gateway Load Balancer. They divide connections, not requests.`,
		Fix:  "Name a listener of an Application Load Balancer: app stands behind listener/ in its ARN.",
		At:   "{at}",
	}
	msgNothingWanted = rollout.Message{
		ID:   "alb.nothing_wanted",
		What: "Nothing says what shall be live",
		Why:  "target_group is not given.",
		Fix:  "Give target_group with the ARN of the group that holds the new content (aws_lb_target_group.NAME.arn).",
	}
	msgNoGroup = rollout.Message{
		ID:   "alb.no_group",
		What: "This is not the ARN of a target group",
		Why:  `It is "{arn}".`,
		Fix:  "Use the ARN of the group's resource (aws_lb_target_group.NAME.arn): it is unknown until the group exists, so that a plan from nothing is not refused.",
		At:   "{at}",
	}
	msgGroupElsewhere = rollout.Message{
		ID:   "alb.group_elsewhere",
		What: "The target group is in another place than the load balancer",
		Why:  "It is in {region}, account {account}, and the load balancer in {own}.",
		Fix:  "Name a target group of the load balancer's region and account.",
		At:   "{at}",
	}
	msgNoContent = rollout.Message{
		ID:   "alb.no_content",
		What: "content is missing",
		Why:  "A target group is a place: two groups take turns, and the name alone does not tell one release from another. Without content a release that failed would block the next one in the same group, and a change of what users are served from would go unnoticed.",
		Fix:  "Add content with what changes whenever the group gets something new, such as the image by digest (var.image), or a version of a launch template.",
	}
	msgEmptyContent = rollout.Message{
		ID:   "alb.empty_content",
		What: "content is empty",
		Why:  "It tells one release from another.",
		Fix:  "Write what changes whenever the group gets something new, such as the image by digest.",
		At:   "content",
	}
	msgNoCluster = rollout.Message{
		ID:   "alb.no_cluster",
		What: "This is not a cluster of Amazon ECS",
		Why:  `It is "{value}".`,
		Fix:  "Use the ARN or the name of the cluster's resource (aws_ecs_cluster.NAME.arn).",
		At:   "ecs_cluster",
	}
	msgNoDuration = rollout.Message{
		ID:   "alb.no_duration",
		What: "{attribute} is not a duration",
		Why:  `It is "{value}".`,
		Fix:  `Write a number with a unit, such as "90s", "5m" or "1h".`,
		At:   "{attribute}",
	}
	msgQuietTooShort = rollout.Message{
		ID:   "alb.quiet_too_short",
		What: "quiet is shorter than a minute",
		Why:  `It is "{value}", and CloudWatch counts requests by the minute.`,
		Fix:  `Write quiet = "1m" or more, or remove it to wait for the whole deregistration delay.`,
		At:   "quiet",
	}
	msgNoURL = rollout.Message{
		ID:   "alb.no_url",
		What: "{attribute} is not an address",
		Why:  "It has to be http://host[:port] or https://host[:port], with a path if it needs one, and without a user, a query or a fragment.",
		Fix:  "Correct {attribute}. What a request adds is written in the gate's request block.",
		At:   "{attribute}",
	}
)

// What a look at the load balancer found.
var (
	msgGone = rollout.Message{
		ID:  "alb.gone",
		Why: "It does not exist.",
		Fix: "Correct the ARN, or use that of the resource that creates it: it is unknown until then, and nothing is looked at before.",
	}
	msgDenied = rollout.Message{
		ID:  "alb.denied",
		Why: "{why}.",
		Fix: "Allow the action to whom Terraform runs as. The guide on permissions has the whole policy.",
	}
	msgUnread = rollout.Message{
		ID:  "alb.unread",
		Why: "It could not be read: {why}.",
		Fix: "Try again. What is not looked at does not count as being there.",
	}
	msgNoForward = rollout.Message{
		ID:  "alb.no_forward",
		Why: "None of its actions forwards to a target group. It has: {kinds}.",
		Fix: "Name the listener or the rule that forwards the requests which are to be divided, or let this one forward to the group that serves now.",
	}
	msgUnknownAction = rollout.Message{
		ID:  "alb.unknown_action",
		Why: "Its actions cannot be written back as they are: {why}.",
		Fix: "Use a newer version of the provider, or name a rule without that action.",
	}
	msgTooManyGroups = rollout.Message{
		ID:  "alb.too_many_groups",
		Why: "Five target groups are attached already, and {group} is not one of them. AWS allows five.",
		Fix: "Detach a group at weight 0 that is not needed any more, or name one of the five as target_group.",
	}
	msgOtherGroup = rollout.Message{
		ID:  "alb.other_group",
		Why: "Another target group of that name is attached: {other}, and target_group is {arn}.",
		Fix: "Name the one that is attached, or give the new one another name.",
	}
	msgFunctions = rollout.Message{
		ID:  "alb.functions",
		Why: "{group} is a target group of a Lambda function: which version it invokes is not for the weights of groups to say.",
		Fix: "Register the function's alias as its target, and use a lambda_alias block.",
	}
	msgElsewhere = rollout.Message{
		ID:  "alb.elsewhere",
		Why: "{group} belongs to another load balancer, and AWS lets it belong to one: {balancer}.",
		Fix: "Use a target group of its own for this load balancer.",
	}
	msgStickyAlone = rollout.Message{
		ID:  "alb.sticky_alone",
		Why: "{group} keeps users at one target, and the action does not keep them at one group: while two groups serve, a user changes between them at any request, and a session that one target holds is lost.",
		Fix: "Switch on stickiness of the forward action for a short time (stickiness in aws_lb_listener's forward block), or keep sessions outside of the targets.",
	}
	msgDrainTooShort = rollout.Message{
		ID:  "alb.drain_too_short",
		Why: "drain is {drain}, and longest_request {longest}: requests would be cut when what lost its traffic is stopped.",
		Fix: "Set drain to {longest} or more, or remove it.",
	}
	msgDelayTooShort = rollout.Message{
		ID:  "alb.delay_too_short",
		Why: "The deregistration delay of {group} is {delay}, and longest_request {longest}: requests that take longer are cut when their target is deregistered.",
		Fix: "Set deregistration_delay = {seconds} on the aws_lb_target_group, or now:\naws elbv2 modify-target-group-attributes --region {region} --target-group-arn {arn} --attributes Key=deregistration_delay.timeout_seconds,Value={seconds}",
	}
	msgDelayTooLong = rollout.Message{
		ID:  "alb.delay_too_long",
		Why: "The deregistration delay of {group} is {delay}, and longest_request {longest}: every rollout waits for the whole delay, though nothing takes that long.",
		Fix: `Set quiet = "2m", drain = "{longest}", or a shorter deregistration_delay on the aws_lb_target_group.`,
	}
	msgWebsockets = rollout.Message{
		ID:  "alb.websockets",
		Why: "Websockets that are open stay with {group}, whatever the weights are: a change of weights closes no connection. They are cut {delay} after their targets are deregistered, and clients have to connect again.",
		Fix: "Let clients reconnect, and do not deregister the targets of {group} all at once. Remove websockets if nobody holds any open.",
	}
	msgKept = rollout.Message{
		ID:  "alb.kept",
		Why: "The action keeps users at the group that answered them (stickiness), whatever the weights are, and each answer begins the {pinned} anew: who asks more often stays with {group} at weight 0, and gets 503 once its targets are deregistered. The rollout waits {pinned} for them, once.",
		Fix: "Before the targets of {group} are stopped, switch stickiness of the action off for {pinned}; or let it be shorter than the pauses of users; or remove it.",
	}
	msgShrinks = rollout.Message{
		ID:  "alb.shrinks",
		Why: "{who} may leave {group} {least} of its {now} targets, for it gets fewer requests while the candidate rises. If it does, the way home is done in rungs, as far as there are healthy targets, and takes as long as new ones take to start.",
		Fix: "Suspend scaling in until the watch is over (disable_scale_in on the policy, or suspended_processes on the group), or raise the minimum to {now}.",
	}
	msgQuietUnread = rollout.Message{
		ID:  "alb.quiet_unread",
		Why: "Whether anybody still asks {group} could not be counted, so quiet has no effect, and its whole deregistration delay is waited for: {why}.",
		Fix: "Allow cloudwatch:GetMetricData, as the guide on permissions lists, or remove quiet.",
	}
	msgScalingUnread = rollout.Message{
		ID:  "alb.scaling_unread",
		Why: "Whether autoscaling may take targets from {group} while the candidate rises could not be looked at: {why}.",
		Fix: "Allow the actions on autoscaling that the guide on permissions lists, to be told.",
	}
)

// What a change of the block would do to users.
var (
	msgServingChanges = rollout.Message{
		ID:   "alb.serving_changes",
		What: "{group} serves users, and its content is about to change",
		Why:  `It has {weight} of the traffic. State remembers that "{had}" was rolled out there, and content is now "{content}": whatever brings that into {group} brings it to users at once, without a step and without a way home.`,
		Fix:  "Give the new content to a group that has no traffic, and name that one as target_group. Leave the resources behind {group} (its aws_ecs_service or aws_autoscaling_group) as they are until then.",
		At:   "target_group",
	}
	msgContentUnknown = rollout.Message{
		ID:   "alb.content_unknown",
		What: "{group} serves users, and what its content will be is not known before apply",
		Why:  `It has {weight} of the traffic, and "{had}" was rolled out there. Other content would reach users at once, without a step and without a way home.`,
		Fix:  "Give content a value that is known at plan, such as the image by digest instead of the ARN of a task definition that is to be registered, or name a target_group that has no traffic.",
		At:   "content",
	}
)
