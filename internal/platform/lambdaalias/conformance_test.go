package lambdaalias

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform/platformtest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	sandbox "github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

func TestMain(m *testing.M) {
	for name, v := range map[string]string{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"} {
		_ = os.Setenv(name, v) // the sandbox's own, and nobody's account
	}
	_, _ = os.Unsetenv("AWS_SESSION_TOKEN"), os.Unsetenv("AWS_PROFILE")
	os.Exit(awstest.Main(m))
}

func TestConformance(t *testing.T) {
	platformtest.Run(t, func(t *testing.T) platformtest.Harness {
		t.Helper()
		return newHarness(t)
	})
}

// harness is a function on the sandbox, with two versions, an alias that somebody
// has described, and a function URL of the alias.
type harness struct {
	clock    *clocktest.Clock
	box      *sandbox.Sandbox
	clients  *cloud.Clients
	old, new rollout.Revision
	made     int
}

const (
	shop   = "shop"
	live   = "live"
	secret = "hunter2-that-must-stay-secret" //nolint:gosec // invented
)

func newHarness(t *testing.T) *harness {
	t.Helper()
	return newHarnessWith(t, sandbox.Options{Updates: 3 * time.Second, PageSize: 2})
}

func newHarnessWith(t *testing.T, o sandbox.Options) *harness {
	t.Helper()
	h := &harness{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	o.Now = h.clock.Now
	h.box = awstest.New(t, o)
	h.clients = cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: h.box.URL(), Region: h.box.Region()}, Clock: h.clock, UserAgent: "test"})
	h.must(t, h.box.CreateFunction(sandbox.FunctionSpec{Name: shop, Zip: []byte("v0"), Environment: h.environment()}))
	h.old = h.publish(t)
	h.must(t, h.box.SetAlias(shop, live, string(h.old), nil))
	h.must(t, h.box.Describe(shop, live, "what users have"))
	h.new = h.publish(t)
	_, err := h.sdk(t).CreateFunctionUrlConfig(t.Context(), &lambda.CreateFunctionUrlConfigInput{FunctionName: aws.String(shop), Qualifier: aws.String(live), AuthType: types.FunctionUrlAuthTypeNone})
	h.must(t, err)
	return h
}

func (h *harness) environment() map[string]string { return map[string]string{"PASSWORD": secret} }

func (h *harness) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *harness) sdk(t *testing.T) *lambda.Client {
	t.Helper()
	c, err := h.clients.Lambda(t.Context(), h.box.Region())
	h.must(t, err)
	return c
}

func (h *harness) publish(t *testing.T) rollout.Revision {
	t.Helper()
	h.made++
	v, err := h.box.Publish(shop, fmt.Appendf(nil, "v%d", h.made), h.environment())
	h.must(t, err)
	return rollout.Revision(v)
}

func (h *harness) place() place {
	return place{partition: "aws", region: h.box.Region(), account: h.box.Account(), function: shop, alias: live}
}

func (h *harness) open(s settings) *alias {
	return &alias{place: h.place(), clients: h.clients, settings: s}
}

func (h *harness) Limits() rollout.Limits            { return limits }
func (h *harness) Clock() platformtest.Clock         { return h.clock }
func (h *harness) Old() rollout.Revision             { return h.old }
func (h *harness) New() rollout.Revision             { return h.new }
func (h *harness) Target(*testing.T) rollout.Target  { return h.open(settings{}) }
func (h *harness) Secret() string                    { return secret }
func (h *harness) Permissions() (write, read string) { return "lambda:UpdateAlias", "lambda:GetAlias" }

func (h *harness) Nowhere(*testing.T) rollout.Target {
	t := h.open(settings{})
	t.alias = "nowhere"
	return t
}

func (h *harness) Maker(t *testing.T, broken bool) (rollout.Target, rollout.Maker) {
	t.Helper()
	s := h.zipped(t, "made")
	if !broken { // it takes its time
		h.box.Fault(sandbox.Fault{Kind: sandbox.SettleAfter, Action: "lambda:PublishVersion", D: 2 * time.Second})
	} else {
		s = h.zipped(t, "broken")
		h.must(t, h.box.Break(shop, sandbox.Break{When: sandbox.OnPublish, Code: "InvalidImage", Reason: "it does not start"}))
	}
	a := h.open(s)
	return a, a
}

// zipped wants code that is in a file, and an environment.
func (h *harness) zipped(t *testing.T, code string) settings {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app.zip")
	h.must(t, os.WriteFile(file, []byte(code), 0o600))
	return settings{filename: file, sha256: sumOf([]byte(code)), environment: map[string]string{"GREETING": "hello", "PASSWORD": secret}}
}

func (h *harness) More(t *testing.T, n int) []rollout.Revision {
	t.Helper()
	var out []rollout.Revision
	for range n {
		out = append(out, h.publish(t))
	}
	return out
}

func (h *harness) view() sandbox.AliasView {
	v, _ := h.box.Alias(shop, live)
	return v
}

func (h *harness) Truth(*testing.T) rollout.Split {
	v, out, rest := h.view(), rollout.Split{}, 1.0
	for r, w := range v.Weights {
		out[rollout.Revision(r)] = rollout.Weight(w*10_000 + 0.5)
		rest -= w
	}
	if w := rollout.Weight(rest*10_000 + 0.5); w > 0 {
		out[rollout.Revision(v.Version)] = w
	}
	return out
}

// Writes counts what moved traffic or made a version: an update of $LATEST does
// neither.
func (h *harness) Writes() int {
	n := 0
	for _, c := range h.box.Calls() {
		if c.Effect && (c.Action == "lambda:UpdateAlias" || c.Action == "lambda:PublishVersion") {
			n++
		}
	}
	return n
}

func (h *harness) Meddle(t *testing.T, s rollout.Split) {
	t.Helper()
	serving, weights := s.Revisions(), map[string]float64{}
	for _, r := range serving[1:] {
		weights[string(r)] = float64(s[r]) / 10_000
	}
	h.must(t, h.box.SetAlias(shop, live, string(serving[0]), weights))
}

func (h *harness) Break(t *testing.T, r rollout.Revision) {
	t.Helper()
	h.must(t, h.box.BreakVersion(shop, string(r), "KMSKeyNotFound", "the key of its environment has gone"))
}

func (h *harness) Recreate(t *testing.T) {
	t.Helper()
	t.Fatal("nothing tells a function that was made anew from the one before")
}

// Foreign is everything but the split, our marks, the code and the environment.
func (h *harness) Foreign(t *testing.T) string {
	t.Helper()
	text, _ := cutMark(h.view().Description)
	out, err := h.sdk(t).GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String(shop)})
	h.must(t, err)
	c := out.Configuration
	c.CodeSha256, c.CodeSize, c.Environment, c.RevisionId, c.LastModified, c.LastUpdateStatus = nil, 0, nil, nil, nil, ""
	all, err := json.Marshal([]any{text, c, out.Tags, out.Concurrency})
	h.must(t, err)
	return string(all)
}

func (h *harness) Fault(_ *testing.T, f platformtest.Fault) (remove func()) {
	update := sandbox.Fault{Action: "lambda:UpdateAlias"}
	switch f {
	case platformtest.ThrottleTwice:
		return h.box.Fault(sandbox.Fault{Kind: sandbox.Throttle, Action: "lambda:", Times: 2})
	case platformtest.UnavailableTwice:
		return h.box.Fault(sandbox.Fault{Kind: sandbox.Unavailable, Action: "lambda:GetAlias", Times: 2})
	case platformtest.LoseTheAnswer: // of what moves traffic, or makes a version
		update.Kind, update.Times = sandbox.LostAnswer, 1
		made := h.box.Fault(sandbox.Fault{Kind: sandbox.LostAnswer, Action: "lambda:PublishVersion", Times: 1})
		moved := h.box.Fault(update)
		return func() { made(); moved() }
	case platformtest.DropTheWrite:
		update.Kind, update.Times = sandbox.DropBefore, 1
	case platformtest.DenyWrites:
		update.Kind = sandbox.Denied
	case platformtest.DenyReads:
		update.Kind, update.Action = sandbox.Denied, "lambda:GetAlias"
	case platformtest.SettleLate:
		panic("an alias is settled at once")
	case platformtest.ShowThePast:
		return h.box.Fault(sandbox.Fault{Kind: sandbox.StaleRead, D: time.Minute})
	case platformtest.WriteInBetween:
		update.Kind, update.Times = sandbox.Conflict, 1
	case platformtest.MoveInBetween:
		update.Kind, update.Do = sandbox.Before, func() {
			if err := h.box.SetAlias(shop, live, string(h.old), nil); err != nil {
				panic(err)
			}
		}
	case platformtest.HangReads:
		update.Kind, update.Action = sandbox.Hang, "lambda:GetAlias"
	}
	return h.box.Fault(update)
}

func (h *harness) Traits() platformtest.Traits {
	return platformtest.Traits{InFlight: 3 * time.Second, AtOnce: true, Nameless: true}
}
