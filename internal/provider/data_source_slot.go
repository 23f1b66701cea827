package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	_ datasource.DataSourceWithConfigure      = (*slotData)(nil)
	_ datasource.DataSourceWithValidateConfig = (*slotData)(nil)
)

func newSlotData() datasource.DataSource { return &slotData{} }

// slotData is rollout_slot: which of two places that take turns content belongs
// into, and what each of them is to hold.
type slotData struct{ shared }

// Metadata implements datasource.DataSource.
func (d *slotData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "rollout_slot"
}

// Schema implements datasource.DataSource.
func (d *slotData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Which of two places that take turns a release goes into, where one variable says what is wanted. Content that is live keeps its slot; other content gets the one that serves nobody. It is read from the load balancer and from what is behind it, so it is the same in every plan until the next release: also during a rollout, after a roll-back, while one is held, and after somebody moved users by hand. No setting and no secret is read.\n\nName what it is about through `locals`: where a data source names a resource itself, Terraform reads it in apply whenever anything about that resource changes, and such a plan does not know what the slots are to hold.",
		Attributes: map[string]schema.Attribute{
			"content":      schema.StringAttribute{Required: true, MarkdownDescription: "What is wanted, as it is read from what is behind the slots: the image of the task definition (by digest, best), the image of the launch template (`ami-…`), or the text of `label`."},
			"id":           text("The target: the platform's name and its id."),
			"slot":         text("The slot that the content belongs into."),
			"target_group": text("The ARN of its target group, for the `alb` block of the deployment."),
			"live":         text("The slot that users are served from, or to which a rollout that goes on would take them home; null where nobody is served yet, and where somebody divided users by hand."),
			"contents": schema.MapAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "What each slot is to hold: the one that is chosen what is wanted, the other one what it holds now (or what is wanted, as long as nothing is there). Write the task definitions or launch templates with it: a plan then never changes what users are served from.",
			},
		},
		Blocks: dataBlocks(slotBlocks()),
	}
}

// slotKinds are the platforms on which places take turns.
func slotKinds() []platform.Kind {
	var out []platform.Kind
	for _, k := range catalog.Platforms() {
		if k.Slot != nil {
			out = append(out, k)
		}
	}
	return out
}

// slotBlocks are one block a platform: where, and which places.
func slotBlocks() map[string]resourceschema.Block {
	out := map[string]resourceschema.Block{}
	for _, k := range slotKinds() {
		attributes := map[string]resourceschema.Attribute{}
		for _, of := range []map[string]resourceschema.Attribute{k.Locate, k.Slot.Attributes} {
			for name, a := range of {
				attributes[name] = a
			}
		}
		out[k.Name] = resourceschema.ListNestedBlock{MarkdownDescription: k.Doc, NestedObject: resourceschema.NestedBlockObject{Attributes: attributes}}
	}
	return out
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *slotData) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.take(req.ProviderData)
}

// decodeSlot reads the block, and what is wanted.
func decodeSlot(ctx context.Context, src source, diags *diag.Diagnostics) (p place, content types.String, faults []fault) {
	p, faults = decodeOne(ctx, src, diags, slotKinds())
	diags.Append(src.GetAttribute(ctx, path.Root("content"), &content)...)
	if p.kind != nil {
		faults = p.faults(p.kind.Slot.Validate(p.block))
	}
	if !content.IsNull() && !content.IsUnknown() && content.ValueString() == "" {
		faults = append(faults, fault{path.Root("content"), msgSlotEmptyContent.With()})
	}
	return p, content, faults
}

// ValidateConfig implements datasource.DataSourceWithValidateConfig.
func (d *slotData) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	_, _, faults := decodeSlot(ctx, req.Config, &resp.Diagnostics)
	addFaults(&resp.Diagnostics, faults)
}

// Read implements datasource.DataSource.
func (d *slotData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	p, content, faults := decodeSlot(ctx, req.Config, &resp.Diagnostics)
	addFaults(&resp.Diagnostics, faults) // of what was not known before
	if resp.Diagnostics.HasError() {
		return
	}
	if !d.ready() {
		addError(&resp.Diagnostics, p.line(), msgTargetUnasked.With())
		return
	}
	c, err := p.kind.Slot.Choose(ctx, p.block, content.ValueString(), d.clients)
	var problem rollout.Problem
	switch {
	case errors.As(err, &problem):
		problem.Fix += "\n\n" + todoDestroyUnread.With().Fix
		addError(&resp.Diagnostics, p.attribute(problem.At), problem)
		return
	case err != nil:
		addError(&resp.Diagnostics, p.line(), msgTargetUnopened.With("why", sentence(err.Error())))
		return
	}
	resp.State.Raw = req.Config.Raw
	for name, v := range map[string]any{"id": c.ID, "slot": c.Slot, "target_group": c.Place, "live": known(c.Live), "contents": c.Contents} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), v)...)
	}
}
