package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/review/migration"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	_ datasource.DataSourceWithConfigure      = (*migrationReviewData)(nil)
	_ datasource.DataSourceWithValidateConfig = (*migrationReviewData)(nil)
)

func newMigrationReviewData() datasource.DataSource { return &migrationReviewData{} }

// migrationReviewData is rollout_migration_review: the requirement of that name as
// a report, with every finding in full. What it finds never makes it fail; files
// that cannot be reviewed do.
type migrationReviewData struct{ shared }

// reviewer is the check of that kind, which has a report behind its findings.
type reviewer interface {
	Look(ctx context.Context) (report migration.Report, unasked, problem *rollout.Finding)
}

func migrationReview() preflight.Kind {
	kinds := catalog.Checks()
	return kinds[slices.IndexFunc(kinds, func(k preflight.Kind) bool { return k.Name == "migration_review" })]
}

// Metadata implements datasource.DataSource.
func (d *migrationReviewData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "rollout_migration_review"
}

// Schema implements datasource.DataSource.
func (d *migrationReviewData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := dataAttributes(migrationReview().Attributes)
	fact := func(doc string) schema.Attribute {
		return schema.BoolAttribute{Computed: true, MarkdownDescription: doc}
	}
	attributes["passed"] = fact("Whether no finding is an `error`, but for those that are allowed.")
	attributes["rollback_safe"] = fact("Whether the revision that serves now can go on serving after the migrations, also with what the next one wrote. If not, promotion is the point of no return.")
	attributes["blocks_writes"] = fact("Whether some statement may keep others from writing for longer than a moment.")
	attributes["breaks_promoted"] = fact("Whether what serves now may fail once the migrations are applied, while the new revision rises.")
	attributes["reviewed"] = schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "The versions of the migrations that were reviewed, in their order."}
	attributes["statements"] = schema.Int64Attribute{Computed: true, MarkdownDescription: "How many statements these have."}
	attributes["findings"] = schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: "What there is to say, in the order of the files.",
		NestedObject: schema.NestedAttributeObject{Attributes: migrationFindingAttributes()},
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reviews the database migrations that are to be applied: what each statement does to the revision that serves now, to the next one and to a way home, which lock it takes and what that lasts for, and how the same is done without harm. It reads files, and asks the database how large its tables are where an address is given. The guide \"Reviews\" has the rules, and what they do not see.",
		Attributes:          attributes,
		Blocks:              dataBlocks(migrationReview().Blocks),
	}
}

func migrationFindingAttributes() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"rule":         text("The rule, such as `PG040`; the guide \"Reviews\" lists all."),
		"level":        text("`error`: harm to users, or nobody can tell; `warning`: worth a look; `info`: how it is."),
		"migration":    text("The version of the migration."),
		"file":         text("The file, below `directory`."),
		"line":         schema.Int64Attribute{Computed: true, MarkdownDescription: "The line on which the statement begins; null where it is about no statement."},
		"object":       text("What it is about, such as `orders.note`. No text of a statement is ever shown: there may be values in it."),
		"does":         text("What the statement does."),
		"detail":       text("What is particular to this one; null where there is nothing."),
		"old_revision": text("What it means to the revision that serves now; null for nothing."),
		"new_revision": text("What it means to the next revision; null for nothing."),
		"rollback":     text("What it means to a way home; null for nothing."),
		"lock":         text("The strongest lock, in the server's words; null where others notice none."),
		"lasts":        text("For how long in kind: `instant`, `metadata only`, `scan`, `rewrite`, `copy` or `unknown`."),
		"estimate":     text("For how long in time, and from which size at which speed, where `rows` or the database has the table; null otherwise."),
		"instead":      schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "The steps that do the same without harm."},
		"source":       text("The page that the rule comes from."),
		"allowed":      text("The reason that stands beside the statement; null where none does. What is allowed counts for nothing above."),
	}
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *migrationReviewData) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.take(req.ProviderData)
}

// block returns the configuration as the kind's block.
func (d *migrationReviewData) block(ctx context.Context, from tfsdk.Config) (types.Object, bool) {
	var whole types.Object
	if from.Get(ctx, &whole).HasError() {
		return types.Object{}, false
	}
	return ownOf(ctx, migrationReview(), whole), true
}

// ValidateConfig implements datasource.DataSourceWithValidateConfig.
func (d *migrationReviewData) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	block, ok := d.block(ctx, req.Config)
	if !ok {
		return
	}
	for _, p := range migrationReview().Validate(ctx, block) {
		addError(&resp.Diagnostics, path.Root(p.At), p)
	}
}

// Read implements datasource.DataSource.
func (d *migrationReviewData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	block, ok := d.block(ctx, req.Config)
	if !ok || d.core == nil {
		return
	}
	check, err := migrationReview().Open(ctx, block, d.clients)
	reads, ok := check.(reviewer)
	if err != nil || !ok {
		f := rollout.Finding{Check: "migration_review", Status: rollout.Skipped}
		addError(&resp.Diagnostics, path.Root("directory"), found(f.Because(msgRequirementUnopened, "why", err), ""))
		return
	}
	report, unasked, kept := reads.Look(ctx)
	if kept != nil {
		addError(&resp.Diagnostics, path.Root("directory"), found(*kept, ""))
		return
	}
	if unasked != nil {
		addWarning(&resp.Diagnostics, path.Root("directory"), found(*unasked, ""))
	}
	resp.State.Raw = req.Config.Raw
	for name, value := range reportRecord(report) {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
}

// reportRecord is a report as it stands in state.
func reportRecord(r migration.Report) map[string]any {
	findings, passed := []migrationFinding{}, true
	for _, f := range r.Findings {
		passed = passed && (f.Allowed != "" || f.Level < migration.Harms)
		findings = append(findings, migrationFindingOf(f))
	}
	return map[string]any{
		"passed": passed, "rollback_safe": r.RollbackSafe, "blocks_writes": r.BlocksWrites, "breaks_promoted": r.BreaksPromoted,
		"reviewed": append([]string{}, r.Pending...), "statements": int64(r.Statements), "findings": findings,
	}
}

type migrationFinding struct {
	Rule        types.String `tfsdk:"rule"`
	Level       types.String `tfsdk:"level"`
	Migration   types.String `tfsdk:"migration"`
	File        types.String `tfsdk:"file"`
	Line        types.Int64  `tfsdk:"line"`
	Object      types.String `tfsdk:"object"`
	Does        types.String `tfsdk:"does"`
	Detail      types.String `tfsdk:"detail"`
	OldRevision types.String `tfsdk:"old_revision"`
	NewRevision types.String `tfsdk:"new_revision"`
	Rollback    types.String `tfsdk:"rollback"`
	Lock        types.String `tfsdk:"lock"`
	Lasts       types.String `tfsdk:"lasts"`
	Estimate    types.String `tfsdk:"estimate"`
	Instead     types.List   `tfsdk:"instead"`
	Source      types.String `tfsdk:"source"`
	Allowed     types.String `tfsdk:"allowed"`
}

func migrationFindingOf(f migration.Finding) migrationFinding {
	line := types.Int64Value(int64(f.Line))
	if f.Line == 0 {
		line = types.Int64Null()
	}
	instead := []attr.Value{}
	for _, s := range f.Instead {
		instead = append(instead, types.StringValue(s))
	}
	return migrationFinding{
		Rule: known(f.Rule.ID), Level: known(f.Level.String()), Migration: known(f.Migration), File: known(f.File), Line: line, Object: known(f.Object),
		Does: known(f.Rule.Does), Detail: known(f.Detail), OldRevision: known(f.Rule.Old), NewRevision: known(f.Rule.New), Rollback: known(f.Rule.Back),
		Lock: known(f.Lock), Lasts: known(f.Lasts.String()), Estimate: known(f.Estimate), Instead: types.ListValueMust(types.StringType, instead),
		Source: known(f.Rule.Source), Allowed: known(f.Allowed),
	}
}
