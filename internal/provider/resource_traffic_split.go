package provider

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	_ resource.ResourceWithConfigure      = (*trafficSplit)(nil)
	_ resource.ResourceWithValidateConfig = (*trafficSplit)(nil)
	_ resource.ResourceWithModifyPlan     = (*trafficSplit)(nil)
	_ resource.ResourceWithImportState    = (*trafficSplit)(nil)
	_ resource.ResourceWithIdentity       = (*trafficSplit)(nil)
)

func newTrafficSplit() resource.Resource { return &trafficSplit{} }

// trafficSplit is rollout_traffic_split: exact weights, at once, and no engine.
type trafficSplit struct{ shared }

// Metadata implements resource.Resource.
func (r *trafficSplit) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "rollout_traffic_split"
}

// Schema implements resource.Resource.
func (r *trafficSplit) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	blocks := platformBlocks(false)
	blocks["timeouts"] = timeoutsBlock(ctx,
		"How long the first change may take until it has settled and `drain` is over. Default: an hour.",
		"How long a change may take until it has settled and `drain` is over. Default: an hour.")
	resp.Schema = schema.Schema{
		MarkdownDescription: "Exact weights, moved at once: `{ \"api-41\" = 90, \"api-42\" = 10 }`. Nothing is judged and nothing is rolled back; for that there is `rollout_safe_deployment`. Traffic that somebody else moved is a difference in the next plan, and its apply puts back what is configured. The first apply sets the weights, whatever serves. A later one is refused if traffic changed since its plan, and each is refused while a rollout is under way. Destroying it leaves traffic as it is.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{Computed: true, MarkdownDescription: "The target: the platform's name and the service's id."},
			"weights": schema.MapAttribute{
				ElementType: types.Float64Type, Required: true,
				MarkdownDescription: "Percent by revision, 100 in all. An entry of 0 stays in state, though a platform may not show it.",
			},
			"drain": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "How long the apply waits at its end, after a revision lost its traffic. Default: as long as the platform may still send requests there, or would cut them. On Cloud Run that is no time, because it lets requests finish.",
			},
		},
		Blocks: typed(blocks),
	}
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *trafficSplit) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema()
}

// Configure implements resource.ResourceWithConfigure.
func (r *trafficSplit) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.take(req.ProviderData)
}

// splitConfig is a configuration of rollout_traffic_split, decoded.
type splitConfig struct {
	place
	weights map[string]float64
	split   rollout.Split
	drain   *time.Duration
	faults  []fault
}

func decodeSplit(ctx context.Context, src source) (splitConfig, diag.Diagnostics) {
	var s splitConfig
	var diags diag.Diagnostics
	s.place, s.faults = decodePlace(ctx, src, &diags)
	var weights types.Map
	var drain types.String
	diags.Append(src.GetAttribute(ctx, path.Root("weights"), &weights)...)
	diags.Append(src.GetAttribute(ctx, path.Root("drain"), &drain)...)
	if !drain.IsNull() && !drain.IsUnknown() {
		d, problem := duration("drain", drain, 0)
		if problem != nil {
			s.faults = append(s.faults, fault{path.Root("drain"), *problem})
		}
		s.drain = &d
	}
	if diags.HasError() || unknownIn(weights) || weights.IsNull() {
		return s, diags
	}
	diags.Append(weights.ElementsAs(ctx, &s.weights, false)...)
	s.split = splitOf(s.weights)
	s.check()
	return s, diags
}

func (s *splitConfig) check() {
	at := path.Root("weights")
	add := func(p rollout.Problem) { s.faults = append(s.faults, fault{at, p}) }
	for _, r := range slices.Sorted(maps.Keys(s.weights)) {
		if _, err := rollout.Percent(s.weights[r]); err != nil {
			add(msgNoPercentage.With("of", r, "why", sentence(err.Error())))
			return
		}
	}
	if err := s.split.Validate(); err != nil || len(s.split) == 0 {
		add(msgWeightsDoNotAddUp.With("weights", s.split))
		return
	}
	if s.kind == nil {
		return
	}
	if err := s.kind.Limits.Validate(rollout.Routing{Split: s.split}); err != nil {
		why := strings.TrimPrefix(err.Error(), rollout.ErrInvalid.Error()+": ") // nobody was asked
		add(msgIndivisible.With("why", sentence(why), "grain", s.kind.Limits.Grain, "most", s.kind.Limits.MaxShares))
	}
}

// ValidateConfig implements resource.ResourceWithValidateConfig.
func (r *trafficSplit) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	s, diags := decodeSplit(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	addFaults(&resp.Diagnostics, s.faults)
}

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (r *trafficSplit) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		addWarning(&resp.Diagnostics, path.Empty(), msgSplitDestroyed.With())
		return
	}
	s, diags := decodeSplit(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	id := s.id(ctx)
	if id == "" {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), types.StringUnknown())...)
	} else {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), types.StringValue(id))...)
	}
	if req.State.Raw.IsNull() {
		return
	}
	var before types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("id"), &before)...)
	if before.ValueString() != "" && before.ValueString() != id { // also where nobody knows yet whether it is another one
		resp.RequiresReplace.Append(s.locators()...)
	}
}

// Create implements resource.Resource.
func (r *trafficSplit) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var limits timeouts.Value
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("timeouts"), &limits)...)
	timeout, diags := limits.Create(ctx, spareTime)
	resp.Diagnostics.Append(diags...)
	s, diags := decodeSplit(ctx, req.Plan)
	resp.Diagnostics.Append(diags...)
	addFaults(&resp.Diagnostics, s.faults) // of what was not known before
	if resp.Diagnostics.HasError() {
		return
	}
	m := move{core: r.core, splitConfig: s, timeout: timeout}
	if p := m.run(ctx); p != nil {
		addError(&resp.Diagnostics, s.line(), *p)
		return
	}
	resp.State.Raw = req.Plan.Raw
	id := types.StringValue(m.id(ctx))
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, id)...)
}

// Read implements resource.Resource.
func (r *trafficSplit) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	s, diags := decodeSplit(ctx, req.State)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || s.kind == nil {
		return
	}
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, types.StringValue(s.id(ctx)))...)
	if !r.ready() {
		return
	}
	var rec record
	gone, err := r.refresh(ctx, s.place, &rec, glance)
	switch {
	case gone:
		resp.State.RemoveResource(ctx)
	case err != nil:
		refreshFailed(&resp.Diagnostics, s.place, err)
	default:
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("weights"), withZeros(rec.Traffic, s.weights))...)
	}
}

// withZeros keeps the entries of 0 that were configured, which no platform has
// to show.
func withZeros(live, configured map[string]float64) map[string]float64 {
	for r, p := range configured {
		if _, ok := live[r]; !ok && p == 0 {
			live[r] = 0
		}
	}
	return live
}

// Update implements resource.Resource.
func (r *trafficSplit) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var limits timeouts.Value
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("timeouts"), &limits)...)
	timeout, diags := limits.Update(ctx, spareTime)
	resp.Diagnostics.Append(diags...)
	s, diags := decodeSplit(ctx, req.Plan)
	resp.Diagnostics.Append(diags...)
	addFaults(&resp.Diagnostics, s.faults) // of what was not known before
	before, diags := decodeSplit(ctx, req.State)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	id := types.StringValue(s.id(ctx))
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, id)...)
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
	if s.split.Equal(before.split) {
		return // only settings changed, which move nothing
	}
	m := move{core: r.core, splitConfig: s, planned: before.split, timeout: timeout}
	if p := m.run(ctx); p != nil {
		addError(&resp.Diagnostics, s.line(), *p)
		resp.State.Raw = req.State.Raw // what is wanted is not live
		if m.seen {
			resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("weights"), withZeros(percents(m.live.Routing.Split), before.weights))...)
		}
	}
}

// Delete implements resource.Resource. It makes no call.
func (r *trafficSplit) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// ImportState implements resource.ResourceWithImportState.
func (r *trafficSplit) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	p, id := r.importPlace(ctx, req, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	var rec record
	gone, err := r.refresh(ctx, p, &rec, glance)
	if gone || err != nil {
		addError(&resp.Diagnostics, path.Empty(), importFailure(gone, err, id))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("weights"), rec.Traffic)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, types.StringValue(id))...)
}
