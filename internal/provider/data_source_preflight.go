package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	_ datasource.DataSourceWithConfigure      = (*preflightData)(nil)
	_ datasource.DataSourceWithValidateConfig = (*preflightData)(nil)
)

func newPreflightData() datasource.DataSource { return &preflightData{} }

// preflightData is the data source rollout_preflight: the same checks as a
// report. It never fails by itself.
type preflightData struct{ shared }

// Metadata implements datasource.DataSource.
func (d *preflightData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "rollout_preflight"
}

// Schema implements datasource.DataSource.
func (d *preflightData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := dataAttributes(map[string]resourceschema.Attribute{
		"findings": findingsAttribute("What was found, one entry a requirement."),
	})
	attributes["passed"] = schema.BoolAttribute{
		Computed: true, MarkdownDescription: "Whether every requirement passed. One that could not be checked has not passed; one that is advisory does not count.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The requirements of `rollout_preflight` as a report, for reviews and `check` blocks. It never fails by itself. If something in it is not known at plan, Terraform reads it in apply.",
		Attributes:          attributes,
		Blocks:              dataBlocks(map[string]resourceschema.Block{"requires": requiresBlock(false, false, "It is checked whenever the data source is read: in every plan, or in apply if something in it is not known at plan.")}),
	}
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *preflightData) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.take(req.ProviderData)
}

// ValidateConfig implements datasource.DataSourceWithValidateConfig.
func (d *preflightData) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	_, faults := decodeRequires(ctx, req.Config, &resp.Diagnostics)
	addFaults(&resp.Diagnostics, faults)
}

// Read implements datasource.DataSource.
func (d *preflightData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	requires, _ := decodeRequires(ctx, req.Config, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	nobody := rollout.Finding{Check: "requires", Status: rollout.Skipped}
	findings := []rollout.Finding{nobody.Because(msgRequiresUnasked)}
	if d.ready() {
		findings = requires.run(ctx, d.core, look{}, nil, nil)
	}
	passed := true
	for _, f := range findings {
		passed = passed && (f.Status == rollout.Passed || f.Advisory || f.Permission && f.Status == rollout.Skipped)
	}
	resp.State.Raw = req.Config.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("findings"), findingRecords(findings))...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("passed"), passed)...)
}
