package engine_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// The words of the transcripts: "api-1 90%, api-2 10%", "0%/1m 10%/5m",
// "errors>5/for=5m/window=1m/min=100".

func parseSplit(t *testing.T, v string) rollout.Split {
	t.Helper()
	if v == "nothing" {
		return nil
	}
	out := rollout.Split{}
	for r, w := range parseWeights(t, v) {
		out[r] = w
	}
	if err := out.Validate(); err != nil {
		t.Fatal(err)
	}
	return out
}

func parseWeights(t *testing.T, v string) map[rollout.Revision]rollout.Weight {
	t.Helper()
	out := map[rollout.Revision]rollout.Weight{}
	for part := range strings.SplitSeq(v, ",") {
		f := strings.Fields(part)
		if len(f) != 2 {
			t.Fatalf("%q is not a revision and a weight", part)
		}
		out[rollout.Revision(f[0])] = parseWeight(t, f[1])
	}
	return out
}

func parseWeight(t *testing.T, v string) rollout.Weight {
	t.Helper()
	f, err := strconv.ParseFloat(strings.TrimSuffix(v, "%"), 64)
	if err != nil {
		t.Fatal(err)
	}
	w, err := rollout.Percent(f)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func parseDuration(t *testing.T, v string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(v)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func parseSteps(t *testing.T, v string) []engine.Step {
	t.Helper()
	var out []engine.Step
	for part := range strings.FieldsSeq(v) {
		w, d, _ := strings.Cut(part, "/")
		out = append(out, engine.Step{Weight: parseWeight(t, w), Bake: parseDuration(t, d)})
	}
	return out
}

func parseHealth(t *testing.T, v string) rollout.Health {
	t.Helper()
	word, reason, _ := strings.Cut(v, ": ")
	for _, s := range []rollout.State{rollout.Missing, rollout.Starting, rollout.Ready, rollout.Broken} {
		if s.String() == word {
			return rollout.Health{State: s, Reason: reason}
		}
	}
	t.Fatalf("unknown state %q", word)
	return rollout.Health{}
}

func parseGates(t *testing.T, v string) []rollout.Gate {
	t.Helper()
	var out []rollout.Gate
	for part := range strings.FieldsSeq(v) {
		words := strings.Split(part, "/")
		g := rollout.Gate{Interval: 10 * time.Second}
		name, limit, ok := strings.Cut(words[0], ">")
		if !ok {
			limit = "0"
		}
		above := parseFloat(t, limit)
		g.Name, g.FailAbove = name, &above
		for _, w := range words[1:] {
			parseGateWord(t, &g, w)
		}
		out = append(out, g)
	}
	return out
}

func parseGateWord(t *testing.T, g *rollout.Gate, w string) {
	t.Helper()
	k, v, _ := strings.Cut(w, "=")
	switch k {
	case "for":
		g.For = parseDuration(t, v)
	case "window":
		g.Window = parseDuration(t, v)
	case "wait":
		g.WaitFor = parseDuration(t, v)
	case "min":
		g.MinSamples = int(parseFloat(t, v))
	case "allow":
		g.FailuresAllowed = int(parseFloat(t, v))
	case "below":
		f := parseFloat(t, v)
		g.PassBelow = &f
	case "absent_fails":
		g.OnNoData = rollout.AbsenceFails
	case "count":
		g.Count = true
	case "dry_run":
		g.DryRun = true
	case "pct":
		g.Unit = "%"
	default:
		t.Fatalf("unknown word %q of a gate", w)
	}
}

func parseFloat(t *testing.T, v string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(v, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
