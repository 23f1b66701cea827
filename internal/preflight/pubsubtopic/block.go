package pubsubtopic

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "pubsub_topic"

// Kind returns the preflight kind "pubsub_topic".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc: "A topic of Pub/Sub that exists, with the subscriptions that take its messages. It needs the permissions `" + getTopic + "` and, for `subscriptions`, `" +
			getSubscription + "`, which `" + role + "` has. No message is read or sent.",
		Attributes: map[string]schema.Attribute{
			"topic": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The topic's id: `google_pubsub_topic.x.id`, `projects/PROJECT/topics/NAME`. One that is created in the same apply has to be named by its computed id, " +
					"so that it is checked once it exists.",
			},
			"subscriptions": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The ids of subscriptions that have to be there, attached to the topic, and able to hand messages on: `[google_pubsub_subscription.x.id]`.",
			},
			"publishable_by": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The email of the service account that has to publish. It is looked for in the topic's own policy, which needs `" + getPolicy + "`. " +
					"Where it is not found there, that is unknown rather than wrong, for it may be inherited: a warning, which stops nothing.",
			},
		},
		Messages: messages(),
	}.ReadBy(read)
}

type block struct {
	Topic         types.String `tfsdk:"topic"`
	Subscriptions types.List   `tfsdk:"subscriptions"`
	PublishableBy types.String `tfsdk:"publishable_by"`
}

var (
	topicForm        = lazyregexp.New(`^projects/[^/\s]+/topics/[A-Za-z][A-Za-z0-9._~+%-]*$`)
	subscriptionForm = lazyregexp.New(`^projects/[^/\s]+/subscriptions/[A-Za-z][A-Za-z0-9._~+%-]*$`)
	emailForm        = lazyregexp.New(`^[^@\s:/]+@[^@\s:/]+\.[a-z]+$`)
)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	var c check
	if text := b.Topic.ValueString(); !b.Topic.IsUnknown() {
		if topicForm.MatchString(text) {
			c.topic = text
		} else {
			r.Wrong("topic", msgNoTopic, "topic", text)
		}
	}
	for _, v := range r.Texts(b.Subscriptions) {
		if id := r.Text(v, subscriptionForm.MatchString, "subscriptions", msgNoSubscription, "subscription", v.ValueString()); id != "" {
			c.subscriptions = append(c.subscriptions, id)
		}
	}
	c.publisher = r.Text(b.PublishableBy, emailForm.MatchString, "publishable_by", msgNoPublisher, "account", b.PublishableBy.ValueString())
	return c.topic, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
