package pubsubtopic

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "pubsub_topic"

// Kind returns the preflight kind "pubsub_topic".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name:  name,
		Alone: true,
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
		Blocks:   map[string]schema.Block{},
		Messages: messages(),
		Validate: func(ctx context.Context, object types.Object) []rollout.Problem {
			_, problems := read(ctx, object)
			return problems
		},
		Object: func(ctx context.Context, object types.Object) string {
			c, _ := read(ctx, object)
			return c.topic
		},
		Open: func(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Check, error) {
			c, problems := read(ctx, object)
			if len(problems) > 0 {
				return nil, problems[0]
			}
			c.clients = clients
			return c, nil
		},
	}
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

// read turns the block into a check. What is unknown is left out, and is not
// wrong.
func read(ctx context.Context, object types.Object) (check, []rollout.Problem) {
	var c check
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return c, nil
	}
	var problems []rollout.Problem
	add := func(at string, p rollout.Problem) {
		p.At = at
		problems = append(problems, p)
	}
	if text := b.Topic.ValueString(); !b.Topic.IsUnknown() {
		if topicForm.MatchString(text) {
			c.topic = text
		} else {
			add("topic", msgNoTopic.With("topic", text))
		}
	}
	for _, e := range b.Subscriptions.Elements() {
		v, ok := e.(types.String)
		switch {
		case !ok || v.IsUnknown():
		case subscriptionForm.MatchString(v.ValueString()):
			c.subscriptions = append(c.subscriptions, v.ValueString())
		default:
			add("subscriptions", msgNoSubscription.With("subscription", v.ValueString()))
		}
	}
	c.publisher = b.PublishableBy.ValueString()
	if !b.PublishableBy.IsUnknown() && !b.PublishableBy.IsNull() && !emailForm.MatchString(c.publisher) {
		add("publishable_by", msgNoPublisher.With("account", c.publisher))
	}
	return c, problems
}
