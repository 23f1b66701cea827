package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

var (
	_ resource.ResourceWithConfigure      = (*safeDeployment)(nil)
	_ resource.ResourceWithValidateConfig = (*safeDeployment)(nil)
	_ resource.ResourceWithModifyPlan     = (*safeDeployment)(nil)
	_ resource.ResourceWithImportState    = (*safeDeployment)(nil)
	_ resource.ResourceWithIdentity       = (*safeDeployment)(nil)
)

func newSafeDeployment() resource.Resource { return &safeDeployment{} }

// safeDeployment is rollout_safe_deployment: the whole, from the first check
// to promotion or the way home.
type safeDeployment struct{ shared }

// Metadata implements resource.Resource.
func (r *safeDeployment) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "rollout_safe_deployment"
}

// Schema implements resource.Resource.
func (r *safeDeployment) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = deploymentSchema(ctx)
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *safeDeployment) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema()
}

// Configure implements resource.ResourceWithConfigure.
func (r *safeDeployment) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.take(req.ProviderData)
}

// ValidateConfig implements resource.ResourceWithValidateConfig. It asks nobody.
func (r *safeDeployment) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	d, diags := decodeDeployment(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	var limits timeouts.Value
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("timeouts"), &limits)...)
	for _, read := range []func(context.Context, time.Duration) (time.Duration, diag.Diagnostics){limits.Create, limits.Update} {
		timeout, more := read(ctx, 0)
		resp.Diagnostics.Append(more...)
		d.checkBudget(timeout)
	}
	addFaults(&resp.Diagnostics, d.faults)
}

// Create implements resource.Resource. Where the rollout fails nothing is put
// into state: nothing of ours exists that Terraform would have to replace, and
// the next apply goes on from what the platform shows.
func (r *safeDeployment) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	d, diags := decodeDeployment(ctx, req.Config) // what is write-only stands there alone
	resp.Diagnostics.Append(diags...)
	addFaults(&resp.Diagnostics, d.faults) // of what was not known before
	var limits timeouts.Value
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("timeouts"), &limits)...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, diags := limits.Create(ctx, d.defaultTimeout())
	resp.Diagnostics.Append(diags...)
	a := application{core: r.core, d: d, create: true, timeout: timeout}
	a.run(ctx)
	resp.Diagnostics.Append(a.diags...)
	if a.diags.HasError() {
		return
	}
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(a.d.foretold(ctx, req.Plan, &resp.State)...)
	resp.Diagnostics.Append(a.record.write(ctx, &resp.State)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, a.record.ID)...)
}

// Read implements resource.Resource.
func (r *safeDeployment) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	record, diags := readRecord(ctx, req.State)
	resp.Diagnostics.Append(diags...)
	p, _ := decodePlace(ctx, req.State, &resp.Diagnostics) // what was imported makes nothing yet
	if resp.Diagnostics.HasError() || p.kind == nil {
		return
	}
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, record.ID)...)
	if !r.ready() {
		return
	}
	gone, err := r.refresh(ctx, p, &record, observe)
	switch {
	case gone:
		resp.State.RemoveResource(ctx)
	case err != nil:
		refreshFailed(&resp.Diagnostics, p, err)
	default:
		resp.Diagnostics.Append(record.write(ctx, &resp.State)...)
	}
}

// Update implements resource.Resource. Where only settings changed that move
// nothing, nobody is asked and nothing is written.
func (r *safeDeployment) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	d, diags := decodeDeployment(ctx, req.Config) // what is write-only stands there alone
	resp.Diagnostics.Append(diags...)
	addFaults(&resp.Diagnostics, d.faults) // of what was not known before
	prior, diags := readRecord(ctx, req.State)
	resp.Diagnostics.Append(diags...)
	before, _ := decodeWanted(ctx, req.State, &resp.Diagnostics)
	var limits timeouts.Value
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("timeouts"), &limits)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, prior.ID)...)
	if !d.moves(before, &prior) {
		resp.State.Raw = req.Plan.Raw
		return
	}
	timeout, diags := limits.Update(ctx, d.defaultTimeout())
	resp.Diagnostics.Append(diags...)
	a := application{core: r.core, d: d, record: prior, before: before, timeout: timeout}
	a.run(ctx)
	resp.Diagnostics.Append(a.diags...)
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(a.d.foretold(ctx, req.Plan, &resp.State)...)
	if a.diags.HasError() {
		// Configuration as it was, everything observed as it is: with the wanted
		// one in state the next plan would say that nothing has to be done.
		resp.State.Raw = req.State.Raw
	}
	resp.Diagnostics.Append(a.record.write(ctx, &resp.State)...)
}

// Delete implements resource.Resource. It makes no call: traffic stays as it
// is. The plan has said so.
func (r *safeDeployment) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
