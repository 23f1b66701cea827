package jobgate

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// usual is how long a job is waited for.
const usual = 15 * time.Minute

// Kind returns the gate kind "job", of these kinds of jobs.
func Kind(kinds []job.Kind) gate.Kind {
	blocks := map[string]schema.Block{}
	messages := []rollout.Message{msgNoKind, msgTwoKinds, msgTimeout}
	for _, k := range kinds {
		blocks[k.Name] = schema.ListNestedBlock{
			MarkdownDescription: k.Doc + " Exactly one of such blocks is given.",
			NestedObject:        schema.NestedBlockObject{Attributes: k.Attributes, Blocks: k.Blocks},
		}
	}
	return gate.Kind{
		Name: "job",
		Doc: "Runs a job that tries the candidate: it passes if the job succeeds, and fails if it does not. The job runs once for a content, at the first weight at which the gate is judged, and is told the candidate's name in `ROLLOUT_REVISION` and its own address, where it has one, in `ROLLOUT_URL`. " +
			"Its verdict holds at every later weight. It never runs on what serves now. The exit code and the last lines that it printed stand in the error. The guide [Jobs](../guides/jobs#a-job-as-a-gate) has more.",
		Probe: true,
		Attributes: map[string]schema.Attribute{
			"timeout": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "How long the gate waits for the job, such as `\"30m\"`; `wait_for` is at least this. Default `\"15m\"`.",
			},
		},
		Blocks:   blocks,
		Messages: messages,
		Validate: func(ctx context.Context, block types.Object) []rollout.Problem {
			c := read(ctx, kinds, block)
			return c.problems
		},
		Describe: func(ctx context.Context, block types.Object) gate.Description {
			c := read(ctx, kinds, block)
			out := gate.Description{Takes: c.timeout}
			if c.kind != nil {
				out.Measures = c.kind.Name
			}
			return out
		},
		Open: func(ctx context.Context, block types.Object, clients *cloud.Clients) (rollout.Source, error) {
			c := read(ctx, kinds, block)
			if len(c.problems) > 0 {
				return nil, c.problems[0]
			}
			opened, err := c.kind.Open(ctx, c.block, clients)
			if err != nil {
				return nil, err
			}
			return &source{
				job: opened, clock: clients.Clock(), of: c.kind.Name + " " + c.block.String(), image: c.kind.Describe(ctx, c.block).Image,
				opened: clients.Clock().Now(), errands: map[string]*errand{},
			}, nil
		},
	}
}

// config is the block, decoded.
type config struct {
	kind     *job.Kind
	block    types.Object
	timeout  time.Duration
	problems []rollout.Problem
}

func read(ctx context.Context, kinds []job.Kind, object types.Object) config {
	out := config{timeout: usual}
	if object.IsNull() || object.IsUnknown() {
		return out
	}
	if v, ok := object.Attributes()["timeout"].(types.String); ok && !v.IsNull() && !v.IsUnknown() {
		d, err := time.ParseDuration(v.ValueString())
		if err != nil || d <= 0 {
			out.problems = append(out.problems, msgTimeout.With("value", v.ValueString()))
		} else {
			out.timeout = d
		}
	}
	found, names, unknown := out.find(kinds, object)
	switch {
	case found > 1:
		out.problems = append(out.problems, msgTwoKinds.With("kinds", strings.Join(names, ", ")))
		out.kind = nil
	case found == 1:
		out.problems = append(out.problems, out.kind.Validate(ctx, out.block)...)
	case !unknown:
		out.problems = append(out.problems, msgNoKind.With("kinds", strings.Join(names, ", ")))
	}
	return out
}

// find takes in the blocks that say what is run, and counts them.
func (c *config) find(kinds []job.Kind, object types.Object) (found int, names []string, unknown bool) {
	for i := range kinds {
		k := &kinds[i]
		names = append(names, k.Name)
		list, ok := object.Attributes()[k.Name].(types.List)
		unknown = unknown || !ok || list.IsUnknown()
		for _, e := range list.Elements() {
			if b, ok := e.(types.Object); ok {
				found++
				c.kind, c.block = k, b
			}
		}
	}
	return found, names, unknown
}
