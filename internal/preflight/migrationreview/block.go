package migrationreview

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/databaseschema"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/review/migration"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	name = "migration_review"
	// usual is how long nothing may have read what is dropped.
	usual = 7 * 24 * time.Hour
)

// Kind returns the preflight kind "migration_review".
func Kind() preflight.Kind {
	k := preflight.Kind{
		Name: name,
		Doc: "The database migrations that are to be applied with the revision, read from their files: none breaks what serves now, or keeps it waiting, or makes a way home impossible. " +
			"Each finding names its rule, the file and the line; the data source `rollout_migration_review` has all of them with what to do instead. " +
			"A comment `-- rollout:allow RULE reason` before a statement allows what somebody has looked at. " +
			"Where the revision that serves now could not come back after them, promotion is the point of no return of a rollout: beyond it nothing takes traffic home. See the guide \"Reviews\".",
		Attributes: attributes(),
		Messages:   messages(),
	}.ReadBy(func(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
		c := read(r)
		return c.directory, func(clients *cloud.Clients) rollout.Check {
			c.clock = clients.Clock()
			return c
		}
	})
	k.WayBack = wayBack
	k.Blocks = map[string]schema.Block{"migrations": databaseschema.LedgerBlock(
		"Whose table in the database tells what is applied, in the place of `applied_through` and `pending`: those that are not applied are reviewed, also one that is older than some that are. It needs the address of the database, and the right to read that table.")}
	return k
}

// wayBack is what the block's review says of the way home.
func wayBack(ctx context.Context, block types.Object, clients *cloud.Clients) rollout.WayBack {
	c := read(preflight.NewReading(ctx, block))
	c.clock = clients.Clock()
	return c.wayBack()
}

func attributes() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	list := func(doc string) schema.Attribute {
		return schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: doc}
	}
	var formats []string
	for _, f := range migration.Formats() {
		formats = append(formats, "`"+string(f)+"`")
	}
	own := map[string]schema.Attribute{
		"directory": schema.StringAttribute{
			Required: true, MarkdownDescription: "The folder of the migrations, such as `\"${path.module}/migrations\"`.",
		},
		"dialect": schema.StringAttribute{
			Required: true, MarkdownDescription: "Whose SQL it is: `postgres` (12 to 18), `mysql` (5.6 to 8.4) or `mariadb` (10.2 to 10.11).",
		},
		"version": schema.StringAttribute{
			Required: true, MarkdownDescription: "The server's version, such as `\"15\"` or `\"8.0.36\"`: what a statement costs depends on it.",
		},
		"format": text("How the tool keeps its migrations: " + strings.Join(formats, ", ") + ". Default: told by the names of the files and the marks in them, if those leave no doubt."),
		"applied_through": text("The version of the last migration that is applied. Those after it are reviewed; those before it are read for what they made. " +
			"Without it and `pending` all are reviewed, and only what the same migration made counts as new."),
		"pending":         list("The versions of the migrations that are to be applied, in the place of `applied_through`."),
		"schema_file":     text("A file with SQL that makes what was there before all migrations, such as `structure.sql`, or what `pg_dump --schema-only` prints."),
		"lock_timeout":    schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether whoever runs the migrations has a limit for waiting on locks, such as a role with `lock_timeout` (MySQL: `lock_wait_timeout`). Default: `false`, and files have to set one."},
		"rows":            schema.MapAttribute{Optional: true, ElementType: types.Int64Type, MarkdownDescription: "About how many rows tables have, such as `{ orders = 12000000 }`; of that and what the database says the larger number counts. With it, findings estimate how long a scan or a rewrite takes, and what takes less than a second is a warning at most."},
		"unread_since":    schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Since when nothing that is live reads a table or a column, such as `{ \"orders.note\" = \"2026-10-01\" }`. What is dropped without it, or too soon after it, is refused."},
		"retention":       text("For how long nothing may have read what is dropped, such as `\"7d\"` (the default) or `\"36h\"`: as long as an older revision may have to come back."),
		"promoted_reads":  list("Tables and columns that the revision which serves now is known to use, such as `[\"orders.note\"]`: to take one of them away is refused, whatever else is declared."),
		"candidate_reads": list("Tables and columns that the next revision is known to use: each has to be made by some migration that was read, or be in the database."),
	}
	// With the address of the database, the review knows how large tables are.
	maps.Copy(own, databaseschema.LiveAttributes())
	return own
}

type block struct {
	Directory      types.String `tfsdk:"directory"`
	Dialect        types.String `tfsdk:"dialect"`
	Version        types.String `tfsdk:"version"`
	Format         types.String `tfsdk:"format"`
	AppliedThrough types.String `tfsdk:"applied_through"`
	Pending        types.List   `tfsdk:"pending"`
	SchemaFile     types.String `tfsdk:"schema_file"`
	LockTimeout    types.Bool   `tfsdk:"lock_timeout"`
	Rows           types.Map    `tfsdk:"rows"`
	UnreadSince    types.Map    `tfsdk:"unread_since"`
	Retention      types.String `tfsdk:"retention"`
	PromotedReads  types.List   `tfsdk:"promoted_reads"`
	CandidateReads types.List   `tfsdk:"candidate_reads"`
	Migrations     types.List   `tfsdk:"migrations"`
	databaseschema.Address
}

// read turns the block into a check. What is unknown is left out, and is not
// wrong.
func read(r *preflight.Reading) check {
	c := check{options: migration.Options{Retention: usual}}
	var b block
	if !r.Into(&b) {
		return c
	}
	c.directory, c.schema = b.Directory.ValueString(), b.SchemaFile.ValueString()
	o := &c.options
	o.AppliedThrough, o.LockTimeout = b.AppliedThrough.ValueString(), b.LockTimeout.ValueBool()
	o.Pending, o.PromotedReads, o.CandidateReads = textsOf(b.Pending), textsOf(b.PromotedReads), textsOf(b.CandidateReads)
	readDialect(r, b, o)
	o.Format = migration.Format(r.Text(b.Format, func(s string) bool { return slices.Contains(migration.Formats(), migration.Format(s)) },
		"format", msgNoFormat, "format", b.Format.ValueString(), "formats", joined(migration.Formats())))
	if o.AppliedThrough != "" && len(o.Pending) > 0 {
		r.Wrong("pending", msgTwoWays)
	}
	if !b.Dialect.IsUnknown() {
		c.live = databaseschema.ReadLive(r, string(o.Dialect), b.Address, b.Migrations)
	}
	switch ledgers := len(b.Migrations.Elements()); {
	case ledgers == 0:
	case ledgers > 1 || o.AppliedThrough != "" || len(o.Pending) > 0:
		r.Wrong("migrations", msgTwoWays)
	case !b.Dialect.IsUnknown() && !c.live.Given():
		r.Wrong("migrations", msgNoDatabase)
	}
	r.Text(b.Retention, func(s string) bool {
		d, ok := span(s)
		if ok {
			o.Retention = d
		}
		return ok
	}, "retention", msgNoRetention, "retention", b.Retention.ValueString())
	readMaps(r, b, o)
	return c
}

func readDialect(r *preflight.Reading, b block, o *migration.Options) {
	dialects := []string{string(migration.Postgres), string(migration.MySQL), string(migration.MariaDB)}
	o.Dialect = migration.Dialect(r.Text(b.Dialect, func(s string) bool { return slices.Contains(dialects, s) }, "dialect", msgNoDialect, "dialect", b.Dialect.ValueString()))
	if b.Dialect.IsUnknown() || !slices.Contains(dialects, string(o.Dialect)) {
		return
	}
	r.Text(b.Version, func(s string) bool {
		v, ok := migration.ReadVersion(s)
		o.Version = v
		return ok && o.Dialect.Known(v)
	}, "version", msgNoVersion, "version", b.Version.ValueString(), "dialect", string(o.Dialect))
}

func readMaps(r *preflight.Reading, b block, o *migration.Options) {
	o.Rows, o.Unread = map[string]int64{}, map[string]time.Time{}
	for table, v := range b.Rows.Elements() {
		if n, ok := v.(types.Int64); ok && !n.IsUnknown() && !n.IsNull() {
			o.Rows[table] = n.ValueInt64()
		}
	}
	elements := b.UnreadSince.Elements()
	for _, object := range sortedKeys(elements) {
		v, ok := elements[object].(types.String)
		if !ok || v.IsUnknown() {
			continue
		}
		day, err := time.Parse(time.DateOnly, v.ValueString())
		if err != nil {
			r.Wrong("unread_since", msgNoDay, "object", object, "day", v.ValueString())
			continue
		}
		o.Unread[object] = day
	}
}

func sortedKeys(m map[string]attr.Value) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func textsOf(l types.List) []string {
	var out []string
	for _, e := range l.Elements() {
		if s, ok := e.(basetypes.StringValue); ok && !s.IsUnknown() {
			out = append(out, s.ValueString())
		}
	}
	return out
}

func joined(formats []migration.Format) string {
	var out []string
	for _, f := range formats {
		out = append(out, string(f))
	}
	return strings.Join(out, ", ")
}

// span reads a duration, in days too.
func span(text string) (time.Duration, bool) {
	if n, ok := strings.CutSuffix(text, "d"); ok {
		days, err := strconv.ParseUint(n, 10, 12)
		return time.Duration(days) * 24 * time.Hour, err == nil
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0
}
