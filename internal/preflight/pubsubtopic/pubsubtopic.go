package pubsubtopic

import (
	"context"
	"net/url"
	"path"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	api             = "pubsub"
	getTopic        = "pubsub.topics.get"
	getSubscription = "pubsub.subscriptions.get"
	getPolicy       = "pubsub.topics.getIamPolicy"
	role            = "roles/pubsub.viewer"
	securityRole    = "roles/iam.securityReviewer"

	deletedTopic = "_deleted-topic_"
)

// publishers are the predefined roles that have pubsub.topics.publish and can be
// granted on a topic.
var publishers = []string{"roles/pubsub.publisher", "roles/pubsub.editor", "roles/pubsub.admin"}

// check implements rollout.Check.
type check struct {
	clients       *cloud.Clients
	topic         string
	subscriptions []string
	publisher     string // the email of a service account, or ""
}

// Run asks for the topic and, where it is there, for everything else that is
// required of it.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.topic, Status: rollout.Failed}
	var found struct {
		Name string `json:"name"`
	}
	err := c.get(ctx, c.topic, nil, &found)
	switch {
	case ctx.Err() == nil && cloud.Gone(err):
		f.Retry = true
		return []rollout.Finding{f.Because(msgTopicGone)}
	case err != nil || ctx.Err() != nil:
		return []rollout.Finding{asked.Skipped(ctx, f, err, getTopic, role)}
	case path.Base(found.Name) != path.Base(c.topic):
		f.Status = rollout.Skipped
		return []rollout.Finding{f.Because(msgOddAnswer)}
	}
	f.Status, f.Why = rollout.Passed, "the topic exists"
	out := []rollout.Finding{f}
	for _, s := range c.subscriptions {
		out = append(out, c.subscription(ctx, s, found.Name))
	}
	if c.publisher != "" {
		out = append(out, c.grant(ctx))
	}
	return out
}

func (c check) get(ctx context.Context, resource string, query url.Values, out any) error {
	at := url.URL{Path: "/v1/" + resource} // a name may have percent signs
	return c.clients.GoogleJSON(ctx, api, at.EscapedPath(), query, out)
}

// subscription looks at one, which has to be of the topic as Pub/Sub calls it.
func (c check) subscription(ctx context.Context, id, topic string) rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.topic, Status: rollout.Failed}
	var found struct {
		Topic    string `json:"topic"`
		Detached bool   `json:"detached"`
		State    string `json:"state"`
	}
	err := c.get(ctx, id, nil, &found)
	switch {
	case ctx.Err() == nil && cloud.Gone(err):
		f.Retry = true
		return f.Because(msgSubscriptionGone, "subscription", id)
	case err != nil || ctx.Err() != nil:
		f = asked.Skipped(ctx, f, err, getSubscription, role)
		return f.Because(msgSubscriptionUnread, "subscription", id, "why", f.Why, "fix", f.Fix)
	case found.Topic == "":
		f.Status = rollout.Skipped
		return f.Because(msgOddAnswer)
	case found.Detached:
		return f.Because(msgDetached, "subscription", id)
	case found.Topic == deletedTopic:
		return f.Because(msgTopicDeleted, "subscription", id)
	case found.Topic != topic:
		return f.Because(msgOtherTopic, "subscription", id, "found", found.Topic)
	case found.State != "ACTIVE":
		f.Retry = true
		return f.Because(msgInactive, "subscription", id, "state", found.State)
	}
	f.Status, f.Why = rollout.Passed, "the subscription "+id+" takes its messages"
	return f
}

// grant says whether the topic's own policy lets the account publish. It cannot
// say that nothing else does.
func (c check) grant(ctx context.Context) rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.topic, Permission: true}
	var policy cloud.Policy
	err := c.get(ctx, c.topic+":getIamPolicy", url.Values{"options.requestedPolicyVersion": {"3"}}, &policy)
	if err != nil || ctx.Err() != nil {
		f = asked.Skipped(ctx, f, err, getPolicy, securityRole)
		if ctx.Err() != nil {
			return f
		}
		return f.Because(msgPolicyUnread, "account", c.publisher, "why", f.Why, "fix", f.Fix)
	}
	given, conditional := policy.Gives(c.publisher, publishers...)
	if given != "" {
		f.Status, f.Why = rollout.Passed, c.publisher+" may publish: the topic's own policy gives it "+given
		return f
	}
	f.Status, f.Retry = rollout.Skipped, true
	m := msgNoGrant
	if conditional {
		m = msgConditionalGrant
	}
	return f.Because(m, "account", c.publisher, "topic", c.topic, "role", publishers[0])
}
