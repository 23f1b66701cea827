package provider

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
)

var (
	_ datasource.DataSourceWithConfigure      = (*report)(nil)
	_ datasource.DataSourceWithValidateConfig = (*report)(nil)
)

// reportData returns a data source for every requirement that reports more than
// it decides.
func reportData() []func() datasource.DataSource {
	var out []func() datasource.DataSource
	for _, k := range catalog.Checks() {
		if k.Report != nil {
			out = append(out, func() datasource.DataSource { return &report{kind: k} })
		}
	}
	return out
}

// report is the data source of a requirement: the same block, and what it tells.
type report struct {
	shared
	kind preflight.Kind
}

// Metadata implements datasource.DataSource.
func (d *report) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "rollout_" + d.kind.Name
}

// Schema implements datasource.DataSource.
func (d *report) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := dataAttributes(d.kind.Attributes)
	maps.Copy(attributes, dataAttributes(d.kind.Report.Attributes))
	resp.Schema = schema.Schema{MarkdownDescription: d.kind.Report.Doc, Attributes: attributes, Blocks: dataBlocks(d.kind.Blocks)}
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *report) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.take(req.ProviderData)
}

// block is the configuration without what is computed, as the requirement has
// it, and what is wrong with it.
func (d *report) block(ctx context.Context, config tfsdk.Config) (block types.Object, faults []fault) {
	var whole types.Object
	if config.Get(ctx, &whole).HasError() {
		return whole, nil // Terraform has refused it by the schema
	}
	block = ownOf(ctx, d.kind, whole)
	for _, p := range d.kind.Validate(ctx, block) {
		f := fault{path.Empty(), p}
		if p.At != "" {
			f.at = path.Root(p.At)
		}
		faults = append(faults, f)
	}
	return block, faults
}

// ValidateConfig implements datasource.DataSourceWithValidateConfig.
func (d *report) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	_, faults := d.block(ctx, req.Config)
	addFaults(&resp.Diagnostics, faults)
}

// Read implements datasource.DataSource.
func (d *report) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	block, faults := d.block(ctx, req.Config)
	addFaults(&resp.Diagnostics, faults)
	if resp.Diagnostics.HasError() {
		return
	}
	var clients *cloud.Clients
	if d.kind.Report.Asks {
		if !d.ready() {
			addError(&resp.Diagnostics, path.Empty(), msgReportUnasked.With("kind", d.kind.Name))
			return
		}
		clients = d.clients
	}
	values, problem := d.kind.Report.Read(ctx, block, clients)
	if problem != nil {
		addError(&resp.Diagnostics, path.Empty(), *problem)
		return
	}
	resp.State.Raw = req.Config.Raw
	for name, v := range values {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), v)...)
	}
}
