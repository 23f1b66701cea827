package lambdafunction

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/blocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

type values = blocktest.Values

// world is a function that migrates, and whoever invokes it may do what the kind says
// that it needs.
type world struct {
	*aws.Sandbox
	t     *testing.T
	clock *clocktest.Clock
	block values
	fails error
	runs  []aws.Invocation
}

const key = "3f9ac2-migrate"

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, aws.Options{})
}

func newWorldWith(t *testing.T, o aws.Options) *world {
	t.Helper()
	awstest.Nobody(t)
	w := &world{t: t, clock: clocktest.New(noon), block: values{"function": "migrate", "qualifier": "1"}}
	o.Now = w.clock.Now
	w.Sandbox = awstest.New(t, o)
	if err := w.CreateFunction(aws.FunctionSpec{Name: "migrate", Zip: []byte("v1")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Publish("migrate", []byte("v1"), nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Handle("migrate", func(in aws.Invocation) ([]byte, error) {
		w.runs = append(w.runs, in)
		in.Print("applying 7")
		in.Print("the end")
		return []byte(`{"applied":7}`), w.fails
	}); err != nil {
		t.Fatal(err)
	}
	w.become("")
	return w
}

func schemaOf() blocktest.Schema {
	k := Kind()
	return blocktest.Schema{Name: k.Name, Doc: k.Doc, Attributes: k.Attributes, Blocks: k.Blocks}
}

// become lets whoever opens the job from now on be one who may do all of it but one
// action.
func (w *world) become(without string) {
	w.t.Helper()
	all := slices.DeleteFunc(permissions(), func(p cloud.Permission) bool { return p.Action == without || p.Where == "without `qualifier`" })
	text, err := cloud.IAMPolicy(all, cloud.AtApply, map[string]string{"partition": "aws", "region": w.Region(), "account": w.Account(), "job_function": "migrate"})
	if err != nil {
		w.t.Fatal(err)
	}
	k, err := w.User("runner", text)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Setenv("AWS_ACCESS_KEY_ID", k.ID)
	w.t.Setenv("AWS_SECRET_ACCESS_KEY", k.Secret)
}

// open is another process.
func (w *world) open() rollout.Job {
	w.t.Helper()
	clients := cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: w.URL(), Region: w.Region()}, Clock: w.clock})
	j, err := Kind().Open(w.t.Context(), schemaOf().Object(w.t, w.block), clients)
	if err != nil {
		w.t.Fatal(err)
	}
	return j
}

func said(x rollout.Execution) string {
	out := x.State.String()
	if x.Why != "" {
		out += ": " + x.Why
	}
	if len(x.Log) > 0 {
		out += " | " + strings.Join(x.Log, " | ")
	}
	return out
}

// found is what another process finds, in a line.
func (w *world) found() string {
	w.t.Helper()
	all, err := w.open().Find(w.t.Context(), key)
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, x := range all {
		out = append(out, said(x))
	}
	return strings.Join(out, "; ")
}

// start begins it, and looks what became of it.
func (w *world) start() (rollout.Execution, error) {
	w.t.Helper()
	j := w.open()
	x, err := j.Start(w.t.Context(), rollout.Errand{Key: key, Env: map[string]string{"ROLLOUT_REVISION": "7"}})
	if err != nil {
		return x, err
	}
	if x.State != rollout.JobRunning {
		w.t.Errorf("begun: %s", said(x))
	}
	return j.Look(w.t.Context(), x.ID)
}

func (w *world) begin() rollout.Execution {
	w.t.Helper()
	x, err := w.start()
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

func (w *world) expect(what, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func (w *world) ran(n int) {
	w.t.Helper()
	if got := len(w.runs); got != n {
		w.t.Errorf("%d invocations, want %d", got, n)
	}
}

func TestItIsInvokedOnceAndThatIsKnownForGood(t *testing.T) {
	w := newWorld(t)
	w.block["payload"] = `{"command":"migrate"}`
	w.expect("before", w.found(), "")
	j := w.open()
	x, err := j.Start(t.Context(), rollout.Errand{Key: key, Env: map[string]string{"ROLLOUT_REVISION": "7"}})
	if err != nil {
		t.Fatal(err)
	}
	w.expect("begun", said(x), "running")
	if again, err := j.Look(t.Context(), x.ID); err != nil || again.State != rollout.JobSucceeded {
		t.Errorf("looked at: %v %v", again, err)
	}
	w.expect("found", w.found(), "succeeded")
	w.clock.Advance(24 * 365 * time.Hour)
	w.expect("a year later", w.found(), "succeeded")
	w.ran(1)
	in := w.runs[0]
	w.expect("what ran", fmt.Sprint(in.Version, " ", in.Qualifier, " ", string(in.Payload), " ", in.Context), `1 rollout-`+key+` {"command":"migrate"} {"custom":{"ROLLOUT_KEY":"`+key+`","ROLLOUT_REVISION":"7"}}`)
	if other, err := w.open().Find(t.Context(), "other"); err != nil || len(other) > 0 {
		t.Errorf("of another content: %v %v", other, err)
	}
}

func TestWhatFailsIsToldAndMayRunAgain(t *testing.T) {
	w := newWorld(t)
	w.fails = errors.New("duplicate column \x1b[31mname")
	w.expect("failed", said(w.begin()), "failed: Error: duplicate column [31mname | applying 7 | the end")
	w.expect("found", w.found(), "failed")
	w.fails = nil
	if _, err := w.Publish("migrate", []byte("v2"), nil); err != nil { // it was corrected
		t.Fatal(err)
	}
	w.block["qualifier"] = "2"
	w.expect("again", said(w.begin()), "succeeded")
	w.expect("found", w.found(), "succeeded")
	w.ran(2)
	w.expect("which", w.runs[0].Version+w.runs[1].Version, "12")
	w.block["log_lines"] = 1
	w.fails = errors.New("x")
	w.expect("one line", said(w.begin()), "failed: Error: x | the end")
}

// An answer that is lost is proven by figures once the function must have ended.
func TestALostAnswerIsProvenLater(t *testing.T) {
	for want, fails := range map[string]error{"succeeded": nil, "failed": errors.New("x")} {
		w := newWorld(t)
		w.fails = fails
		w.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "lambda:Invoke", Times: 1})
		if _, err := w.start(); err == nil || errors.Is(err, rollout.ErrInvalid) || errors.Is(err, rollout.ErrGone) {
			t.Errorf("the lost answer: %v", err)
		}
		w.expect("it may be running", w.found(), "running")
		if x := w.begin(); x.State != rollout.JobRunning {
			t.Errorf("begun again: %v", x)
		}
		w.clock.Advance(5 * time.Minute)
		w.expect("later", w.found(), want+": its answer was lost, and CloudWatch has counted how it ended")
		w.clock.Advance(24 * time.Hour)
		w.expect("noted", w.found(), want)
		w.ran(1)
	}
}

// Figures are of minutes, so that of a run before may not be taken for this one's.
func TestFiguresOfTwoRunsStayApart(t *testing.T) {
	w := newWorld(t)
	w.fails = errors.New("x")
	w.begin()
	w.fails = nil
	w.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "lambda:Invoke", Times: 1})
	if _, err := w.start(); err == nil {
		t.Error("the answer was not lost")
	}
	w.clock.Advance(5 * time.Minute)
	w.expect("the second", w.found(), "succeeded: its answer was lost, and CloudWatch has counted how it ended")
	w.ran(2)
}

func TestNobodyGuessesWhatLambdaDoesNotRemember(t *testing.T) {
	w := newWorld(t)
	w.Fault(aws.Fault{Kind: aws.DropBefore, Action: "lambda:Invoke", Times: 1})
	if _, err := w.start(); err == nil {
		t.Error("nothing arrived, and that is no error")
	}
	w.clock.Advance(5 * time.Minute)
	w.expect("found", w.found(), "unclear: run 1 was begun at 2026-03-04 12:00 UTC, its answer was lost, and CloudWatch has counted no invocations of the alias and no errors, "+
		"so it is not known whether it ran, and what it did: its log may say it")
	all, err := w.open().Find(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	w.expect("what to say", all[0].Say, "aws lambda update-alias --region eu-central-1 --function-name migrate --name rollout-"+key+" --description 'rollout run 1 succeeded'")
	if _, err := w.start(); !errors.Is(err, rollout.ErrInvalid) {
		t.Errorf("it was begun again: %v", err)
	}
	w.ran(0)
	for _, x := range []struct{ says, want string }{{"rollout run 1 succeeded", "succeeded"}, {"1 failed", "failed"}} {
		w.describe(x.says)
		w.expect("as a person says", w.found(), x.want)
	}
	w.describe("done")
	if got := w.found(); !strings.HasPrefix(got, `unclear: its description is "done", which says nothing of a run`) {
		t.Errorf("another word: %q", got)
	}
	w.describe("1 failed")
	w.begin()
	w.ran(1)
}

// describe is a person who says what became of it.
func (w *world) describe(text string) {
	w.t.Helper()
	clients := cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: w.URL(), Region: w.Region()}, Clock: w.clock})
	err := clients.AWSRest(w.t.Context(), "", "lambda", "PUT", "/2015-03-31/functions/migrate/aliases/rollout-"+key, nil, map[string]string{"Description": text}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestWhatLambdaDoesNotTakeIsNotBegun(t *testing.T) {
	w := newWorld(t)
	w.become("lambda:InvokeFunction")
	if _, err := w.start(); !errors.Is(err, rollout.ErrDenied) {
		t.Errorf("not allowed: %v", err)
	}
	w.expect("found", w.found(), "")
	w.become("")
	w.expect("allowed", said(w.begin()), "succeeded")
	w.ran(1)
	_, err := w.open().Start(t.Context(), rollout.Errand{Key: "image", Image: "app@sha256:7"})
	if !errors.Is(err, rollout.ErrInvalid) {
		t.Errorf("with the candidate's image: %v", err)
	}
	w.ran(1)
}

// Of two processes that begin at once one is refused, and finds what the other did.
func TestTwoProcessesInvokeOnce(t *testing.T) {
	for _, action := range []string{"lambda:CreateAlias", "lambda:UpdateAlias"} {
		w := newWorld(t)
		runs := 1
		if action == "lambda:UpdateAlias" {
			w.fails = errors.New("x")
			w.begin()
			w.fails, runs = nil, 2
			w.clock.Advance(time.Minute)
		}
		w.Fault(aws.Fault{Kind: aws.Before, Action: action, Do: func() { w.begin() }})
		if _, err := w.start(); !errors.Is(err, rollout.ErrConflict) {
			t.Errorf("%s beside another process: %v", action, err)
		}
		w.expect("found", w.found(), "succeeded")
		w.ran(runs)
	}
}

// What takes long is left to Look: Start does not wait for it.
func TestALongInvocation(t *testing.T) {
	w := newWorld(t)
	j := w.open().(*function)
	m := &memory{alias: "rollout-" + key, mark: mark{run: 1, word: begun, at: noon, limit: time.Minute}, clear: true}
	c := &call{run: 1, over: make(chan struct{})}
	j.calls = map[string]*call{m.alias: c}
	x, _, err := j.last(t.Context(), m)
	w.expect("while it runs", said(x), "running")
	looked, err2 := j.Look(t.Context(), m.alias)
	w.expect("looked at", said(looked), "running")
	c.ended = rollout.Execution{ID: m.alias, State: rollout.JobSucceeded}
	close(c.over)
	x, _, err3 := j.last(t.Context(), m)
	w.expect("over", said(x), "succeeded")
	if err := errors.Join(err, err2, err3); err != nil {
		t.Error(err)
	}
}

func TestInspect(t *testing.T) {
	w := newWorld(t)
	for want, block := range map[string]values{
		"passed: version 1 of it will be invoked, and may take 3s":                              {"function": "migrate", "qualifier": "1"},
		"failed: there is no such function in eu-central-1, or it has no such version or alias": {"function": "migrate", "qualifier": "9"},
	} {
		w.block = block
		f := w.open().Inspect(t.Context(), "")[0]
		w.expect("it", f.Status.String()+": "+f.Why, want)
		if f.Status != rollout.Passed && f.Fix == "" {
			t.Error("no advice")
		}
	}
	w.become("lambda:GetFunctionConfiguration")
	if f := w.open().Inspect(t.Context(), "")[0]; f.Status != rollout.Skipped || !strings.Contains(f.Why, "lambda:GetFunctionConfiguration is denied") {
		t.Errorf("denied: %v %s", f.Status, f.Why)
	}
	if n := w.Writes(); n != 0 {
		t.Errorf("%d writes", n)
	}
}

// A version that was published a moment ago cannot be invoked yet.
func TestStates(t *testing.T) {
	w := newWorldWith(t, aws.Options{Creates: time.Minute})
	w.t.Setenv("AWS_ACCESS_KEY_ID", w.Admin().ID)
	w.t.Setenv("AWS_SECRET_ACCESS_KEY", w.Admin().Secret)
	client, err := cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: w.URL(), Region: w.Region()}, Clock: w.clock}).Lambda(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	migrate := "migrate"
	if _, err := client.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: &migrate, ZipFile: []byte("v2")}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: &migrate}); err != nil {
		t.Fatal(err)
	}
	w.block["qualifier"] = "2"
	f := w.open().Inspect(t.Context(), "")[0]
	w.expect("at once", f.Status.String()+": "+f.Why, "failed: it cannot be invoked: its state is Pending")
	if !f.Retry || f.Fix == "" {
		t.Errorf("it may be mended by a moment: %+v", f)
	}
	w.clock.Advance(2 * time.Minute)
	w.expect("later", w.open().Inspect(t.Context(), "")[0].Status.String(), "passed")
}

// Each permission of the list is needed, and no other is.
func TestPermissions(t *testing.T) {
	for _, p := range permissions() {
		w := newWorld(t)
		w.become(p.Action)
		if err := w.whole(); err == nil || !strings.Contains(err.Error(), p.Action) {
			t.Errorf("without %s: %v", p.Action, err)
		}
	}
	w := newWorld(t)
	if err := w.whole(); err != nil {
		t.Error(err)
	}
	if unused := w.Unused("runner"); len(unused) > 0 {
		t.Errorf("nobody needed %v", unused)
	}
}

// whole is a run whose answer is lost, and returns what was not allowed.
func (w *world) whole() error {
	ctx, j := w.t.Context(), w.open()
	for _, f := range j.Inspect(ctx, "") {
		if f.Status != rollout.Passed {
			return errors.New(f.Why)
		}
	}
	if _, err := j.Find(ctx, key); err != nil {
		return err
	}
	w.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "lambda:Invoke", Times: 1})
	if _, err := j.Start(ctx, rollout.Errand{Key: key}); errors.Is(err, rollout.ErrDenied) {
		return err
	}
	w.clock.Advance(10 * time.Minute)
	_, err := w.open().Find(ctx, key)
	return err
}

func TestMarks(t *testing.T) {
	for _, m := range []mark{
		{run: 1, word: begun, at: noon, limit: 15 * time.Minute}, {run: 2, word: refused, at: noon}, {run: 1, word: failed, at: noon}, {run: 1, word: succeeded, at: noon},
	} {
		if again, ok := parseMark(m.String()); !ok || again != m {
			t.Errorf("%q became %q", m, again)
		}
	}
	for _, text := range []string{"", "1", "0 failed", "x failed", "1 ended", "1 failed yesterday", "1 begun", "1 begun 2026-03-04T14:00:00Z"} {
		if _, ok := parseMark(text); ok {
			t.Errorf("%q is a mark", text)
		}
	}
}

func TestValidate(t *testing.T) {
	const arn = "arn:aws:lambda:eu-west-1:123456789012:"
	for name, x := range map[string]struct {
		block values
		at    string
	}{
		"an ARN":             {values{"function": arn + "function:migrate", "qualifier": "live", "payload": "[]", "region": "eu-west-1"}, ""},
		"unknown":            {values{"function": blocktest.Unknown, "qualifier": blocktest.Unknown, "payload": blocktest.Unknown, "log_lines": blocktest.Unknown}, ""},
		"a qualified ARN":    {values{"function": arn + "function:migrate:live"}, "function"},
		"a layer":            {values{"function": arn + "layer:migrate"}, "function"},
		"a space":            {values{"function": "my job"}, "function"},
		"an alias of ours":   {values{"function": "migrate", "qualifier": "rollout-1"}, "qualifier"},
		"no qualifier":       {values{"function": "migrate", "qualifier": "a b"}, "qualifier"},
		"another region":     {values{"function": arn + "function:migrate", "region": "eu-west-2"}, "region"},
		"no region":          {values{"function": "migrate", "region": "Ireland"}, "region"},
		"a payload in words": {values{"function": "migrate", "payload": "migrate"}, "payload"},
		"too many lines":     {values{"function": "migrate", "log_lines": 51}, "log_lines"},
	} {
		problems := Kind().Validate(t.Context(), schemaOf().Object(t, x.block))
		switch {
		case x.at == "" && len(problems) > 0, x.at != "" && len(problems) != 1:
			t.Errorf("%s: %v", name, problems)
		case x.at != "" && problems[0].At != x.at:
			t.Errorf("%s: at %s", name, problems[0].At)
		}
	}
}
