package preflighttest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

// InBody stands in what somebody answers who is not AWS.
const InBody = "the body holds a key"

// OnAWS is the Harness of a requirement of AWS: an account of its own on the
// sandbox, and whoever looks may do what the kind says that it needs, and
// nothing else.
type OnAWS struct {
	*aws.Sandbox
	Clock *clocktest.Clock
	// Block is what stands in the requirement.
	Block Values
	// Fill has what stands for the names in the resources of the kind's
	// permissions.
	Fill map[string]string
	// Gone lets the thing be missing.
	Gone func()

	t        *testing.T
	kind     preflight.Kind
	endpoint string
	seeded   bool
	phase    cloud.Phase // what whoever looks may do
}

// NewOnAWS returns an account in which there is nothing yet.
func NewOnAWS(t *testing.T, k preflight.Kind) *OnAWS {
	t.Helper()
	w := &OnAWS{Clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)), t: t, kind: k, phase: cloud.AtPlan}
	awstest.Nobody(t)
	w.Sandbox = awstest.New(t, aws.Options{Now: w.Clock.Now})
	w.endpoint, w.Fill = w.URL(), map[string]string{}
	w.become(w.Admin())
	return w
}

// become lets the checks that are opened from now on ask as the holder of a key.
func (w *OnAWS) become(k aws.Key) {
	w.t.Setenv("AWS_ACCESS_KEY_ID", k.ID)
	w.t.Setenv("AWS_SECRET_ACCESS_KEY", k.Secret)
}

// Clients ask as whoever the environment says.
func (w *OnAWS) Clients() *cloud.Clients {
	return cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: w.endpoint, Region: w.Region()}, Clock: w.Clock})
}

// JSON makes or changes something as the owner of the account does.
func (w *OnAWS) JSON(service, target string, in, out any) {
	w.t.Helper()
	w.become(w.Admin())
	if err := w.Clients().AWSJSON(w.t.Context(), "", service, target, in, out); err != nil {
		w.t.Fatalf("%s: %v", target, err)
	}
}

// Query is JSON for services that take forms: pairs of names and values.
func (w *OnAWS) Query(service, version, action string, out any, pairs ...string) {
	w.t.Helper()
	w.become(w.Admin())
	in := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		in.Set(pairs[i], pairs[i+1])
	}
	if err := w.Clients().AWSQuery(w.t.Context(), "", service, version, action, in, out); err != nil {
		w.t.Fatalf("%s: %v", action, err)
	}
}

// S3 sends a region a request about buckets and objects: a path, with a query.
func (w *OnAWS) S3(region, method, path, body string) {
	w.t.Helper()
	if err := w.Sandbox.S3(w.t.Context(), region, method, path, body); err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
}

// ARN is one of the account, in the sandbox's region.
func (w *OnAWS) ARN(service, resource string) string {
	return "arn:aws:" + service + ":" + w.Region() + ":" + w.Account() + ":" + resource
}

// policy allows what the kind needs, but for one action.
func (w *OnAWS) policy(without string) string {
	w.t.Helper()
	fill := map[string]string{"partition": "aws", "region": w.Region(), "account": w.Account()}
	maps.Copy(fill, w.Fill)
	all := slices.DeleteFunc(slices.Clone(w.kind.Permissions), func(p cloud.Permission) bool { return p.Action == without })
	if len(all) == 0 {
		all = []cloud.Permission{{Action: "sts:GetCallerIdentity", Resource: "*", Phase: cloud.AtPlan}}
	}
	text, err := cloud.IAMPolicy(all, w.phase, fill)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// may sets what the one who looks may do, and lets him look.
func (w *OnAWS) may(without string) {
	w.t.Helper()
	key, err := w.User("reader", w.policy(without))
	if err != nil {
		w.t.Fatal(err)
	}
	w.become(key)
	if !w.seeded {
		w.seeded = true
		w.ForgetCalls()
	}
}

// Open implements Harness.
func (w *OnAWS) Open(t *testing.T) rollout.Check {
	t.Helper()
	w.may("")
	c, err := w.kind.Open(t.Context(), Block(t, w.kind, w.Block), w.Clients())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Run opens the check and runs it.
func (w *OnAWS) Run() []rollout.Finding {
	w.t.Helper()
	return w.Open(w.t).Run(w.t.Context(), nil, nil)
}

// Without is Run where one action is not allowed.
func (w *OnAWS) Without(action string) []rollout.Finding {
	w.t.Helper()
	c := w.Open(w.t)
	w.may(action)
	return c.Run(w.t.Context(), nil, nil)
}

// Enforce opens the check and lets it bring about what is missing, without one action;
// "" leaves out none.
func (w *OnAWS) Enforce(without string) (did string, trouble *rollout.Finding) {
	w.t.Helper()
	w.phase = cloud.AtApply
	c, ok := w.Open(w.t).(rollout.Enforcer)
	if !ok {
		w.t.Fatal("it only looks")
	}
	w.may(without)
	return c.Enforce(w.t.Context())
}

// Permissions holds a kind to what it says that it needs, in a world whose block
// asks for everything: with that alone it passes, nothing of it is left over, and
// without any one action it says which. What Enforce needs is for the kind's own tests.
func Permissions(t *testing.T, k preflight.Kind, fresh func(t *testing.T) *OnAWS) {
	t.Helper()
	t.Run("whole", func(t *testing.T) {
		w := fresh(t)
		for _, f := range w.Run() {
			if f.Status != rollout.Passed {
				t.Errorf("got %+v", f)
			}
		}
		if unused := w.Unused("reader"); len(unused) > 0 {
			t.Errorf("nobody needs %q", unused)
		}
	})
	for _, p := range k.Permissions {
		if p.Phase != cloud.AtPlan {
			continue // of Enforce, which is its own
		}
		t.Run("without "+p.Action, func(t *testing.T) {
			w := fresh(t)
			findings := w.Without(p.Action)
			if !slices.ContainsFunc(findings, func(f rollout.Finding) bool {
				return f.Status == rollout.Skipped && strings.Contains(f.Why, p.Action) && f.Fix != ""
			}) {
				t.Errorf("nothing is skipped for it: %+v", findings)
			}
		})
	}
}

// Become implements Harness.
func (w *OnAWS) Become(t *testing.T, s State) bool {
	t.Helper()
	service, _, _ := strings.Cut(w.kind.Permissions[0].Action, ":")
	service += ":"
	switch s {
	case Good:
	case Missing:
		w.Gone()
	case Denied:
		t.Cleanup(w.Fault(aws.Fault{Kind: aws.Denied, Action: service}))
	case Busy:
		t.Cleanup(w.Fault(aws.Fault{Kind: aws.Throttle, Action: service, Times: 3}))
	case Hangs:
		t.Cleanup(w.Fault(aws.Fault{Kind: aws.Hang, Action: service}))
	case Babbles:
		w.endpoint = Answering(t, http.StatusOK, InBody)
	}
	return true
}

// Subjects implements Harness.
func (w *OnAWS) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "2"}, &rollout.Subject{Revision: "1"}
}

// Permission implements Harness: the first that the kind names.
func (w *OnAWS) Permission() string { return w.kind.Permissions[0].Action }

// Calls implements Harness.
func (w *OnAWS) Calls() int {
	if !w.seeded {
		return 0
	}
	return len(w.Sandbox.Calls())
}

// Writes implements Harness.
func (w *OnAWS) Writes() int {
	if !w.seeded {
		return 0
	}
	return w.Sandbox.Writes()
}

// Secrets implements Harness.
func (w *OnAWS) Secrets() []string { return []string{InBody} }
