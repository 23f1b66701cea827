package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	_ resource.ResourceWithConfigure      = (*preflightResource)(nil)
	_ resource.ResourceWithValidateConfig = (*preflightResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*preflightResource)(nil)
)

func newPreflightResource() resource.Resource { return &preflightResource{} }

// preflightResource is rollout_preflight: a barrier, so that one apply goes
// infrastructure, barrier, app revision.
type preflightResource struct{ shared }

// Metadata implements resource.Resource.
func (r *preflightResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "rollout_preflight"
}

// Schema implements resource.Resource.
func (r *preflightResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A barrier: resources that have it in `depends_on` are applied only if everything that it requires is there, and usable. One apply then goes infrastructure → barrier → app revision.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{Computed: true, MarkdownDescription: "Always `preflight`."},
			"triggers": schema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "A change here makes the barrier check again in apply. Put the image here.",
			},
			"findings": findingsAttribute("What was found in the last apply."),
		},
		Blocks: typed(map[string]schema.Block{"requires": requiresBlock(false, true, "It is checked in every plan, as far as it is known, and in apply when the barrier is created or updated.")}),
	}
}

// Configure implements resource.ResourceWithConfigure.
func (r *preflightResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.take(req.ProviderData)
}

// ValidateConfig implements resource.ResourceWithValidateConfig.
func (r *preflightResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	requires, faults := decodeRequires(ctx, req.Config, &resp.Diagnostics)
	if len(requires.list) == 0 && !requires.unknown && len(faults) == 0 {
		addError(&resp.Diagnostics, path.Empty(), msgBarrierRequiresNothing.With())
	}
	addFaults(&resp.Diagnostics, faults)
}

// ModifyPlan implements resource.ResourceWithModifyPlan. On a plan that would
// otherwise be empty, what fails or could not be verified plans an update with
// a warning: an error here would block a destroy as well.
func (r *preflightResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || !r.ready() || r.preflight == modeOff {
		return
	}
	requires, _ := decodeRequires(ctx, req.Config, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	empty := !req.State.Raw.IsNull() && req.Plan.Raw.Equal(req.State.Raw)
	findings := requires.run(ctx, r.core, look{planning: true, moves: !empty}, nil, nil)
	r.report(&resp.Diagnostics, findings, !empty, func(f rollout.Finding) path.Path { return requires.at(ctx, f, path.Root("requires")) })
	if empty && stopping(findings) != nil {
		addWarning(&resp.Diagnostics, path.Empty(), msgBarrierWouldClose.With())
		for name, v := range unknowns() {
			if name == "findings" {
				resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), v)...)
			}
		}
	}
}

// stopping returns the first finding that stops an apply.
func stopping(findings []rollout.Finding) *rollout.Finding {
	for _, f := range findings {
		if f.Stops() {
			return &f
		}
	}
	return nil
}

// Create implements resource.Resource.
func (r *preflightResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	requires, faults := decodeRequires(ctx, req.Config, &resp.Diagnostics) // what is write-only stands there alone
	addFaults(&resp.Diagnostics, faults)                                   // of what was not known before
	findings, ok := r.pass(ctx, requires, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), "preflight")...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("findings"), findings)...)
}

// pass runs every requirement, and says which of them stop the apply.
func (r *preflightResource) pass(ctx context.Context, requires requirements, d *diag.Diagnostics) ([]findingRecord, bool) {
	if r.core == nil {
		addError(d, path.Empty(), msgNotConfigured.With())
		return nil, false
	}
	findings := requires.patiently(ctx, r.core, "preflight")
	requires.enforcedBy(d)
	ok := true
	for _, f := range findings {
		at := requires.at(ctx, f, path.Root("requires"))
		switch {
		case f.Status == rollout.Passed:
		case f.Stops(), f.Status == rollout.Deferred && !f.Advisory:
			ok = false
			addError(d, at, found(f, msgBarrierClosed.With().Why))
		default: // what only warns, and what nobody can prove of somebody's permissions
			addWarning(d, at, found(f, ""))
		}
	}
	return findingRecords(findings), ok
}

// Read implements resource.Resource. There is nothing to refresh: the plan
// looks again.
func (r *preflightResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

// Update implements resource.Resource.
func (r *preflightResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	requires, faults := decodeRequires(ctx, req.Config, &resp.Diagnostics) // what is write-only stands there alone
	addFaults(&resp.Diagnostics, faults)                                   // of what was not known before
	findings, ok := r.pass(ctx, requires, &resp.Diagnostics)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), "preflight")...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("findings"), findings)...)
}

// Delete implements resource.Resource.
func (r *preflightResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}
