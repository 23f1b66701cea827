package provider_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

func TestLambdaIsPublishedAndPromoted(t *testing.T) {
	t.Parallel()
	w := newLambdaWorld(t)
	w.published(2, "    environment = { STAGE = \"prod\", COLOUR = \"blue\" }\n", "")
	seen := map[string]bool{}
	w.clock.Every(time.Minute, func(time.Time) { seen[w.shares().String()] = true })
	w.applies()
	for _, want := range []string{"1 90 %, 2 10 %", "1 50 %, 2 50 %", "2 100 %"} {
		if !seen[want] {
			t.Errorf("users never had %s: %v", want, seen)
		}
	}
	w.atVersion("2")
	w.quiet()
	w.published(3, "    environment = { STAGE = \"prod\", COLOUR = \"green\" }\n", "")
	w.applies()
	w.atVersion("3")
	w.quiet()
	// A return makes nothing, and does not climb.
	w.published(2, "    environment = { STAGE = \"prod\", COLOUR = \"blue\" }\n", "")
	w.applies()
	w.atVersion("2")
	w.quiet()
	if v := w.amazon.Versions(shop); len(v) != 3 {
		t.Errorf("there are the versions %v, want 3", v)
	}
}

func TestLambdaVersionFromElsewhere(t *testing.T) {
	t.Parallel()
	w := newLambdaWorld(t)
	v, err := w.amazon.Publish(shop, w.build(2), nil)
	w.must(err)
	w.moves("    version = \"" + v + "\"\n")
	w.applies()
	w.atVersion(v)
	w.quiet()
	w.moves("    version = \"newest\"\n")
	w.applies()
	w.atVersion(v)
	next, err := w.amazon.Publish(shop, w.build(3), nil)
	w.must(err)
	if out, code := w.plan(); code != 2 || !strings.Contains(out, `"`+next+`"`) {
		t.Fatalf("a newer version plans nothing:\n%s", out)
	}
	w.applies()
	w.atVersion(next)
	w.quiet()
}

func TestLambdaBrokenInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newLambdaWorld(t)
	w.published(2, "", "")
	w.clock.Every(10*time.Second, func(time.Time) {
		if w.shares()["2"] == 5000 {
			w.must(w.amazon.BreakVersion(shop, "2", "KMSKeyNotFound", "its key has gone"))
		}
	})
	w.fails("its key has gone", "aws lambda update-alias --region eu-central-1 --function-name shop --name live --function-version 1 --routing-config AdditionalVersionWeights={}")
	w.atVersion("1")
}

// TestLambdaWayHomeIsACommand runs what every error ends with.
func TestLambdaWayHomeIsACommand(t *testing.T) {
	t.Parallel()
	w := newLambdaWorld(t)
	w.published(2, "", "  hold_at = 10\n")
	w.applies()
	home, _ := w.terraform("state", "show", "-no-color", "rollout_safe_deployment.api")
	_, command, ok := strings.Cut(flatten(home), `way_home = "aws `)
	command, _, closed := strings.Cut(command, `"`)
	if !ok || !closed {
		t.Fatalf("state has no way home:\n%s", home)
	}
	if s := w.shares(); s["2"] != 1000 {
		t.Fatalf("users have %s", s)
	}
	w.awsCLI(strings.Fields(command)...)
	if s := w.shares(); s.Sole() != "1" {
		t.Errorf("the way home led to %s", s)
	}
}

func TestLambdaMovedByHand(t *testing.T) {
	t.Parallel()
	w := newLambdaWorld(t)
	w.published(2, "", "")
	w.applies()
	w.awsCLI("lambda", "update-alias", "--function-name", shop, "--name", "live", "--function-version", "1")
	w.fails("somebody else")
	if s := w.shares(); s.Sole() != "1" {
		t.Errorf("a person's decision was overwritten: %s", s)
	}
	w.published(3, "", "") // other content goes on from what the person chose
	w.applies()
	w.atVersion("3")
}

// TestLambdaMeddledInTheMiddle: whoever moves traffic during a rollout ends it.
func TestLambdaMeddledInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newLambdaWorld(t)
	w.published(2, "", "")
	done := false
	w.clock.Every(10*time.Second, func(time.Time) {
		if w.shares()["2"] == 1000 && !done {
			done = true
			w.awsCLI("lambda", "update-alias", "--function-name", shop, "--name", "live", "--routing-config", "AdditionalVersionWeights={2=0.33}")
		}
	})
	w.fails("Somebody else moved traffic", "2 33 %")
	if s := w.shares(); s["2"] != 3300 {
		t.Errorf("a meddler was overwritten: %s", s)
	}
}

func TestLambdaAbortAndResume(t *testing.T) {
	t.Parallel()
	w := newLambdaWorld(t)
	w.awsCLI("lambda", "tag-resource", "--resource", w.functionARN(), "--tags", "rollout-abort=incident")
	w.published(2, "", "")
	out := w.fails("incident", "aws lambda untag-resource --region eu-central-1 --resource "+w.functionARN()+" --tag-keys rollout-abort")
	w.atVersion("1")
	_, command, _ := strings.Cut(flatten(out), "aws lambda untag-resource ")
	w.awsCLI(append([]string{"lambda", "untag-resource"}, strings.Fields(command)[:6]...)...)
	w.applies()
	w.atVersion("2")
}

func TestLambdaImport(t *testing.T) {
	t.Parallel()
	w := newLambdaWorld(t)
	v, err := w.amazon.Publish(shop, w.build(2), nil)
	w.must(err)
	w.must(w.amazon.SetAlias(shop, "live", v, nil))
	w.moves("    version = \"" + v + "\"\n")
	if out, code := w.terraform("import", "-no-color", "rollout_safe_deployment.api", "lambda_alias/"+w.functionARN()+":live"); code != 0 {
		t.Fatal(out)
	}
	before := w.amazon.Writes()
	w.applies()
	if w.amazon.Writes() != before {
		t.Error("what was imported moved something")
	}
	w.quiet()
}

func TestLambdaSplitAndStatus(t *testing.T) {
	t.Parallel()
	w := newLambdaWorld(t)
	v, err := w.amazon.Publish(shop, w.build(2), nil)
	w.must(err)
	config := func(a, b int) string {
		return fmt.Sprintf(`
resource "rollout_traffic_split" "api" {
  lambda_alias { alias = "@alias" }
  weights = { "1" = %d, "%s" = %d }
}
data "rollout_status" "api" {
  lambda_alias { alias = "@alias" }
  depends_on = [rollout_traffic_split.api]
}
output "traffic" { value = data.rollout_status.api.traffic }
`, a, v, b)
	}
	for _, shares := range [][2]int{{90, 10}, {50, 50}, {10, 90}, {0, 100}} {
		w.write(config(shares[0], shares[1]))
		w.applies()
		if s := w.shares(); s["1"] != rollout.Weight(shares[0]*100) || s[rollout.Revision(v)] != rollout.Weight(shares[1]*100) {
			t.Errorf("users have %s, want %v", s, shares)
		}
		w.quiet()
	}
	w.atVersion(v)
	w.amazon.ForgetCalls()
	w.must(w.amazon.SetAlias(shop, "live", "1", nil))
	if out, code := w.plan(); code != 2 {
		t.Errorf("drift plans nothing:\n%s", out)
	}
}

// TestLambdaSplitIsReadInOneCall: a refresh of a thousand aliases reads each once.
func TestLambdaSplitIsReadInOneCall(t *testing.T) {
	t.Parallel()
	w := newLambdaWorld(t)
	w.write("resource \"rollout_traffic_split\" \"api\" {\n  lambda_alias { alias = \"@alias\" }\n  weights = { \"1\" = 100 }\n}\n")
	w.applies()
	w.amazon.ForgetCalls()
	w.quiet()
	if calls := w.amazon.Calls(); len(calls) != 1 || calls[0].Action != "lambda:GetAlias" {
		t.Errorf("a plan that finds nothing to do made the calls %v", calls)
	}
}

// TestLambdaOnBadDays: trouble that passes is waited out, and whoever has lost an
// answer looks.
func TestLambdaOnBadDays(t *testing.T) {
	for name, f := range map[string]aws.Fault{
		"throttled":                  {Kind: aws.Throttle, Action: "lambda:", Times: 20},
		"unavailable":                {Kind: aws.Unavailable, Action: "lambda:GetAlias", Times: 3},
		"moves whose answer is lost": {Kind: aws.LostAnswer, Action: "lambda:UpdateAlias", Times: 2},
		"moves that never arrive":    {Kind: aws.DropBefore, Action: "lambda:UpdateAlias", Times: 2},
		"the answer to publishing":   {Kind: aws.LostAnswer, Action: "lambda:PublishVersion", Times: 1},
		"the answer to an update":    {Kind: aws.LostAnswer, Action: "lambda:UpdateFunctionCode", Times: 1},
		"a write of somebody else's": {Kind: aws.Conflict, Action: "lambda:UpdateAlias", Times: 3},
		"old states are shown":       {Kind: aws.StaleRead, D: 20 * time.Second, Times: 40},
		"updates take their time":    {Kind: aws.SettleAfter, D: 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLambdaWorld(t)
			w.amazon.Fault(f)
			w.published(2, "    environment = { STAGE = \"test\" }\n", "")
			for n := 0; ; n++ {
				out, code := w.apply()
				if code == 0 {
					break
				}
				if n == 2 {
					t.Fatal(out)
				}
			}
			w.atVersion("2")
			if v := w.amazon.Versions(shop); len(v) != 2 {
				t.Errorf("there are the versions %v: one was made twice", v)
			}
			w.quiet()
		})
	}
}
