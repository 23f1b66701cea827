package provider_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
)

func TestFunctionsReturnSteps(t *testing.T) {
	t.Parallel()
	w, config := newWorld(t), ""
	type step struct {
		Weight float64
		Bake   string
	}
	wants := map[string][]step{}
	for _, c := range []struct {
		expression, bake string
		weights          []float64
	}{
		{`provider::rollout::linear_steps(20, "5m")`, "5m", []float64{20, 40, 60, 80}},
		{`provider::rollout::linear_steps(33, "90s")`, "90s", []float64{33, 66, 99}},
		{`provider::rollout::linear_steps(60, "0s")`, "0s", []float64{60}},
		{`provider::rollout::canary_steps(10, "10m")`, "10m", []float64{10}},
		{`provider::rollout::exponential_steps(1, 2, "5m")`, "5m", []float64{1, 2, 4, 8, 16, 32, 64}},
		{`provider::rollout::exponential_steps(5, 3, "5m")`, "5m", []float64{5, 15, 45}},
		{`provider::rollout::exponential_steps(2, 1.5, "5m")`, "5m", []float64{2, 3, 5, 7, 10, 15, 23, 34, 51, 77}},
		{`provider::rollout::exponential_steps(1, 1.1, "5m")`, "5m", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 26, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97}},
		{`provider::rollout::exponential_steps(99, 1000, "5m")`, "5m", []float64{99}},
		{`provider::rollout::exponential_steps(80, 1.245, "5m")`, "5m", []float64{80}}, // 99.6 is everything, rounded
	} {
		name := fmt.Sprintf("n%d", len(wants))
		config += output(name, c.expression)
		for _, weight := range c.weights {
			wants[name] = append(wants[name], step{weight, c.bake})
		}
	}
	w.write(config)
	w.applies()
	for name, want := range wants {
		var got []step
		out, _ := w.terraform("output", "-json", name)
		if err := json.Unmarshal([]byte(out), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("it is %v, want %v: %v", got, want, err)
		}
	}
}

func output(name, expression string) string {
	return fmt.Sprintf("output %q {\n  value = %s\n}\n", name, expression)
}

// TestFunctionsRefuseWhatIsNoStep: each mistake is named at its argument.
func TestFunctionsRefuseWhatIsNoStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	share := func(name, v string) string {
		return fmt.Sprintf(`Invalid value for "%s" parameter: %s is no share for a step: It is %s, and a step has a whole percentage of traffic, less than everything. Write a whole number from 1 to 99.`, name, name, v)
	}
	const bake = `Invalid value for "bake" parameter: bake is not a duration: ten minutes has no meaning as one. Write a number with a unit, such as 30s, 5m or 1h30m.`
	said := ""
	for expression, says := range map[string]string{
		`linear_steps(0, "5m")`:                   share("percent", "0"),
		`linear_steps(-1, "5m")`:                  share("percent", "-1"),
		`linear_steps(2.5, "5m")`:                 share("percent", "2.5"),
		`linear_steps(100, "5m")`:                 share("percent", "100"),
		`linear_steps(20, "ten minutes")`:         bake,
		`linear_steps(20, null)`:                  `Invalid value for "bake" parameter: argument must not be null.`,
		`canary_steps(100, "5m")`:                 share("percent", "100"),
		`canary_steps(10, "ten minutes")`:         bake,
		`exponential_steps(0, 2, "5m")`:           share("first", "0"),
		`exponential_steps(1, 1, "5m")`:           `Invalid value for "factor" parameter: factor does not let the steps grow: It is 1, and with less than 1.1 there would be hundreds of steps or no end. Write 1.1 or more, such as 2; or use linear_steps.`,
		`exponential_steps(1, 2, "ten minutes")`:  bake,
		`exponential_steps(1, 2, "-5m")`:          `bake is not a duration: -5m has no meaning as one.`,
		`exponential_steps(1, 2, "5m", "things")`: "Too many function arguments",
	} {
		w.write(output("got", "provider::rollout::"+expression))
		out, code := w.plan()
		if code != 1 {
			t.Errorf("%s is accepted", expression)
		}
		w.has(out, says)
		said += flatten(out)
	}
	for _, m := range provider.Messages() {
		if !strings.HasPrefix(m.ID, "function.") {
			continue
		}
		if what := strings.TrimPrefix(m.What, "{name} "); !strings.Contains(said, what) {
			t.Errorf("nothing provokes %s", m.ID)
		}
	}
}

// TestFunctionsMakeSteps: what a function returns is what a dynamic "step"
// takes, also where an argument is known after apply.
func TestFunctionsMakeSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(`
resource "terraform_data" "bake" {
  input = "5m"
}

locals { # https://github.com/opentofu/opentofu/issues/3236
  steps = provider::rollout::exponential_steps(10, 2, terraform_data.bake.output)
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  dynamic "step" {
    for_each = concat([{ weight = 0, bake = "1m" }], local.steps)
    content {
      weight = step.value.weight
      bake   = step.value.bake
    }
  }
  gate {
    name = "answers"
    http {
      request {
        path = "/"
      }
    }
  }
}
`)
	out, code := w.plan()
	if code != 2 {
		t.Fatal(out)
	}
	w.has(out, "+ preview = (known after apply)", "+ preview_version = 1")
	w.applies()
	w.only(w.V2)
	w.quiet()
}
