package pubsubtopic

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

type values = preflighttest.Values

const inBody = "the body holds a key"

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

// harness is the sandbox, with everything that is asked for.
type harness struct {
	*sandbox.Sandbox
	t        *testing.T
	clock    *clocktest.Clock
	endpoint string
	block    values
}

func start(t *testing.T) *harness {
	h := &harness{t: t, clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	s, err := sandbox.Start(sandbox.Options{Now: h.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	h.Sandbox, h.endpoint = s, s.URL()
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("violations: %q", v)
		}
	})
	s.Topic("orders")
	s.Subscribe("mail", sandbox.Subscription{Topic: "orders"})
	s.GrantOn("topics/orders", "roles/pubsub.publisher", "", "group:all@example.com", member)
	h.block = values{"topic": topic, "subscriptions": []any{mail}, "publishable_by": account}
	return h
}

func (h *harness) Open(t *testing.T) rollout.Check {
	t.Helper()
	clients := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: h.endpoint}, Clock: h.clock})
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), h.block), clients)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *harness) Become(t *testing.T, s preflighttest.State) bool {
	switch s {
	case preflighttest.Good:
	case preflighttest.Missing:
		h.block["topic"] = "projects/demo/topics/none"
	case preflighttest.Denied:
		h.Deny(getTopic, getSubscription, getPolicy)
	case preflighttest.Busy:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Throttle, Method: "pubsub.", Times: 3}))
	case preflighttest.Hangs:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: "pubsub."}))
	case preflighttest.Babbles:
		h.endpoint = preflighttest.Answering(t, http.StatusOK, inBody)
	}
	return true
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2"}, &rollout.Subject{Revision: "api-1"}
}

func (h *harness) Permission() string { return getTopic }
func (h *harness) Calls() int         { return len(h.Sandbox.Calls()) }
func (h *harness) Secrets() []string  { return []string{inBody} }

// run opens the check and runs it.
func (h *harness) run() []rollout.Finding {
	h.t.Helper()
	return h.Open(h.t).Run(h.t.Context(), nil, nil)
}

func TestOddAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		why    string
	}{
		"nothing":             {200, `{}`, "Pub/Sub answered with something else than it was asked for"},
		"no JSON":             {200, inBody, "Pub/Sub gave no answer that could be read"},
		"not authenticated":   {401, inBody, "Pub/Sub does not accept the credentials"},
		"busy for ever":       {503, inBody, "Pub/Sub could not be asked: it answered 503"},
		"refused":             {400, inBody, "Pub/Sub could not be asked: it answered 400"},
		"throttled as of old": {403, `{"error":{"code":403,"errors":[{"reason":"rateLimitExceeded"}]}}`, "Pub/Sub could not be asked: it answered 403"},
		"disabled as of old":  {403, `{"error":{"code":403,"errors":[{"reason":"accessNotConfigured"}]}}`, "the API pubsub.googleapis.com is not enabled in the project <project of the credentials>"},
		"disabled as of now":  {403, `{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}`, "the API pubsub.googleapis.com is not enabled in the project <project of the credentials>"},
	} {
		h := start(t)
		h.endpoint = preflighttest.Answering(t, c.status, c.body)
		got := h.run()
		if len(got) == 0 || got[0].Status != rollout.Skipped || got[0].Why != c.why {
			t.Errorf("%s: got %+v", name, got)
		}
	}
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
			preflighttest.Expect(t, h.run(), exists, c.want, publishes)
		})
	}
	h := start(t)
	h.block["subscriptions"] = []any{"projects/demo/subscriptions/none"}
	preflighttest.Expect(t, h.run(), exists, "failed, may pass: there is no subscription projects/demo/subscriptions/none", publishes)
	h.Deny(getSubscription)
	preflighttest.Expect(t, h.run(), exists, "skipped: the subscription projects/demo/subscriptions/none could not be looked at: pubsub.subscriptions.get is denied on it, or it does not exist", publishes)
	h.block["topic"] = "projects/demo/topics/none"
	preflighttest.Expect(t, h.run(), "failed, may pass: there is no such topic")
	h.block = values{"topic": topic}
	preflighttest.Expect(t, h.run(), exists)
}

// Only a literal, unconditional binding proves anything, and nothing disproves.
func TestPublishableBy(t *testing.T) {
	const open = "whether api@demo.iam.gserviceaccount.com may publish is unknown: "
	const unknown = "skipped, may pass: " + open + "the topic's own policy does not say so, and it may inherit that from the project or above, or have it by a group"
	for name, c := range map[string]struct {
		world func(h *harness)
		want  string
	}{
		"nothing":       {func(*harness) {}, unknown},
		"admin":         {func(h *harness) { h.GrantOn("topics/orders", "roles/pubsub.admin", "", member) }, "passed: api@demo.iam.gserviceaccount.com may publish: the topic's own policy gives it roles/pubsub.admin"},
		"viewer":        {func(h *harness) { h.GrantOn("topics/orders", "roles/pubsub.viewer", "", member) }, unknown},
		"somebody else": {func(h *harness) { h.GrantOn("topics/orders", "roles/pubsub.publisher", "", member+".au") }, unknown},
		"a condition":   {func(h *harness) { h.GrantOn("topics/orders", "roles/pubsub.publisher", "true", member) }, "skipped, may pass: " + open + "the topic's own policy says so under a condition, which is not evaluated here"},
		"not permitted": {func(h *harness) { h.Deny(getPolicy) }, "skipped: " + open + "pubsub.topics.getIamPolicy is denied on it, or it does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.RevokeOn("topics/orders")
			c.world(h)
			got := h.run()
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
		h.block = values{"topic": "projects/demo/topics/" + name}
		preflighttest.Expect(t, h.run(), exists)
	}
}

// A topic that Pub/Sub names by its project's number is the same one.
func TestTheNameThatPubSubHas(t *testing.T) {
	h := start(t)
	h.block["topic"] = "projects/481516234200/topics/orders"
	preflighttest.Expect(t, h.run(), exists, taken, publishes)
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		block values
		want  []string
	}{
		"all":                {values{"topic": topic, "subscriptions": []any{mail}, "publishable_by": account}, nil},
		"unknown":            {values{"topic": preflighttest.Unknown, "subscriptions": []any{mail, preflighttest.Unknown}, "publishable_by": preflighttest.Unknown}, nil},
		"a name":             {values{"topic": "orders"}, []string{"topic"}},
		"a subscription":     {values{"topic": mail}, []string{"topic"}},
		"a name for another": {values{"topic": topic, "subscriptions": []any{mail, "mail"}}, []string{"subscriptions"}},
		"a member":           {values{"topic": topic, "publishable_by": member}, []string{"publishable_by"}},
	} {
		if got := preflighttest.Faulty(t, Kind(), c.block); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if _, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), c.block), nil); (err == nil) != (len(c.want) == 0) {
			t.Errorf("%s: opened with %v", name, err)
		}
	}
}
