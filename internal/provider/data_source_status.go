package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
)

var (
	_ datasource.DataSourceWithConfigure      = (*statusData)(nil)
	_ datasource.DataSourceWithValidateConfig = (*statusData)(nil)
)

func newStatusData() datasource.DataSource { return &statusData{} }

// statusData is rollout_status: what a target shows now.
type statusData struct{ shared }

// Metadata implements datasource.DataSource.
func (d *statusData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "rollout_status"
}

// Schema implements datasource.DataSource.
func (d *statusData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "What a target shows now: who serves, and whether a rollout is under way.",
		Attributes: map[string]schema.Attribute{
			"id":       text("The target: the platform's name and the service's id."),
			"traffic":  schema.MapAttribute{ElementType: types.Float64Type, Computed: true, MarkdownDescription: "What users get: percent by revision."},
			"revision": text("The one revision that has all traffic; null if several share it."),
			"home":     text("The revision that a rollout has marked as its rollback target (home); null if none is marked."),
			"kept":     schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Revisions that a rollout keeps reachable at weight 0."},
			"unfinished": schema.BoolAttribute{
				Computed: true, MarkdownDescription: "Whether a rollout is under way, or was left in the middle.",
			},
			"settled":  schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the last change has reached everyone, as far as the platform can tell."},
			"newest":   text("The revision that was made last, by anyone."),
			"abort":    text("A person's word that rollouts shall stop, and why (on Cloud Run the service's annotation `rollout-abort`); null where nobody has said so."),
			"unserved": text("What a next revision would have that the one with all traffic has not, in words, such as `cpu 1 → 2, +FOO: made as api-43, serves nobody`; null where there is nothing, or several share the traffic. No value of a setting is in it."),
			"way_home": text("The command that moves all traffic to `home`; null where there is none."),
			"console":  text("The address of the target's page in the platform's console."),
		},
		Blocks: dataBlocks(platformBlocks(false)),
	}
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *statusData) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.take(req.ProviderData)
}

// ValidateConfig implements datasource.DataSourceWithValidateConfig.
func (d *statusData) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	_, faults := decodePlace(ctx, req.Config, &resp.Diagnostics)
	addFaults(&resp.Diagnostics, faults)
}

// Read implements datasource.DataSource.
func (d *statusData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	p, faults := decodePlace(ctx, req.Config, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || len(faults) > 0 {
		return
	}
	if !d.ready() {
		addError(&resp.Diagnostics, p.line(), msgTargetUnasked.With())
		return
	}
	opened, err := p.open(ctx, d.core)
	if err != nil {
		addError(&resp.Diagnostics, p.line(), msgTargetUnopened.With("why", sentence(err.Error())))
		return
	}
	o, err := opened.Target.Observe(ctx)
	if err != nil {
		addError(&resp.Diagnostics, p.line(), msgStatusUnseen.With("why", sentence(err.Error())))
		return
	}
	resp.State.Raw = req.Config.Raw
	kept := []string{}
	for _, r := range o.Routing.Keep {
		kept = append(kept, string(r))
	}
	home := types.StringNull()
	if o.Routing.Home != "" {
		home = types.StringValue(opened.WayHome(o.Routing.Home))
	}
	for name, v := range map[string]any{
		"id": opened.ID, "traffic": percents(o.Routing.Split), "revision": known(o.Routing.Split.Sole()), "home": known(o.Routing.Home),
		"kept": kept, "unfinished": engine.OriginOf(o.Routing, nil, engine.Ladder{}) == engine.Unfinished, "settled": o.Settled,
		"newest": known(o.Newest), "unserved": known(o.Unserved), "abort": known(o.Abort), "way_home": home, "console": known(opened.Console),
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), v)...)
	}
}
