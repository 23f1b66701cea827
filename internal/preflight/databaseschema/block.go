package databaseschema

import (
	"crypto/x509"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	usual   = 10 * time.Second
	longest = time.Minute
)

// Postgres returns the preflight kind "postgres_schema".
func Postgres() preflight.Kind { return kindOf(flavorPostgres()) }

func flavorPostgres() flavor {
	return flavor{
		kind: kindPostgres, people: "PostgreSQL", form: "postgres://user:password@host/database", dialect: pg{}, port: 5432, schema: "public",
		schemaDoc: "The schema of tables that name none. Default: `public`.",
		urlDoc:    "a URL (`postgres://…`) or words (`host=… user=…`), as `psql` takes it",
	}
}

// MySQL returns the preflight kind "mysql_schema".
func MySQL() preflight.Kind { return kindOf(flavorMySQL()) }

func flavorMySQL() flavor {
	return flavor{
		kind: kindMySQL, people: "MySQL or MariaDB", form: "mysql://user:password@host/database", dialect: my{}, port: 3306,
		schemaDoc: "The database of tables that name none. Default: that of the connection.",
		urlDoc:    "a URL (`mysql://…`, `mysql2://…`, `mariadb://…`) or `user:password@tcp(host:3306)/database`",
	}
}

// flavor is how the two kinds differ in their blocks.
type flavor struct {
	kind, people, form string
	dialect            dialect
	port               int64
	schema             string
	schemaDoc, urlDoc  string
}

func kindOf(v flavor) preflight.Kind {
	says := wordsOf(v.kind, v.people, v.form)
	k := preflight.Kind{
		Name: v.kind,
		Doc: "A live " + v.people + " database that has what the revision was written for: its version, tables, columns and indexes, and a migration. It is asked from where Terraform runs, over one read-only connection with short timeouts. " +
			"The guide [Databases](../guides/databases) has the least that the role has to be granted.",
		Attributes: attributes(v),
		Messages:   says.list(),
	}.ReadBy(func(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
		c := read(r, v, says)
		return c.object, func(*cloud.Clients) rollout.Check { return c }
	})
	k.Blocks = blocks(v)
	return k
}

func text(doc string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
}

func attributes(v flavor) map[string]schema.Attribute {
	out := addressAttributes(v, "`"+strconv.FormatInt(v.port, 10)+"`")
	out["min_version"] = text("The oldest version of the server that will do, such as `15` or `10.11`.")
	if v.kind == kindMySQL {
		out["engine"] = text("Which server it has to be, `mysql` or `mariadb`. It is needed beside `min_version`, because they count apart.")
	}
	return out
}

func addressAttributes(v flavor, port string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"url_env": text("The environment variable that holds the whole address with its credentials: " + v.urlDoc + ". Exactly one of `url_env`, `url_wo` and `host` is given."),
		"url_wo": schema.StringAttribute{
			Optional: true, WriteOnly: true,
			MarkdownDescription: "The whole address with its credentials, as `url_env` has it, which Terraform keeps nowhere, neither in plan nor in state. It needs Terraform 1.11, or OpenTofu 1.11. The data source has `url_env` alone.",
		},
		"host":         text("The server. It needs `database` and `user` beside it. One that is created in the same apply has to be named by its computed address, so that it is checked once it exists."),
		"port":         schema.Int64Attribute{Optional: true, MarkdownDescription: "Its port. Default: " + port + "."},
		"database":     text("The database, beside `host`."),
		"user":         text("Who looks, beside `host`."),
		"password_env": text("The environment variable that holds the password, beside `host`."),
		"password_wo": schema.StringAttribute{
			Optional: true, WriteOnly: true,
			MarkdownDescription: "The password, beside `host`, which Terraform keeps nowhere, neither in plan nor in state. It needs Terraform 1.11, or OpenTofu 1.11. The data source has `password_env` alone.",
		},
		"sslmode": text("How the server shows who it is, beside `host`: `verify-full` (the default for any server that is not this machine), `verify-ca` (its certificate, not its name), `require` (encrypted, and nobody is verified) or `disable`. " +
			"A connection string says it itself, and has the same default. What nobody verified is told in the finding."),
		"ca_certificate": text("Certificates in PEM that vouch for the server, where this machine does not know who signed its certificate: those of Cloud SQL (with `verify-ca`) and of Amazon RDS."),
		"schema":         text(v.schemaDoc),
		"timeout":        text("How long the whole look may take, such as `\"5s\"`; at most `1m`. Default: `10s`."),
	}
}

func blocks(v flavor) map[string]schema.Block {
	required := func(doc string) schema.StringAttribute {
		return schema.StringAttribute{Required: true, MarkdownDescription: doc}
	}
	types := "a type as SQL has it, such as `numeric(12,2)` or `timestamptz`. It has to be the same, modifiers too"
	if v.kind == kindMySQL {
		types = "a type as SQL has it, such as `decimal(12,2)` or `int unsigned`. It has to be the same; the width of whole numbers means nothing"
	}
	return map[string]schema.Block{
		"table": schema.ListNestedBlock{
			MarkdownDescription: "A table or view that has to be there.",
			NestedObject: schema.NestedBlockObject{
				Attributes: map[string]schema.Attribute{
					"name":    required("Its name."),
					"schema":  text("Where it is, if not in that of the requirement."),
					"columns": schema.ListAttribute{Optional: true, ElementType: basetypes.StringType{}, MarkdownDescription: "Columns that have to be there, whatever their types."},
					"indexes": schema.ListAttribute{Optional: true, ElementType: basetypes.StringType{}, MarkdownDescription: "Indexes that have to be there, and of use: on PostgreSQL valid, on MySQL visible and on MariaDB not ignored."},
				},
				Blocks: map[string]schema.Block{"column": schema.ListNestedBlock{
					MarkdownDescription: "A column that has to be there, and as it is said.",
					NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
						"name":     required("Its name."),
						"type":     text("Its type: " + types + "."),
						"nullable": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether it may be NULL. Default: it does not matter."},
					}},
				}},
			},
		},
		"migrations": schema.ListNestedBlock{
			MarkdownDescription: "A migration that has to be applied, none being broken, by the table in which a migration tool keeps that.",
			NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
				"tool":      required("The tool: `" + strings.Join(toolNames(), "`, `") + "`."),
				"version":   required("The migration, as the tool keeps it: a number for most; `app.name` for Django; the id of a revision for Alembic; the folder's name for Prisma; `filename::id::author` for Liquibase. Later ones may be there too."),
				"table":     text("The tool's table. Default: the one that it makes."),
				"schema":    text("Where that table is. Default: that of the requirement; for Atlas `atlas_schema_revisions`."),
				"directory": text("The folder of Alembic's revisions, which tell what comes before a head. Without it the head itself has to be `version`."),
			}},
		},
	}
}

// Address is how configuration names a database, and who looks at it.
type Address struct {
	URLEnv      types.String `tfsdk:"url_env"`
	URL         types.String `tfsdk:"url_wo"`
	Host        types.String `tfsdk:"host"`
	Port        types.Int64  `tfsdk:"port"`
	Database    types.String `tfsdk:"database"`
	User        types.String `tfsdk:"user"`
	PasswordEnv types.String `tfsdk:"password_env"`
	Password    types.String `tfsdk:"password_wo"`
	SSLMode     types.String `tfsdk:"sslmode"`
	Roots       types.String `tfsdk:"ca_certificate"`
	Schema      types.String `tfsdk:"schema"`
	Timeout     types.String `tfsdk:"timeout"`
}

type block struct {
	Address
	MinVersion types.String `tfsdk:"min_version"`
	Tables     types.List   `tfsdk:"table"`
	Migrations types.List   `tfsdk:"migrations"`
}

type engineBlock struct {
	block
	Engine types.String `tfsdk:"engine"`
}

type tableBlock struct {
	Name    types.String `tfsdk:"name"`
	Schema  types.String `tfsdk:"schema"`
	Columns types.List   `tfsdk:"columns"`
	Indexes types.List   `tfsdk:"indexes"`
	Column  types.List   `tfsdk:"column"`
}

type columnBlock struct {
	Name     types.String `tfsdk:"name"`
	Type     types.String `tfsdk:"type"`
	Nullable types.Bool   `tfsdk:"nullable"`
}

type migrationsBlock struct {
	Tool      types.String `tfsdk:"tool"`
	Version   types.String `tfsdk:"version"`
	Table     types.String `tfsdk:"table"`
	Schema    types.String `tfsdk:"schema"`
	Directory types.String `tfsdk:"directory"`
}

var versionForm = lazyregexp.New(`^[0-9]+(\.[0-9]+)*$`)

// read turns the block into a check.
func read(r *preflight.Reading, v flavor, says words) check {
	c := check{dialect: v.dialect, says: says, kind: v.kind, limit: usual, schema: v.schema}
	b, ok := model(r, v)
	if !ok {
		return c
	}
	c.reach(r, b.Address, v)
	c.want.least = r.Text(b.MinVersion, versionForm.MatchString, "min_version", says.noVersion, "version", b.MinVersion.ValueString())
	c.want.version = numbers(c.want.least)
	engines := []string{mysqlDB, mariadb}
	c.want.engine = r.Text(b.Engine, oneOf(engines), "engine", says.noWord, "attribute", "engine", "value", b.Engine.ValueString(), "words", strings.Join(engines, ", "))
	if v.kind == kindMySQL && has(b.MinVersion) && b.Engine.IsNull() {
		r.Wrong("min_version", says.noEngine)
	}
	c.tables(r, b.Tables)
	c.migrations(r, b.Migrations, v)
	return c
}

// reach reads where the database is, and how long a look may take.
func (c *check) reach(r *preflight.Reading, b Address, v flavor) {
	c.at = c.address(r, b, v)
	c.object = c.at.object()
	if s := b.Schema.ValueString(); s != "" {
		c.schema = s
	} else if c.schema == "" {
		c.schema = c.at.database
	}
	if has(b.Timeout) {
		d, err := time.ParseDuration(b.Timeout.ValueString())
		if err != nil || d <= 0 || d > longest {
			r.Wrong("timeout", c.says.noTimeout, "value", b.Timeout.ValueString())
		}
		c.limit = d
	}
}

func model(r *preflight.Reading, v flavor) (engineBlock, bool) {
	var b engineBlock
	if v.kind == kindMySQL {
		ok := r.Into(&b)
		return b, ok
	}
	ok := r.Into(&b.block)
	b.Engine = types.StringNull()
	return b, ok
}

func oneOf(words []string) func(string) bool {
	return func(s string) bool { return slices.Contains(words, s) }
}

// address reads where the server is. What is wrong with a secret is shown at the
// block, for Terraform prints the line.
func (c check) address(r *preflight.Reading, b Address, v flavor) address {
	a := address{says: c.says, port: v.port, sslmode: b.SSLMode.ValueString()}
	given, open := 0, false
	for _, one := range []types.String{b.URLEnv, b.URL, b.Host} {
		open = open || one.IsUnknown()
		if has(one) {
			given++
		}
	}
	if given > 1 || given == 0 && !open {
		r.Wrong("", c.says.address)
	}
	// What stands in the place of a variable's name may be the credential itself.
	a.urlVariable = r.Text(b.URLEnv, web.IsVariable, "", c.says.noVariable, "attribute", "url_env")
	a.passwordVariable = r.Text(b.PasswordEnv, web.IsVariable, "", c.says.noVariable, "attribute", "password_env")
	if has(b.URL) {
		a.url = b.URL.ValueString
	}
	if has(b.Password) {
		a.password = b.Password.ValueString
	}
	a.host, a.database, a.user = b.Host.ValueString(), b.Database.ValueString(), b.User.ValueString()
	if has(b.Port) {
		a.port = b.Port.ValueInt64()
	}
	c.parts(r, b)
	r.Text(b.SSLMode, oneOf(sslmodes()), "sslmode", c.says.noWord, "attribute", "sslmode", "value", b.SSLMode.ValueString(), "words", strings.Join(sslmodes(), ", "))
	if has(b.Roots) {
		a.roots = x509.NewCertPool()
		if !a.roots.AppendCertsFromPEM([]byte(b.Roots.ValueString())) {
			r.Wrong("ca_certificate", c.says.noCertificate)
		}
	}
	return a
}

// parts says what is missing beside host, and what stands there for nothing.
func (c check) parts(r *preflight.Reading, b Address) {
	whole := "url_env"
	if has(b.URL) {
		whole = "url_wo"
	}
	for _, p := range []struct {
		attribute string
		value     attr.Value
		needed    bool
	}{
		{"database", b.Database, true},
		{"user", b.User, true},
		{"port", b.Port, false},
		{"password_env", b.PasswordEnv, false},
		{"sslmode", b.SSLMode, false},
	} {
		switch {
		case has(b.Host) && p.value.IsNull() && p.needed:
			r.Wrong("host", c.says.lacks, "attribute", p.attribute)
		case b.Host.IsNull() && has(p.value):
			r.Wrong(p.attribute, c.says.beside, "attribute", p.attribute, "other", whole)
		}
	}
	switch {
	case b.Host.IsNull() && has(b.Password):
		r.Wrong("", c.says.beside, "attribute", "password_wo", "other", whole)
	case has(b.PasswordEnv) && has(b.Password):
		r.Wrong("password_env", c.says.beside, "attribute", "password_env", "other", "password_wo")
	}
}

// has reports whether a value is given, and known.
func has(v attr.Value) bool { return !v.IsNull() && !v.IsUnknown() }

// object names the database for people: never by what a secret holds.
func (a address) object() string {
	switch {
	case a.host != "" && a.database != "":
		return a.host + "/" + a.database
	case a.urlVariable != "":
		return "of " + a.urlVariable
	case a.url != nil && a.url() != "":
		return "of url_wo"
	}
	return ""
}

func (c *check) tables(r *preflight.Reading, list types.List) {
	for _, o := range r.Nested(list) {
		var b tableBlock
		if !r.From(o, &b) {
			continue
		}
		w := wantTable{schema: b.Schema.ValueString(), name: b.Name.ValueString()}
		for _, name := range r.Texts(b.Columns) {
			w.columns = append(w.columns, wantColumn{name: name.ValueString()})
		}
		for _, o := range r.Nested(b.Column) {
			var b columnBlock
			if r.From(o, &b) {
				w.columns = append(w.columns, wantColumn{b.Name.ValueString(), b.Type.ValueString(), b.Nullable.ValueBoolPointer()})
			}
		}
		for _, name := range r.Texts(b.Indexes) {
			w.indexes = append(w.indexes, name.ValueString())
		}
		c.want.tables = append(c.want.tables, w)
	}
}

func (c *check) migrations(r *preflight.Reading, list types.List, v flavor) {
	for _, o := range r.Nested(list) {
		var b migrationsBlock
		if !r.From(o, &b) || b.Tool.IsUnknown() {
			continue
		}
		t, ok := toolOf(b.Tool.ValueString(), v.kind == kindMySQL)
		if !ok {
			r.Wrong("migrations", c.says.noWord, "attribute", "tool", "value", b.Tool.ValueString(), "words", strings.Join(toolNames(), ", "))
			continue
		}
		l := wantLedger{tool: t, schema: t.schema, table: t.table, version: b.Version.ValueString(), directory: b.Directory.ValueString()}
		if s := b.Schema.ValueString(); s != "" {
			l.schema = s
		}
		if s := b.Table.ValueString(); s != "" {
			l.table = s
		}
		r.Text(b.Version, t.valid, "migrations", c.says.noMigration, "tool", t.name, "version", l.version, "form", t.form, "table", l.table)
		if l.directory != "" && t.name != "alembic" {
			r.Wrong("migrations", c.says.noDirectory, "tool", t.name)
		}
		c.want.ledgers = append(c.want.ledgers, l)
	}
}

// LiveAttributes are those by which such a database is named.
func LiveAttributes() map[string]schema.Attribute {
	v := flavor{
		schemaDoc: "The schema of tables that name none. Default: `public`; on MySQL and MariaDB that of the connection.",
		urlDoc:    "a URL (`postgres://…`, `mysql://…`, `mariadb://…`), words (`host=… user=…`) or `user:password@tcp(host:3306)/database`",
	}
	out := addressAttributes(v, "`5432`, or `3306` of MySQL and MariaDB")
	out["url_env"] = text("The environment variable that holds the whole address of the database with its credentials: " + v.urlDoc + ". At most one of `url_env`, `url_wo` and `host` is given.")
	out["host"] = text("The server of the database. It needs `database` and `user` beside it.")
	out["timeout"] = text("How long the look at the database may take, such as `\"5s\"`; at most `1m`. Default: `10s`.")
	return out
}

// LedgerBlock is the block that says whose table tells what is applied.
func LedgerBlock(doc string) schema.Block {
	list, _ := blocks(flavor{})["migrations"].(schema.ListNestedBlock) // its own
	attributes := map[string]schema.Attribute{}
	for _, name := range []string{"tool", "table", "schema"} {
		attributes[name] = list.NestedObject.Attributes[name]
	}
	return schema.ListNestedBlock{MarkdownDescription: doc, NestedObject: schema.NestedBlockObject{Attributes: attributes}}
}

type ledgerBlock struct {
	Tool   types.String `tfsdk:"tool"`
	Table  types.String `tfsdk:"table"`
	Schema types.String `tfsdk:"schema"`
}

// ReadLive reads what names a database: none, if nothing does. engine is postgres,
// mysql or mariadb.
func ReadLive(r *preflight.Reading, engine string, b Address, ledgers types.List) Live {
	v := flavorPostgres()
	if engine != postgres {
		v = flavorMySQL()
	}
	l := Live{check: check{dialect: v.dialect, says: wordsOf(v.kind, v.people, v.form), kind: v.kind, limit: usual, schema: v.schema}}
	for _, one := range []types.String{b.URLEnv, b.URL, b.Host} {
		l.given = l.given || !one.IsNull()
	}
	if !l.given {
		return l
	}
	l.reach(r, b, v)
	for _, o := range r.Nested(ledgers) {
		var lb ledgerBlock
		if !r.From(o, &lb) || lb.Tool.IsUnknown() {
			continue
		}
		t, ok := toolOf(lb.Tool.ValueString(), v.kind == kindMySQL)
		if !ok {
			r.Wrong("migrations", l.says.noWord, "attribute", "tool", "value", lb.Tool.ValueString(), "words", strings.Join(toolNames(), ", "))
			continue
		}
		w := wantLedger{tool: t, schema: t.schema, table: t.table}
		if s := lb.Schema.ValueString(); s != "" {
			w.schema = s
		}
		if s := lb.Table.ValueString(); s != "" {
			w.table = s
		}
		l.want.ledgers = append(l.want.ledgers, w)
	}
	return l
}
