package httpprobe

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// usual and longest are what a request may take. An evaluation of a gate ends
// after half a minute, and then it is the gate that failed, not the revision.
const (
	usual   = 10 * time.Second
	longest = 25 * time.Second
)

var methods = []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}

// Kind returns the gate kind "http".
func Kind() gate.Kind {
	return gate.Kind{
		Name: "http",
		Doc: "Asks the revision itself: at its own address at every weight, at 0 % too, and after promotion at the service's address as well. " +
			"The value is the number of requests that were not answered as they should be, so the gate needs no threshold: one wrong answer is a breach. " +
			"Redirects are not followed. A request that gets no answer counts as a wrong one. " +
			"It is sent from where Terraform runs, so the address of the traffic tag has to be reachable from there, and it carries no credential: " +
			"a Cloud Run service that demands authentication answers 403, and the gate fails. The guide [How a rollout goes](../guides/how-a-rollout-goes#private-services) says what to use instead.",
		Probe:      true,
		Attributes: attributes(),
		Blocks:     map[string]schema.Block{"request": requestSchema()},
		Validate: func(ctx context.Context, block types.Object) []rollout.Problem {
			_, problems := read(ctx, block)
			return problems
		},
		Messages: messages(),
		Describe: func(context.Context, types.Object) gate.Description { return gate.Description{Measures: "requests"} },
		Open:     open,
	}
}

func attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"timeout": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "How long one request may take until its answer is complete, such as `\"5s\"`; at most `25s`. What takes longer counts as not answered. Default: `10s`.",
		},
	}
}

func requestSchema() schema.ListNestedBlock {
	return schema.ListNestedBlock{
		MarkdownDescription: "A request, and what makes a good answer. All of them are made at every evaluation, at once.",
		NestedObject: schema.NestedBlockObject{
			Attributes: map[string]schema.Attribute{
				"path": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "The path to ask for, from its first slash on, with a query if there is one: `/api/v1/health`. Messages leave the query out, but plan and state hold it: put no token there.",
				},
				"method": schema.StringAttribute{
					Optional: true,
					MarkdownDescription: "The method: `GET`, `HEAD`, `OPTIONS`, `POST`, `PUT`, `PATCH` or `DELETE`. The request has no body. Default: `GET`. " +
						"Those but `GET`, `HEAD` and `OPTIONS` may change something: they are made in apply alone, at every evaluation, and neither at plan nor before the candidate is there to be asked. After promotion, and after a roll-back, they reach what serves.",
				},
				"status": schema.ListAttribute{
					Optional:            true,
					ElementType:         types.Int64Type,
					MarkdownDescription: "The statuses that are good, such as `[200, 204]`. Default: any from 200 to 299.",
				},
				"latency": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "The longest that a good answer may take until it is complete, such as `\"500ms\"`. Default: as long as `timeout`.",
				},
				"text": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "A text that the first MiB of a good answer contains. No message shows it.",
				},
			},
			Blocks: map[string]schema.Block{
				"json": schema.ListNestedBlock{
					MarkdownDescription: "Something that holds of a good answer, which is JSON.",
					NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
						"path": schema.StringAttribute{
							Required:            true,
							MarkdownDescription: "Where to look: keys and places in lists, joined by dots, such as `data.items.0.status`.",
						},
						"equals": schema.StringAttribute{
							Optional:            true,
							MarkdownDescription: "What stands there: a string, or a number, `true`, `false` or `null` as JSON writes it. Default: anything but `null`. No message shows it.",
						},
					}},
				},
			},
		},
	}
}

type block struct {
	Request types.List   `tfsdk:"request"`
	Timeout types.String `tfsdk:"timeout"`
}

type requestBlock struct {
	Path    types.String `tfsdk:"path"`
	Method  types.String `tfsdk:"method"`
	Status  types.List   `tfsdk:"status"`
	Latency types.String `tfsdk:"latency"`
	Text    types.String `tfsdk:"text"`
	JSON    types.List   `tfsdk:"json"`
}

type jsonBlock struct {
	Path   types.String `tfsdk:"path"`
	Equals types.String `tfsdk:"equals"`
}

// open returns the probe.
func open(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Source, error) {
	p, problems := read(ctx, object)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	p.client, p.clock = clients.HTTP(), clients.Clock()
	return &p, nil
}

// read turns the block into a probe. What is unknown is left out, and is not
// wrong.
func read(ctx context.Context, object types.Object) (probe, []rollout.Problem) {
	p := probe{timeout: usual}
	var b block
	if object.IsNull() || object.IsUnknown() {
		return p, nil
	}
	if object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return p, []rollout.Problem{msgUnreadable.With()}
	}
	var problems []rollout.Problem
	if d, problem := duration("timeout", b.Timeout); problem != nil {
		problems = append(problems, *problem)
	} else if d > longest {
		problems = append(problems, msgTimeoutTooLong.With("timeout", b.Timeout.ValueString(), "longest", rollout.Short(longest)))
	} else if d > 0 {
		p.timeout = d
	}
	if b.Timeout.IsUnknown() {
		p.timeout = longest // for comparisons: it may be that
	}
	if b.Request.IsUnknown() {
		return p, problems
	}
	requests := elements[requestBlock](ctx, b.Request)
	if len(requests) == 0 {
		problems = append(problems, msgNoRequest.With())
	}
	for _, rb := range requests {
		r, more := rb.read(ctx, p.timeout)
		p.requests, problems = append(p.requests, r), append(problems, more...)
	}
	return p, problems
}

// elements reads the blocks of a list; none where it is not known.
func elements[T any](ctx context.Context, list types.List) []T {
	var out []T
	if !list.IsNull() && !list.IsUnknown() && list.ElementsAs(ctx, &out, false).HasError() {
		return nil
	}
	return out
}

// read turns one request block into a request.
func (b requestBlock) read(ctx context.Context, timeout time.Duration) (request, []rollout.Problem) {
	r := request{method: "GET", path: b.Path.ValueString(), text: b.Text.ValueString()}
	if b.Method.ValueString() != "" {
		r.method = b.Method.ValueString()
	}
	var problems []rollout.Problem
	add := func(p *rollout.Problem) {
		if p != nil {
			problems = append(problems, *p)
		}
	}
	add(checkPath(b.Path))
	add(b.checkMethod(r.method))
	var problem *rollout.Problem
	r.status, problem = statuses(ctx, b.Status)
	add(problem)
	r.latency, problem = duration("latency", b.Latency)
	add(problem)
	if r.latency >= timeout {
		problems = append(problems, msgLatencyBeyondTimeout.With("latency", rollout.Short(r.latency), "timeout", rollout.Short(timeout)))
	}
	if b.Text.ValueString() == "" && !b.Text.IsNull() && !b.Text.IsUnknown() {
		problems = append(problems, msgEmptyText.With())
	}
	for _, jb := range elements[jsonBlock](ctx, b.JSON) {
		c, problem := jb.read()
		r.json = append(r.json, c)
		add(problem)
	}
	return r, problems
}

func (b jsonBlock) read() (condition, *rollout.Problem) {
	c := condition{path: b.Path.ValueString(), equals: b.Equals.ValueStringPointer()}
	if !b.Path.IsUnknown() && slices.Contains(strings.Split(c.path, "."), "") {
		return c, msgEmptyPart.Found("path", c.path)
	}
	return c, nil
}

func checkPath(v types.String) *rollout.Problem {
	path := v.ValueString()
	if v.IsUnknown() {
		return nil
	}
	_, err := url.Parse("http://host" + path)
	shown, _, _ := strings.Cut(path, "?")
	if strings.HasPrefix(path, "/") && err == nil && !strings.Contains(path, "#") {
		return nil
	}
	return msgNoPath.Found("path", shown)
}

func (b requestBlock) checkMethod(method string) *rollout.Problem {
	switch {
	case b.Method.IsUnknown():
	case !slices.Contains(methods, method):
		return msgUnknownMethod.Found("method", method, "methods", strings.Join(methods, ", "))
	case method == "HEAD" && (!b.Text.IsNull() || len(b.JSON.Elements()) > 0):
		return msgHeadWithBody.Found()
	}
	return nil
}

func statuses(ctx context.Context, list types.List) ([]int, *rollout.Problem) {
	if list.IsNull() || list.IsUnknown() {
		return nil, nil
	}
	var out []int
	for _, v := range elements[types.Int64](ctx, list) {
		if v.IsUnknown() {
			continue
		}
		if v.ValueInt64() < 200 || v.ValueInt64() > 599 {
			return nil, msgNoStatus.Found("status", v.ValueInt64())
		}
		out = append(out, int(v.ValueInt64()))
	}
	if len(list.Elements()) == 0 {
		return nil, msgEmptyStatus.Found()
	}
	return out, nil
}

// duration reads a positive duration; 0 where there is none yet.
func duration(name string, v types.String) (time.Duration, *rollout.Problem) {
	if v.IsNull() || v.IsUnknown() {
		return 0, nil
	}
	d, err := time.ParseDuration(v.ValueString())
	if err != nil || d <= 0 {
		return 0, msgNoDuration.Found("attribute", name, "value", v.ValueString())
	}
	return d, nil
}
