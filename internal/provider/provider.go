// Package provider is Terraform and nothing but: it turns configuration into
// rollouts, and what becomes of them into plans, state and messages. Decisions
// are made in package engine, platforms, gates and checks live in their own
// folders, and package catalog lists them.
package provider

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	_ provider.ProviderWithValidateConfig = (*rolloutProvider)(nil)
	_ provider.ProviderWithFunctions      = (*rolloutProvider)(nil)
	_ io.Closer                           = (*rolloutProvider)(nil)
)

// Address is the provider's source address in the registry.
const Address = "registry.terraform.io/terraform-rollout/rollout"

// New returns the provider, on the system's clock.
func New(version string) func() provider.Provider { return NewOn(version, clock.System{}) }

// NewOn returns the provider on a clock: a test's moves when the test says so.
func NewOn(version string, c rollout.Clock) func() provider.Provider {
	return func() provider.Provider { return &rolloutProvider{version: version, clock: c} }
}

type rolloutProvider struct {
	version string
	clock   rollout.Clock

	mu    sync.Mutex
	given []*cloud.Clients // each time that it was configured
}

// Close implements io.Closer, for a process that serves many providers one after
// the other.
func (p *rolloutProvider) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []error
	for _, c := range p.given {
		all = append(all, c.Close())
	}
	p.given = nil
	return errors.Join(all...)
}

// Metadata implements provider.Provider.
func (p *rolloutProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = "rollout", p.version
}

// Schema implements provider.Provider.
func (p *rolloutProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Moves app revisions into production safely, beside the providers that own the infrastructure: it owns which revision is live, and how it gets there.",
		Attributes: map[string]schema.Attribute{
			"preflight": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "What a requirement that is not met does to a plan: `error` (the default), `warn` or `off`. `ROLLOUT_PREFLIGHT` overrides it. It changes plans only: an apply always checks before the first write.",
			},
			"progress_file": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "A file to which every event of a rollout is appended as one line of JSON, to be followed with `tail -f`. `ROLLOUT_PROGRESS_FILE` is used if it is not set.",
			},
		},
		Blocks: map[string]schema.Block{
			"aws": schema.ListNestedBlock{
				MarkdownDescription: "How to reach Amazon Web Services. Without it the environment variables and files are used that all of AWS's own tools read, and those that give credentials on AWS.",
				NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
					"region": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "The region of whatever is not named by an ARN: an ARN has its own. `AWS_REGION` is used if it is not set, and then the profile's.",
					},
					"profile": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "A profile of the shared configuration files. `AWS_PROFILE` is used if it is not set.",
					},
					"role_arn": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "The role to act as. It is assumed for an hour at a time, again and again as long as the credentials beneath it last.",
					},
					"endpoint": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "Replaces the address of every AWS API, that of credentials included: `https://host`, or `http://127.0.0.1:port` for this machine. Where nothing else names credentials, requests to this machine are signed with made-up ones. `ROLLOUT_AWS_ENDPOINT` is used if it is not set, and then `AWS_ENDPOINT_URL`.",
					},
				}},
			},
			"google": schema.ListNestedBlock{
				MarkdownDescription: "How to reach Google Cloud. Without it the application default credentials are used.",
				NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
					"endpoint": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "Replaces the address of every Google API: `https://host`, or `http://127.0.0.1:port` for this machine, to which no credential is sent. Google's container registries stay where they are, and are then asked without credentials: an image there that is not public has to be given by its digest. `ROLLOUT_GOOGLE_ENDPOINT` is used if it is not set.",
					},
					"access_token": schema.StringAttribute{
						Optional: true, Sensitive: true,
						MarkdownDescription: "A token to use as it is. It cannot be refreshed, and a rollout may take longer than it lives. `GOOGLE_OAUTH_ACCESS_TOKEN` is used if it is not set.",
					},
					"impersonate_service_account": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "The service account to act as. `GOOGLE_IMPERSONATE_SERVICE_ACCOUNT` is used if it is not set.",
					},
				}},
			},
		},
	}
}

// ValidateConfig implements provider.ProviderWithValidateConfig.
func (p *rolloutProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var mode types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("preflight"), &mode)...)
	if _, problem := preflightMode(mode); problem != nil {
		addError(&resp.Diagnostics, path.Root("preflight"), *problem)
	}
	_, _ = clouds(ctx, req.Config, &resp.Diagnostics)
}

// Configure implements provider.Provider. It makes no call: clients are built
// when they are first needed.
func (p *rolloutProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	c := &core{version: p.version, clock: p.clock}
	var mode, progressFile types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("preflight"), &mode)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("progress_file"), &progressFile)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var problem *rollout.Problem
	if c.preflight, problem = preflightMode(mode); problem != nil {
		addError(&resp.Diagnostics, path.Root("preflight"), *problem)
	}
	c.progress = newProgress(progressFile.ValueString())
	settings, unknown := clouds(ctx, req.Config, &resp.Diagnostics)
	settings.Clock, settings.UserAgent = p.clock, "terraform-provider-rollout/"+p.version
	c.unknown = unknown || mode.IsUnknown()
	c.clients = cloud.New(settings)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.given = append(p.given, c.clients)
	resp.ResourceData, resp.DataSourceData = c, c
}

// clouds reads how the clouds are reached, and whether some of that is not known
// yet.
func clouds(ctx context.Context, from tfsdk.Config, diags *diag.Diagnostics) (out cloud.Config, unknown bool) {
	aws, unknownAWS := setting(ctx, from, diags, "aws", msgTwoAWSBlocks, map[string]*string{
		"region": &out.AWS.Region, "profile": &out.AWS.Profile, "role_arn": &out.AWS.RoleARN, "endpoint": &out.AWS.Endpoint,
	})
	_, unknownGoogle := setting(ctx, from, diags, "google", msgTwoGoogleBlocks, map[string]*string{
		"endpoint": &out.Google.Endpoint, "access_token": &out.Google.AccessToken, "impersonate_service_account": &out.Google.Impersonate,
	})
	if problem := out.AWS.Check(); aws && problem != nil {
		addError(diags, path.Root("aws"), *problem)
	}
	return out, unknownAWS || unknownGoogle
}

// setting reads the block of one cloud, of which there is at most one.
func setting(ctx context.Context, from tfsdk.Config, diags *diag.Diagnostics, name string, two rollout.Message, to map[string]*string) (there, unknown bool) {
	var list types.List
	diags.Append(from.GetAttribute(ctx, path.Root(name), &list)...)
	if list.IsUnknown() {
		return false, true
	}
	blocks := objects(list)
	if len(blocks) == 0 {
		return false, false
	}
	if len(blocks) > 1 {
		addError(diags, path.Root(name), two.With())
		return false, false
	}
	for attribute, value := range to {
		v := stringOf(blocks[0], attribute)
		unknown = unknown || v.IsUnknown()
		*value = v.ValueString()
	}
	return true, unknown
}

// Resources implements provider.Provider.
func (p *rolloutProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{newSafeDeployment, newTrafficSplit, newPreflightResource}
}

// DataSources implements provider.Provider.
func (p *rolloutProvider) DataSources(context.Context) []func() datasource.DataSource {
	return append([]func() datasource.DataSource{newPreflightData, newStatusData, newImageData, newSlotData, newMigrationReviewData}, reportData()...)
}

// Functions implements provider.ProviderWithFunctions.
func (p *rolloutProvider) Functions(context.Context) []func() function.Function {
	return stepFunctions()
}

// core is what every object of the provider shares.
type core struct {
	version   string
	clock     rollout.Clock
	clients   *cloud.Clients
	preflight mode
	progress  *progress
	// unknown: the provider's own configuration is not known yet, so nothing
	// can be asked.
	unknown bool
	// gone holds the ids of targets that a refresh of this process did not find.
	// Terraform then plans to create them, also on the way to a destroy.
	gone sync.Map
	// answers are shared by the resources of one plan.
	answers answers
	// members are what one plan changes of releases of several.
	members members
}

// shared is embedded by every object, and takes what Configure provides.
type shared struct{ *core }

func (s *shared) take(data any) {
	if c, ok := data.(*core); ok {
		s.core = c
	}
}

// ready reports whether anybody can be asked: it is not while a configuration
// is validated, nor while the provider's own is unknown.
func (s *shared) ready() bool { return s.core != nil && !s.unknown }
