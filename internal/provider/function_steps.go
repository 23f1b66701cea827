package provider

import (
	"context"
	"math"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// stepFunctions are the functions that return steps for a dynamic "step" block.
// They know no platform, so weights are whole percents, which every platform can
// divide; promotion is no step, so none is 100.
func stepFunctions() []func() function.Function {
	return []func() function.Function{
		func() function.Function { return linearSteps },
		func() function.Function { return canarySteps },
		func() function.Function { return exponentialSteps },
	}
}

const returnsSteps = " It returns a list of objects with `weight` and `bake`, for a `dynamic \"step\"` block. Promotion comes after the last of them by itself. " +
	"Put it into a local and the local into the block: OpenTofu before 1.11 may not find a provider's function in the block itself."

var linearSteps = stepsFunction{
	name: "linear_steps", summary: "Steps of the same height",
	doc:     "Steps that rise by the same share each time, below 100 percent: `linear_steps(20, \"5m\")` has the weights 20, 40, 60 and 80." + returnsSteps,
	numbers: []stepsNumber{{"percent", "By how much each step rises: a whole percentage from 1 to 99.", percentage}},
	weights: func(n []float64) []float64 {
		var out []float64
		for w := n[0]; w < 100; w += n[0] {
			out = append(out, w)
		}
		return out
	},
}

var canarySteps = stepsFunction{
	name: "canary_steps", summary: "One step, and then everything",
	doc:     "One step: `canary_steps(10, \"10m\")` gives the candidate 10 percent for 10 minutes, and then everything. AWS CodeDeploy calls this a canary." + returnsSteps,
	numbers: []stepsNumber{{"percent", "The candidate's share: a whole percentage from 1 to 99.", percentage}},
	weights: func(n []float64) []float64 { return n },
}

var exponentialSteps = stepsFunction{
	name: "exponential_steps", summary: "Steps that grow by a factor",
	doc: "Steps each of which is a multiple of the one before, below 100 percent: `exponential_steps(1, 2, \"5m\")` has the weights 1, 2, 4, 8, 16, 32 and 64. " +
		"Weights are rounded to whole percents; one that is no more than the one before is left out." + returnsSteps,
	numbers: []stepsNumber{
		{"first", "The first step: a whole percentage from 1 to 99.", percentage},
		{"factor", "By what each step is multiplied: 1.1 or more.", growth},
	},
	weights: func(n []float64) []float64 {
		var out []float64
		before := 0.0
		for w := n[0]; math.Round(w) < 100; w *= n[1] {
			if rounded := math.Round(w); rounded > before {
				out = append(out, rounded)
				before = rounded
			}
		}
		return out
	},
}

// stepsFunction takes numbers and, as its last argument, the bake of every step.
type stepsFunction struct {
	name, summary, doc string
	numbers            []stepsNumber
	// weights computes ascending weights above 0 and below 100 from numbers that
	// were looked at.
	weights func(numbers []float64) []float64
}

// stepsNumber is an argument, and what may be wrong with it.
type stepsNumber struct {
	name, doc string
	wrong     func(name string, v float64) *rollout.Problem
}

// slowest is the least factor that is taken: with less there would be hundreds
// of steps.
const slowest = 1.1

func percentage(name string, v float64) *rollout.Problem {
	if v >= 1 && v <= 99 && v == math.Trunc(v) {
		return nil
	}
	p := msgNotAPercentage.With("name", name, "value", v)
	return &p
}

func growth(name string, v float64) *rollout.Problem {
	if v >= slowest {
		return nil
	}
	p := msgNoGrowth.With("name", name, "value", v, "least", slowest)
	return &p
}

func steadyBake(v string) *rollout.Problem {
	if d, err := time.ParseDuration(v); err == nil && d >= 0 {
		return nil
	}
	p := msgNotABake.With("value", v)
	return &p
}

var stepType = types.ObjectType{AttrTypes: map[string]attr.Type{"weight": types.Float64Type, "bake": types.StringType}}

// Metadata implements function.Function.
func (f stepsFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = f.name
}

// Definition implements function.Function.
func (f stepsFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	var parameters []function.Parameter
	for _, n := range f.numbers {
		parameters = append(parameters, function.Float64Parameter{Name: n.name, MarkdownDescription: n.doc})
	}
	parameters = append(parameters, function.StringParameter{Name: "bake", MarkdownDescription: "How long each step is watched at least, such as `\"5m\"`."})
	resp.Definition = function.Definition{
		Summary: f.summary, MarkdownDescription: f.doc, Parameters: parameters,
		Return: function.ListReturn{ElementType: stepType},
	}
}

// Run implements function.Function.
func (f stepsFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	numbers, bake, failed := f.arguments(ctx, req.Arguments)
	if failed != nil {
		resp.Error = failed
		return
	}
	type step struct {
		Weight float64 `tfsdk:"weight"`
		Bake   string  `tfsdk:"bake"`
	}
	var steps []step
	for _, w := range f.weights(numbers) {
		steps = append(steps, step{w, bake})
	}
	resp.Error = resp.Result.Set(ctx, steps)
}

// arguments reads the arguments, and says what is wrong with the first that is.
func (f stepsFunction) arguments(ctx context.Context, given function.ArgumentsData) (numbers []float64, bake string, failed *function.FuncError) {
	for i, n := range f.numbers {
		var v float64
		if failed = given.GetArgument(ctx, i, &v); failed != nil {
			return nil, "", failed
		}
		if p := n.wrong(n.name, v); p != nil {
			return nil, "", function.NewArgumentFuncError(int64(i), p.Error())
		}
		numbers = append(numbers, v)
	}
	last := len(f.numbers)
	if failed = given.GetArgument(ctx, last, &bake); failed != nil {
		return nil, "", failed
	}
	if p := steadyBake(bake); p != nil {
		return nil, "", function.NewArgumentFuncError(int64(last), p.Error())
	}
	return numbers, bake, nil
}
