package provider_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// TestALBReleasesInARow: two groups take turns, and each release climbs, also into
// a group that was promoted before.
func TestALBReleasesInARow(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	seen := map[string]bool{}
	w.clock.Every(time.Minute, func(time.Time) {
		s := w.weights()
		sum := s["blue"] + s["green"]
		seen[fmt.Sprintf("blue %.0f, green %.0f", float64(s["blue"])*100/float64(sum), float64(s["green"])*100/float64(sum))] = true
	})
	for n, group := range []string{"green", "blue", "green"} {
		seen = map[string]bool{}
		w.shifts(group, fmt.Sprintf("shop:%d", n+2), "")
		w.applies()
		w.at(group)
		w.quiet()
		for _, step := range []int{10, 50} {
			want := fmt.Sprintf("blue %d, green %d", 100-step, step)
			if group == "blue" {
				want = fmt.Sprintf("blue %d, green %d", step, 100-step)
			}
			if !seen[want] {
				t.Errorf("release %d: users never had %s: %v", n+2, want, seen)
			}
		}
	}
}

// TestALBAttachesFirst: a group that nothing names is attached at weight 0, and
// gets nothing before its targets have passed their checks.
func TestALBAttachesFirst(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	w.forward("blue", 100)
	w.amazon.ForgetCalls()
	var atZero, early bool
	w.clock.Every(time.Second, func(now time.Time) {
		s := w.weights()
		n, attached := s["green"]
		atZero = atZero || attached && n == 0
		early = early || n > 0 && !atZero
	})
	w.shifts("green", "shop:2", "")
	w.applies()
	w.at("green")
	if !atZero || early {
		t.Errorf("attached at 0: %v, raised before: %v", atZero, early)
	}
}

// TestALBRoom: no rise beyond what the healthy targets of a group can take, and the
// reason stands in the error.
func TestALBRoom(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	for n := range 3 {
		w.must(w.amazon.SetHealth(w.front.Groups["green"], fmt.Sprintf("10.0.1.%d", n+4), "Target.ResponseCodeMismatch"))
	}
	w.shifts("green", "shop:2", "")
	w.fails("green has room for 25 % of the 50 % that is due")
	w.at("blue")
}

// TestALBNoTargetIsHealthy: the platform's own reason stands in the error.
func TestALBNoTargetIsHealthy(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	for n := range 4 {
		w.must(w.amazon.SetHealth(w.front.Groups["green"], fmt.Sprintf("10.0.1.%d", n+4), "Target.ResponseCodeMismatch"))
	}
	w.shifts("green", "shop:2", "")
	w.fails("0 of 4 targets are healthy", "Target.ResponseCodeMismatch")
	w.at("blue")
}

// TestALBBreaksInTheMiddle: home at once, by a command that a person could run, and
// what failed is blocked by its content, not by its place.
func TestALBBreaksInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	w.shifts("blue", "shop:1", "")
	w.applies()
	w.shifts("green", "shop:2", "")
	mend := w.breaksAbove(45)
	w.fails("Target.Timeout", "aws elbv2 modify-listener --region eu-central-1 --listener-arn "+w.front.Listener)
	w.at("blue")
	w.fails("is blocked")
	mend()
	w.shifts("green", "shop:3", "")
	w.applies()
	w.at("green")
	w.quiet()
}

// TestALBWayHomeIsACommand runs what every error ends with.
func TestALBWayHomeIsACommand(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	w.shifts("green", "shop:2", "  hold_at = 10\n")
	out := w.applies()
	at := strings.Index(flatten(out), "aws elbv2 modify-listener")
	if at < 0 {
		t.Fatalf("no way home is named:\n%s", out)
	}
	command := flatten(out)[at:]
	command = command[:strings.Index(command, "]'")+2]
	words := strings.SplitN(command, " '", 2)
	w.awsCLI(append(strings.Fields(words[0])[1:], strings.TrimSuffix(words[1], "'"))...)
	w.at("blue")
	if _, attached := w.weights()["green"]; !attached {
		t.Error("the command detached a group")
	}
}

// byHand is a person at the AWS CLI, who gives blue and green weights.
func (w *world) byHand(blue, green int) {
	w.Helper()
	w.awsCLI("elbv2", "modify-listener", "--listener-arn", w.front.Listener, "--default-actions", fmt.Sprintf(
		`[{"Type":"forward","ForwardConfig":{"TargetGroups":[{"TargetGroupArn":%q,"Weight":%d},{"TargetGroupArn":%q,"Weight":%d}]}}]`,
		w.front.Groups["blue"], blue, w.front.Groups["green"], green))
}

// left fails the test unless a person's weights stand.
func (w *world) left(blue, green int) {
	w.Helper()
	if s := w.weights(); s["blue"] != blue || s["green"] != green {
		w.Errorf("a person's decision was overwritten: %v", s)
	}
}

// TestALBForeignChange: whoever moves traffic with the AWS CLI is seen, and left
// alone.
func TestALBForeignChange(t *testing.T) {
	t.Parallel()
	t.Run("after an apply", func(t *testing.T) {
		t.Parallel()
		w := newALBWorld(t)
		w.shifts("green", "shop:2", "")
		w.applies()
		w.byHand(70, 30)
		w.has(w.planned(), "Traffic was moved by somebody else", "The last apply left green 100 %, and live is blue 70 %, green 30 %")
		w.fails("somebody else")
		w.left(70, 30)
		w.byHand(100, 0) // the person flees to blue
		w.shifts("green", "shop:3", "")
		w.applies() // other content, though in the same group
		w.at("green")
		w.shifts("blue", "shop:2", "")
		w.fails("shop:2", "somebody took traffic off it by hand")
		w.at("green")
	})
	t.Run("after an apply, and adopted", func(t *testing.T) {
		t.Parallel()
		w := newALBWorld(t)
		w.shifts("green", "shop:2", "")
		w.applies()
		w.byHand(100, 0)
		w.shifts("green", "shop:2", "  on_foreign_change = \"adopt\"\n")
		w.applies()
		w.at("blue")
		w.shifts("green", "shop:3", "")
		w.applies() // what is blocked is what was in the group
		w.shifts("blue", "shop:2", "")
		w.fails("shop:2", "somebody took traffic off it by hand, and that was adopted")
		w.at("green")
	})
	t.Run("between plan and apply", func(t *testing.T) {
		t.Parallel()
		w := newALBWorld(t)
		w.shifts("green", "shop:2", "")
		w.applies()
		w.shifts("blue", "shop:3", "")
		if out, code := w.terraform("plan", "-no-color", "-input=false", "-out=saved"); code != 0 {
			t.Fatal(out)
		}
		w.byHand(40, 60)
		out, code := w.terraform("apply", "-no-color", "-input=false", "saved")
		if code != 1 {
			t.Fatalf("the apply succeeded:\n%s", out)
		}
		w.has(out, "blue 40 %")
		w.left(40, 60)
	})
	t.Run("in the middle", func(t *testing.T) {
		t.Parallel()
		w := newALBWorld(t)
		w.shifts("green", "shop:2", "")
		moved := false
		w.clock.Every(time.Minute, func(time.Time) {
			if s := w.weights(); s["green"] > 300 && !moved {
				moved = true
				w.byHand(70, 30)
			}
		})
		w.fails("Somebody else moved traffic")
		w.left(70, 30)
	})
}

// TestALBServingGroupChanges: other content for the group that serves is refused
// before anything is made of it.
func TestALBServingGroupChanges(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	w.shifts("green", "shop:2", "")
	w.applies()
	w.shifts("green", "shop:3", "")
	out, code := w.plan()
	w.has(flatten(out), "green serves users, and its content is about to change", `"shop:2"`, `"shop:3"`, "aws_ecs_service")
	if code != 1 {
		t.Errorf("the plan ended with %d", code)
	}
	w.at("green")
}

// TestALBStickinessOutlivesTheApply is refused at plan.
func TestALBStickinessOutlivesTheApply(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	w.awsCLI("elbv2", "modify-listener", "--listener-arn", w.front.Listener, "--default-actions",
		`[{"Type":"forward","ForwardConfig":{"TargetGroups":[{"TargetGroupArn":"`+w.front.Groups["blue"]+`","Weight":100}],"TargetGroupStickinessConfig":{"Enabled":true,"DurationSeconds":7200}}}]`)
	w.shifts("green", "shop:2", "")
	out, code := w.plan()
	w.has(flatten(out), "Users stay longer than the apply has time for", "2h")
	if code != 1 {
		t.Errorf("the plan ended with %d", code)
	}
	w.shifts("green", "shop:2", "  timeouts {\n    create = \"6h\"\n  }\n")
	w.applies()
	w.at("green")
}

// TestALBKilled: an apply that died in the middle is gone on with by the next one.
func TestALBKilled(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	w.shifts("green", "shop:2", "")
	dead := w.amazon.Fault(aws.Fault{Kind: aws.Denied, Action: "elasticloadbalancing:ModifyListener", Skip: 2})
	w.fails("elasticloadbalancing:ModifyListener")
	dead()
	if s := w.weights(); s["green"] == 0 {
		t.Fatalf("it did not die in the middle: %v", s)
	}
	w.applies()
	w.at("green")
	w.quiet()
}

// TestALBSplit: exact weights, and a group that was not attached is checked before
// it gets its share.
func TestALBSplit(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	w.forward("blue", 100)
	w.write(`
resource "rollout_traffic_split" "api" {
  alb {
    listener = "@listener"
  }
  weights = { blue = 87.5, green = 12.5 }
}
`)
	w.applies()
	if s := w.weights(); s["blue"] != 875 || s["green"] != 125 {
		t.Errorf("the weights are %v", s)
	}
	w.quiet()
}

// TestALBTakenHomeByHandAfterAHalt: the plan says what the apply does then. Who took a
// candidate off meant it, and says by retry that it may come back.
func TestALBTakenHomeByHandAfterAHalt(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	w.shifts("blue", "shop:1", "")
	w.applies()
	w.when("green", func() { w.forward("blue", 50, "green", 50) })
	w.shifts("green", "shop:2", "")
	w.fails("was halted", "Somebody else moved traffic", "A candidate that you take traffic off is blocked")
	w.forward("blue", 100, "green", 0)
	w.has(w.says("goes on from there"), "Warning: green is blocked", "Somebody took traffic off it by hand. Apply will fail at it before any write", `set retry = "green"`)
	w.shifts("green", "shop:2", "  retry = \"green\"\n")
	w.has(w.says("is blocked", "retry names nothing"), "The rollout goes on from there: blue is home")
	w.shifts("green", "shop:2", "")
	w.fails("green is blocked", "somebody took traffic off it by hand", "Nothing was written")
	w.shifts("green", "shop:2", "  retry = \"green\"\n")
	w.applies()
	w.at("green")
}
