package lambdaalias

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	sandbox "github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// make publishes what settings want, as a new process would.
func (h *harness) make(t *testing.T, s settings) (rollout.Revision, error) {
	t.Helper()
	a := h.open(s)
	o, err := a.Observe(t.Context())
	h.must(t, err)
	return a.Make(t.Context(), o.Token)
}

// makes fails the test unless something is published.
func (h *harness) makes(t *testing.T, s settings) rollout.Revision {
	t.Helper()
	r, err := h.make(t, s)
	if err != nil || r == "" {
		t.Fatalf("made %q: %v", r, err)
	}
	return r
}

func (h *harness) writes() []string {
	var out []string
	for _, c := range h.box.Calls() {
		if c.Effect {
			_, name, _ := strings.Cut(c.Action, ":")
			out = append(out, name)
		}
	}
	return out
}

func (h *harness) version(t *testing.T, r rollout.Revision) *lambda.GetFunctionOutput {
	t.Helper()
	out, err := h.sdk(t).GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String(shop), Qualifier: aws.String(string(r))})
	h.must(t, err)
	return out
}

func TestConfigurationGoesBeforeCodeAndBothBeforeTheVersion(t *testing.T) {
	h := newHarness(t)
	h.box.ForgetCalls()
	r := h.makes(t, h.zipped(t, "made"))
	if got, want := h.writes(), []string{"UpdateFunctionConfiguration", "UpdateFunctionCode", "PublishVersion"}; !slices.Equal(got, want) {
		t.Errorf("wrote %v, want %v", got, want)
	}
	v := h.version(t, r).Configuration
	if aws.ToString(v.CodeSha256) != sumOf([]byte("made")) || len(v.Environment.Variables) != 2 {
		t.Errorf("the version has the code %s and the variables %v", aws.ToString(v.CodeSha256), v.Environment.Variables)
	}
	if text, note := cutNote(aws.ToString(v.Description)); text != "" || !strings.HasPrefix(note, "v1:") {
		t.Errorf("it is described as %q", aws.ToString(v.Description))
	}
	if d := h.version(t, "$LATEST").Configuration; aws.ToString(d.Description) != "" {
		t.Errorf("the function is described as %q", aws.ToString(d.Description))
	}
}

// TestNobodySeesHalfOfIt: whoever invokes the alias gets code and configuration
// that belong together, at every write of a release of both
// (hashicorp/terraform-provider-aws#24572); whoever invokes the function does not.
func TestNobodySeesHalfOfIt(t *testing.T) {
	h := newHarness(t)
	torn := map[string]int{}
	h.must(t, h.box.Handle(shop, func(in sandbox.Invocation) ([]byte, error) {
		if isNew := in.Environment["GREETING"] == "hello"; isNew != (in.CodeSha256 == sumOf([]byte("made"))) {
			torn[in.Qualifier]++
		}
		return []byte(`"ok"`), nil
	}))
	users := func(qualifier *string) {
		_, err := h.sdk(t).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(shop), Qualifier: qualifier})
		h.must(t, err)
	}
	h.clock.Every(time.Second, func(time.Time) {
		users(aws.String(live))
		users(nil)
	})
	r := h.makes(t, h.zipped(t, "made"))
	a := h.open(settings{})
	o, err := a.Observe(t.Context())
	h.must(t, err)
	h.must(t, a.Apply(t.Context(), rollout.Routing{Split: rollout.All(r)}, o.Token))
	h.clock.Advance(10 * time.Second)
	if torn[live] > 0 {
		t.Errorf("%d invocations of the alias had one without the other", torn[live])
	}
	if torn[""] == 0 {
		t.Error("nobody who invokes the function itself did: the test proves nothing")
	}
}

func TestMakeIsConditional(t *testing.T) {
	for action, conflicts := range map[string]bool{
		"lambda:UpdateFunctionConfiguration": true, // nothing has changed yet
		"lambda:UpdateFunctionCode":          false,
		"lambda:PublishVersion":              false,
	} {
		t.Run(action, func(t *testing.T) {
			h := newHarness(t)
			before := h.box.Versions(shop)
			remove := h.box.Fault(sandbox.Fault{Kind: sandbox.Conflict, Action: action, Times: 1})
			_, err := h.make(t, h.zipped(t, "made"))
			remove()
			if err == nil || errors.Is(err, rollout.ErrConflict) != conflicts {
				t.Errorf("answered %v", err)
			}
			if after := h.box.Versions(shop); !slices.Equal(before, after) {
				t.Errorf("there are the versions %v", after)
			}
			r := h.makes(t, h.zipped(t, "made")) // the next attempt goes on from there
			if again := h.makes(t, h.zipped(t, "made")); again != r {
				t.Errorf("made %s and %s", r, again)
			}
		})
	}
}

func TestSomebodyElseInTheMiddle(t *testing.T) {
	h := newHarness(t)
	h.box.Fault(sandbox.Fault{Kind: sandbox.Before, Action: "lambda:UpdateFunctionCode", Do: func() {
		_, err := h.box.Publish(shop, []byte("theirs"), map[string]string{"THEIRS": "1"})
		h.must(t, err)
	}})
	before := len(h.box.Versions(shop))
	if r, err := h.make(t, h.zipped(t, "made")); err == nil {
		t.Errorf("made %s of somebody else's settings", r)
	}
	if after := len(h.box.Versions(shop)); after != before+1 {
		t.Errorf("%d versions, want one more than %d: theirs", after, before)
	}
}

// TestSomebodyElseDuringAnUpdate: the RevisionId that is read when an update has
// ended may be that of somebody else's change.
func TestSomebodyElseDuringAnUpdate(t *testing.T) {
	h := newHarness(t)
	before, done := len(h.box.Versions(shop)), false
	h.clock.Every(time.Second, func(time.Time) {
		if !done && h.box.Count("lambda:UpdateFunctionCode") > 0 {
			done = true
			_, err := h.box.Publish(shop, []byte("made"), map[string]string{"THEIRS": "1"})
			h.must(t, err)
		}
	})
	if r, err := h.make(t, h.zipped(t, "made")); err == nil || !strings.Contains(err.Error(), "somebody else changes it") {
		t.Errorf("made %q of somebody else's settings: %v", r, err)
	}
	if after := len(h.box.Versions(shop)); after != before+1 {
		t.Errorf("%d versions, want one more than %d: theirs", after, before)
	}
}

func TestOtherCodeThanItsHashSays(t *testing.T) {
	h := newHarness(t)
	s := h.zipped(t, "made")
	h.must(t, os.WriteFile(s.filename, []byte("another build"), 0o600))
	if _, err := h.make(t, s); !errors.Is(err, rollout.ErrInvalid) || len(h.writes()) > 1 { // the URL of the alias
		t.Errorf("a file that has changed: %v, after the writes %v", err, h.writes())
	}
}

func TestTriggersMakeAnotherVersion(t *testing.T) {
	h := newHarness(t)
	s := h.zipped(t, "made")
	first := h.makes(t, s)
	s.triggers = "abc"
	second := h.makes(t, s)
	if second == first {
		t.Fatalf("made %s for other triggers", second)
	}
	if d := aws.ToString(h.version(t, "$LATEST").Configuration.Description); d != "" {
		t.Errorf("the function is described as %q", d)
	}
	if again := h.makes(t, s); again != second {
		t.Errorf("the same triggers made %s after %s", again, second)
	}
	s.triggers = ""
	if back := h.makes(t, s); back != first {
		t.Errorf("without triggers again it is %s, not %s", back, first)
	}
}

func TestWhatWasMadeElsewhereIsFound(t *testing.T) {
	h := newHarness(t)
	s := h.zipped(t, "made")
	v, err := h.box.Publish(shop, []byte("made"), s.environment)
	h.must(t, err)
	h.publish(t) // and $LATEST went on
	if r, err := h.open(s).Find(t.Context()); err != nil || string(r) != v {
		t.Errorf("found %q (%v), want %s", r, err, v)
	}
	s.environment["GREETING"] = "another value"
	if r, err := h.open(s).Find(t.Context()); err != nil || r != "" {
		t.Errorf("found %q (%v) though a value differs", r, err)
	}
}

// TestHiddenEnvironment is what AWS shows to whom may not use the key.
func TestHiddenEnvironment(t *testing.T) {
	hidden := func(note string) shape {
		return shape{types.FunctionConfiguration{
			CodeSha256: aws.String("x"), Description: aws.String("text" + note),
			Environment: &types.EnvironmentResponse{Error: &types.EnvironmentError{ErrorCode: aws.String("AccessDeniedException"), Message: aws.String("no kms:Decrypt")}},
		}}
	}
	if got := hidden("").identity(); got != "" {
		t.Errorf("the identity of what cannot be seen is %q", got)
	}
	if got := hidden(" [rollout v1:abc+def]").identity(); got != "v1:abc+def" {
		t.Errorf("what was noted when it was published reads as %q", got)
	}
	a := &alias{clients: cloud.New(cloud.Config{}), latest: &function{shape: hidden("")}}
	var problem rollout.Problem
	if _, err := a.wanted(t.Context()); !errors.As(err, &problem) || !strings.Contains(problem.Why, "no kms:Decrypt") {
		t.Errorf("without an environment of the block: %v", err)
	}
	a.settings.environment = map[string]string{"A1": "b"}
	want, err := a.wanted(t.Context())
	if err != nil || want.content() == "" {
		t.Errorf("with one of the block: %q, %v", want.content(), err)
	}
	if !hidden("").alike(shape{types.FunctionConfiguration{CodeSha256: aws.String("x"), Environment: want.Environment}}) {
		t.Error("what was written is not taken for what it is")
	}
	if hidden("").alike(shape{types.FunctionConfiguration{CodeSha256: aws.String("y"), Environment: want.Environment}}) {
		t.Error("other code is taken for the same")
	}
}

func TestFailedUpdate(t *testing.T) {
	h := newHarness(t)
	h.must(t, h.box.Break(shop, sandbox.Break{When: sandbox.OnUpdate, Code: "SubnetOutOfIPAddresses", Reason: "the subnet is full"}))
	_, err := h.make(t, h.zipped(t, "made"))
	if err == nil || !strings.Contains(err.Error(), "the subnet is full") || errors.Is(err, rollout.ErrConflict) {
		t.Errorf("answered %v", err)
	}
}

func TestUpdateThatDoesNotEnd(t *testing.T) {
	h := newHarness(t)
	h.box.Fault(sandbox.Fault{Kind: sandbox.NeverSettle, Action: "lambda:UpdateFunctionConfiguration"})
	begun := h.clock.Now()
	_, err := h.make(t, h.zipped(t, "made"))
	if err == nil || !strings.Contains(err.Error(), "has not ended within 10m") {
		t.Errorf("answered %v after %s", err, h.clock.Now().Sub(begun))
	}
}

func TestMakeEndsWithItsContext(t *testing.T) {
	h := newHarness(t)
	a := h.open(h.zipped(t, "made"))
	o, err := a.Observe(t.Context())
	h.must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	h.box.Fault(sandbox.Fault{Kind: sandbox.Before, Action: "lambda:UpdateFunctionCode", Do: cancel})
	if r, err := a.Make(ctx, o.Token); err == nil {
		t.Errorf("made %s on a context that had ended", r)
	}
}
