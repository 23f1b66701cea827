package alb

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// slotMessages is the part of the table that is about two groups that take turns.
func slotMessages() []rollout.Message {
	return []rollout.Message{
		msgSlotTwo, msgSlotSame, msgSlotGone, msgSlotUnread, msgSlotUnsigned, msgSlotOthers, msgSlotBetween, msgSlotNoneIdle, msgSlotUnowned, msgSlotNothingNamed,
		msgSlotContainers, msgSlotNoContainer, msgSlotNoLabel, msgSlotNoImage, msgBehindUnknown, msgBehindChanges, msgBehindMissing,
	}
}

// Which of two groups a release goes into.
var (
	msgSlotTwo = rollout.Message{
		ID:   "alb.slot_two",
		What: "Two target groups take turns, and {n} are given",
		Why:  "A release goes into the one that serves nobody, and the other one is its way home.",
		Fix:  "Give target_groups two entries, such as { blue = aws_lb_target_group.blue.arn, green = aws_lb_target_group.green.arn }.",
		At:   "target_groups",
	}
	msgSlotSame = rollout.Message{
		ID:   "alb.slot_same",
		What: "Both slots are the same target group",
		Why:  "It is {arn}: what goes into one would be in the other.",
		Fix:  "Give each slot a target group of its own.",
		At:   "target_groups",
	}
	msgSlotGone = rollout.Message{
		ID:   "alb.slot_gone",
		What: "What the slots are of does not exist",
		Why:  "There is no {what}.",
		Fix:  "Correct the ARN, or use that of the resource that creates it: it is unknown until then, and nothing is looked at before.",
	}
	msgSlotUnread = rollout.Message{
		ID:   "alb.slot_unread",
		What: "Which slot is idle could not be looked at",
		Why:  "{why}.",
		Fix:  "Allow the action to whom Terraform runs as if one was denied (the guide on permissions has the policies), or try again. No slot is named by guessing, since the other one serves users.",
	}
	msgSlotUnsigned = rollout.Message{
		ID:   "alb.slot_unsigned",
		What: "Which slot is idle could not be looked at",
		Why:  "{why}",
		Fix:  "{todo} No slot is named by guessing, since the other one serves users.",
	}
	msgSlotOthers = rollout.Message{
		ID:   "alb.slot_others",
		What: "A target group that is none of the slots has users",
		Why:  "{group} has {weight} of the traffic. Whether a slot is idle cannot be told as long as it is not known who is to have that.",
		Fix:  "Give target_groups the two groups that take turns, or move the users of {group} to one of them.",
		At:   "target_groups",
	}
	msgSlotBetween = rollout.Message{
		ID:   "alb.slot_between",
		What: "What users are served from is being changed",
		Why:  "{group} has {weight} of the traffic, and {by} is between two contents there: {contents}. A plan that was made now would take one of them for what users have.",
		Fix:  "Wait until the change has ended, or take it back, and plan again. Whoever changed it did so past the rollout: content goes into the slot that serves nobody.",
	}
	msgSlotNoneIdle = rollout.Message{
		ID:   "alb.slot_none_idle",
		What: "No slot is idle",
		Why:  `{one}, and {other}. The new content "{content}" would reach users of one of them at once, without a step and without a way home.`,
		Fix:  "Finish what is under way first, by an apply of the content that it is about, or take all users to one of the two; then the other is idle.",
	}
	msgSlotUnowned = rollout.Message{
		ID:   "alb.slot_unowned",
		What: "What {group} holds cannot be told",
		Why:  "It has {targets} targets, and nobody is known who registered them: no service of Amazon ECS in ecs_cluster, and no Auto Scaling group.",
		Fix:  "Give ecs_cluster with the cluster of its service. Where you register targets yourself, name target_group and content in the deployment without this data source.",
		At:   "target_groups",
	}
	msgSlotNothingNamed = rollout.Message{
		ID:   "alb.slot_nothing_named",
		What: "What {group} holds cannot be told",
		Why:  "There, {by} names neither a task definition nor a launch template: a launch configuration, task sets or deployments by another controller say nothing that could be compared.",
		Fix:  "Use a launch template, or the deployment controller ECS; or name target_group and content in the deployment without this data source.",
		At:   "target_groups",
	}
	msgSlotContainers = rollout.Message{
		ID:   "alb.slot_containers",
		What: "Several containers, and none is named",
		Why:  "{definition} has the containers {containers}: the image of which one is the content is not known.",
		Fix:  "Add container with the name of the one that content is about.",
		At:   "ecs_cluster",
	}
	msgSlotNoContainer = rollout.Message{
		ID:   "alb.slot_no_container",
		What: "There is no such container",
		Why:  `{definition} has no container "{container}". It has: {containers}.`,
		Fix:  "Name one of those.",
		At:   "container",
	}
	msgSlotNoLabel = rollout.Message{
		ID:   "alb.slot_no_label",
		What: "Content is not labelled",
		Why:  `{what} "{label}", so nobody can tell what is there.`,
		Fix:  "Write data.rollout_slot.NAME.contents of its slot there (dockerLabels of the container, tag_specifications of the launch template), or remove label, to compare images. Where users are served from it now, bring the label there before.",
		At:   "label",
	}
	msgSlotNoImage = rollout.Message{
		ID:   "alb.slot_no_image",
		What: "A launch template has no image",
		Why:  "{template} names no image, so nobody can tell what its instances have.",
		Fix:  "Give the launch template image_id, or give label with the name of a tag that its instances have.",
		At:   "target_groups",
	}
)

// What is about to be behind a group that has users.
var (
	msgBehindUnknown = rollout.Message{
		ID:   "alb.behind_unknown",
		What: "What is behind {group} is about to change, and it serves users",
		Why:  "It has {weight} of the traffic. There, {by} has {had}, and what it is to have is known after apply only: it is made anew, and reaches users at once, without a step and without a way home.",
		Fix:  "Leave the resources of {group} as they are, and bring the change into the group that serves nobody: what both have in common has to come from the content of their slot. To go on all the same, set ROLLOUT_PREFLIGHT=warn.",
		At:   "behind",
	}
	msgBehindChanges = rollout.Message{
		ID:   "alb.behind_changes",
		What: "What is behind {group} is about to change, and it serves users",
		Why:  "It has {weight} of the traffic. There, {by} has {had}, and is to have {next}: that would reach users at once, without a step and without a way home.",
		Fix:  "Leave the resources of {group} as they are, and bring the change into the group that serves nobody. If somebody changed {group} past Terraform, go on from there: let the configuration say what it has. To go on all the same, set ROLLOUT_PREFLIGHT=warn.",
		At:   "behind",
	}
	msgBehindMissing = rollout.Message{
		ID:   "alb.behind_missing",
		What: "behind does not name a group that serves users",
		Why:  "{group} has {weight} of the traffic, and what is about to be behind it is not given, so that a change there would go unnoticed.",
		Fix:  "Add an entry by the name of each group, such as {group} = aws_ecs_task_definition.NAME.arn.",
		At:   "behind",
	}
)
