package pubsubtopic

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var asked = cloud.Ask(name, "Pub/Sub", "pubsub.googleapis.com")

var (
	msgNoTopic = rollout.Message{
		ID:   "pubsub_topic.no_topic",
		What: "The topic of a pubsub_topic is not the id of a topic",
		Why:  `"{topic}" has to be like projects/my-project/topics/orders.`,
		Fix:  "Use google_pubsub_topic.x.id.",
	}
	msgNoSubscription = rollout.Message{
		ID:   "pubsub_topic.no_subscription",
		What: "A subscription of a pubsub_topic is not the id of a subscription",
		Why:  `"{subscription}" has to be like projects/my-project/subscriptions/orders-mail.`,
		Fix:  "Use google_pubsub_subscription.x.id.",
	}
	msgNoPublisher = rollout.Message{
		ID:   "pubsub_topic.no_publisher",
		What: "publishable_by is not the email of a service account",
		Why:  `"{account}" has to be like api@my-project.iam.gserviceaccount.com.`,
		Fix:  "Use google_service_account.x.email, without serviceAccount: before it.",
	}
	msgTopicGone = rollout.Message{
		ID:  "pubsub_topic.gone",
		Why: "there is no such topic",
		Fix: "Create it. If it is created in this same apply, refer to its computed id, google_pubsub_topic.x.id, rather than to a name: then it is checked in apply, once it exists.",
	}
	msgSubscriptionGone = rollout.Message{
		ID:  "pubsub_topic.subscription_gone",
		Why: "there is no subscription {subscription}",
		Fix: "Create it. If it is created in this same apply, refer to its computed id, google_pubsub_subscription.x.id, rather than to a name: then it is checked in apply, once it exists.",
	}
	msgSubscriptionUnread = rollout.Message{ID: "pubsub_topic.subscription_unread", Why: "the subscription {subscription} could not be looked at: {why}", Fix: "{fix}"}

	msgOddAnswer = rollout.Message{ID: "pubsub_topic.odd_answer", Why: "Pub/Sub answered with something else than it was asked for", Fix: "See whether something answers in its place, such as a proxy or the endpoint of the provider's google block. If not, report this as a fault of the provider."}
	msgDetached  = rollout.Message{
		ID:  "pubsub_topic.detached",
		Why: "the subscription {subscription} is detached, so it gets no message",
		Fix: "Delete it and create it again: one that is detached cannot be attached again.",
	}
	msgTopicDeleted = rollout.Message{
		ID:  "pubsub_topic.topic_deleted",
		Why: "the topic of the subscription {subscription} was deleted, and another one of its name does not take its place",
		Fix: "Delete the subscription and create it again.",
	}
	msgOtherTopic = rollout.Message{
		ID:  "pubsub_topic.other_topic",
		Why: "the subscription {subscription} is one of {found}",
		Fix: "Correct topic or subscriptions.",
	}
	msgInactive = rollout.Message{
		ID:  "pubsub_topic.inactive",
		Why: "the state of the subscription {subscription} is {state}: it cannot hand its messages on",
		Fix: "Look at where it hands them to:\n  gcloud pubsub subscriptions describe {subscription}",
	}
	msgPolicyUnread = rollout.Message{ID: "pubsub_topic.policy_unread", Why: "whether {account} may publish is unknown: {why}", Fix: "{fix}"}
	msgNoGrant      = rollout.Message{
		ID:  "pubsub_topic.no_grant",
		Why: "whether {account} may publish is unknown: the topic's own policy does not say so, and it may inherit that from the project or above, or have it by a group",
		Fix: "If it may not:\n  gcloud pubsub topics add-iam-policy-binding {topic} --role={role} --member=serviceAccount:{account}",
	}
	msgConditionalGrant = rollout.Message{
		ID:  "pubsub_topic.conditional_grant",
		Why: "whether {account} may publish is unknown: the topic's own policy says so under a condition, which is not evaluated here",
		Fix: "If it may not:\n  gcloud pubsub topics add-iam-policy-binding {topic} --role={role} --member=serviceAccount:{account}",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{
		msgNoTopic, msgNoSubscription, msgNoPublisher, msgTopicGone, msgSubscriptionGone, msgSubscriptionUnread, msgOddAnswer, msgDetached,
		msgTopicDeleted, msgOtherTopic, msgInactive, msgPolicyUnread, msgNoGrant, msgConditionalGrant,
	}, asked.Messages()...)
}
