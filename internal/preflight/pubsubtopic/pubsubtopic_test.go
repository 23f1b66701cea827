package pubsubtopic

import (
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

type values = preflighttest.Values

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

// start is a project with everything that is asked for.
func start(t *testing.T) *preflighttest.OnGoogle {
	h := preflighttest.NewOnGoogle(t, Kind(), sandbox.Options{})
	h.API, h.Needs = "pubsub.", []string{getTopic, getSubscription, getPolicy}
	h.Gone = func() { h.Block["topic"] = "projects/demo/topics/none" }
	h.Topic("orders")
	h.Subscribe("mail", sandbox.Subscription{Topic: "orders"})
	h.GrantOn("topics/orders", "roles/pubsub.publisher", "", "group:all@example.com", member)
	h.Block = values{"topic": topic, "subscriptions": []any{mail}, "publishable_by": account}
	return h
}

func TestOddAnswers(t *testing.T) {
	preflighttest.OddAnswers(t, "Pub/Sub", "pubsub.googleapis.com", "Pub/Sub answered with something else than it was asked for", start)
}

const (
	topic   = "projects/demo/topics/orders"
	mail    = "projects/demo/subscriptions/mail"
	account = "api@demo.iam.gserviceaccount.com"
	member  = "serviceAccount:" + account
)

const (
	exists    = "passed: the topic exists"
	taken     = "passed: the subscription projects/demo/subscriptions/mail takes its messages"
	publishes = "passed: api@demo.iam.gserviceaccount.com may publish: the topic's own policy gives it roles/pubsub.publisher"
)

func TestSubscriptions(t *testing.T) {
	for name, c := range map[string]struct {
		is   *sandbox.Subscription
		want string
	}{
		"there":          {&sandbox.Subscription{Topic: "orders"}, taken},
		"detached":       {&sandbox.Subscription{Topic: "orders", Detached: true}, "failed: the subscription projects/demo/subscriptions/mail is detached, so it gets no message"},
		"of no topic":    {&sandbox.Subscription{}, "failed: the topic of the subscription projects/demo/subscriptions/mail was deleted, and another one of its name does not take its place"},
		"of another one": {&sandbox.Subscription{Topic: "bills"}, "failed: the subscription projects/demo/subscriptions/mail is one of projects/demo/topics/bills"},
		"in trouble":     {&sandbox.Subscription{Topic: "orders", State: "RESOURCE_ERROR"}, "failed, may pass: the state of the subscription projects/demo/subscriptions/mail is RESOURCE_ERROR: it cannot hand its messages on"},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.Subscribe("mail", *c.is)
			preflighttest.Expect(t, h.Run(), exists, c.want, publishes)
		})
	}
	h := start(t)
	h.Block["subscriptions"] = []any{"projects/demo/subscriptions/none"}
	preflighttest.Expect(t, h.Run(), exists, "failed, may pass: there is no subscription projects/demo/subscriptions/none", publishes)
	h.Deny(getSubscription)
	preflighttest.Expect(t, h.Run(), exists, "skipped: the subscription projects/demo/subscriptions/none could not be looked at: pubsub.subscriptions.get is denied on it, or it does not exist", publishes)
	h.Block["topic"] = "projects/demo/topics/none"
	preflighttest.Expect(t, h.Run(), "failed, may pass: there is no such topic")
	h.Block = values{"topic": topic}
	preflighttest.Expect(t, h.Run(), exists)
}

// Only a literal, unconditional binding proves anything, and nothing disproves.
func TestPublishableBy(t *testing.T) {
	const open = "whether api@demo.iam.gserviceaccount.com may publish is unknown: "
	const unknown = "skipped, may pass: " + open + "the topic's own policy does not say so, and it may inherit that from the project or above, or have it by a group"
	for name, c := range map[string]struct {
		world func(h *preflighttest.OnGoogle)
		want  string
	}{
		"nothing": {func(*preflighttest.OnGoogle) {}, unknown},
		"admin":   {func(h *preflighttest.OnGoogle) { h.GrantOn("topics/orders", "roles/pubsub.admin", "", member) }, "passed: api@demo.iam.gserviceaccount.com may publish: the topic's own policy gives it roles/pubsub.admin"},
		"viewer":  {func(h *preflighttest.OnGoogle) { h.GrantOn("topics/orders", "roles/pubsub.viewer", "", member) }, unknown},
		"somebody else": {func(h *preflighttest.OnGoogle) {
			h.GrantOn("topics/orders", "roles/pubsub.publisher", "", member+".au")
		}, unknown},
		"a condition":   {func(h *preflighttest.OnGoogle) { h.GrantOn("topics/orders", "roles/pubsub.publisher", "true", member) }, "skipped, may pass: " + open + "the topic's own policy says so under a condition, which is not evaluated here"},
		"not permitted": {func(h *preflighttest.OnGoogle) { h.Deny(getPolicy) }, "skipped: " + open + "pubsub.topics.getIamPolicy is denied on it, or it does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.RevokeOn("topics/orders")
			c.world(h)
			got := h.Run()
			preflighttest.Expect(t, got, exists, taken, c.want)
			if g := got[2]; !g.Permission || g.Stops() || g.Object != topic {
				t.Errorf("got %+v", g)
			}
		})
	}
}

// A name may have a percent sign in it, which is none of the address's
// (https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names).
func TestNamesWithPercentSigns(t *testing.T) {
	h := start(t)
	for _, name := range []string{"orders%2Fnew", "100%+tax"} {
		name = "t" + name
		h.Topic(name)
		h.Block = values{"topic": "projects/demo/topics/" + name}
		preflighttest.Expect(t, h.Run(), exists)
	}
}

// A topic that Pub/Sub names by its project's number is the same one.
func TestTheNameThatPubSubHas(t *testing.T) {
	h := start(t)
	h.Block["topic"] = "projects/481516234200/topics/orders"
	preflighttest.Expect(t, h.Run(), exists, taken, publishes)
}

func TestValidate(t *testing.T) {
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":                {values{"topic": topic, "subscriptions": []any{mail}, "publishable_by": account}, nil},
		"unknown":            {values{"topic": preflighttest.Unknown, "subscriptions": []any{mail, preflighttest.Unknown}, "publishable_by": preflighttest.Unknown}, nil},
		"a name":             {values{"topic": "orders"}, []string{"topic"}},
		"a subscription":     {values{"topic": mail}, []string{"topic"}},
		"a name for another": {values{"topic": topic, "subscriptions": []any{mail, "mail"}}, []string{"subscriptions"}},
		"a member":           {values{"topic": topic, "publishable_by": member}, []string{"publishable_by"}},
	})
}
