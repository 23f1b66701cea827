package schemajson

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	datasourceschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	ephemeralschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// everything is a provider that shows each thing a schema can hold, and does nothing.
type everything struct{ tfprotov6.ProviderServer }

func newEverything() tfprotov6.ProviderServer {
	return everything{providerserver.NewProtocol6(testProvider{})()}
}

// GetProviderSchema adds the two nestings of blocks that the framework does not offer.
func (e everything) GetProviderSchema(ctx context.Context, req *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	resp, err := e.ProviderServer.GetProviderSchema(ctx, req)
	if err != nil {
		return nil, err
	}
	inner := &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{{Name: "n", Type: tftypes.Number, Optional: true}}}
	resp.ResourceSchemas["rollout_protocol"] = &tfprotov6.Schema{Version: 7, Block: &tfprotov6.SchemaBlock{
		Deprecated: true,
		BlockTypes: []*tfprotov6.SchemaNestedBlock{
			{TypeName: "grouped", Nesting: tfprotov6.SchemaNestedBlockNestingModeGroup, Block: inner},
			{TypeName: "mapped", Nesting: tfprotov6.SchemaNestedBlockNestingModeMap, Block: inner},
			{TypeName: "counted", Nesting: tfprotov6.SchemaNestedBlockNestingModeList, MinItems: 1, MaxItems: 3, Block: inner},
		},
	}}
	return resp, nil
}

type testProvider struct{}

var (
	_ provider.ProviderWithFunctions          = testProvider{}
	_ provider.ProviderWithEphemeralResources = testProvider{}
	_ provider.ProviderWithActions            = testProvider{}
)

func (testProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "rollout"
}

func (testProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A *provider*.",
		Attributes:          map[string]schema.Attribute{"token": schema.StringAttribute{Optional: true, Sensitive: true}},
		Blocks:              map[string]schema.Block{"cloud": schema.ListNestedBlock{}},
	}
}

func (testProvider) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}

func (testProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return testResource{} }}
}

func (testProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{func() datasource.DataSource { return testDataSource{} }}
}

func (testProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{func() ephemeral.EphemeralResource { return testEphemeral{} }}
}

func (testProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{func() function.Function { return testFunction{} }}
}

func (testProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{func() action.Action { return testAction{} }}
}

type testResource struct{ resource.Resource }

func (testResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "rollout_everything"
}

func (testResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	nested := resourceschema.NestedAttributeObject{Attributes: map[string]resourceschema.Attribute{
		"weight": resourceschema.Float64Attribute{Required: true, MarkdownDescription: "In `%`."},
		"bake":   resourceschema.StringAttribute{Optional: true, Description: "How long."},
	}}
	inner := resourceschema.NestedBlockObject{
		Attributes: map[string]resourceschema.Attribute{"name": resourceschema.StringAttribute{Required: true}},
		Blocks: map[string]resourceschema.Block{"deeper": resourceschema.ListNestedBlock{
			DeprecationMessage: "Not so deep.",
			NestedObject: resourceschema.NestedBlockObject{
				Attributes: map[string]resourceschema.Attribute{"on": resourceschema.BoolAttribute{Optional: true}},
			},
		}},
	}
	resp.Schema = resourceschema.Schema{
		Version:             3,
		MarkdownDescription: "Has < everything & more.",
		Attributes: map[string]resourceschema.Attribute{
			"id":       resourceschema.StringAttribute{Computed: true},
			"both":     resourceschema.Int64Attribute{Optional: true, Computed: true},
			"old":      resourceschema.NumberAttribute{Optional: true, DeprecationMessage: "Use both."},
			"secret":   resourceschema.StringAttribute{Optional: true, WriteOnly: true},
			"list":     resourceschema.ListAttribute{Optional: true, ElementType: types.ListType{ElemType: types.StringType}},
			"set":      resourceschema.SetAttribute{Optional: true, ElementType: types.NumberType},
			"map":      resourceschema.MapAttribute{Optional: true, ElementType: types.BoolType},
			"object":   resourceschema.ObjectAttribute{Optional: true, AttributeTypes: testObject},
			"anything": resourceschema.DynamicAttribute{Optional: true},
			"one":      resourceschema.SingleNestedAttribute{Optional: true, Attributes: nested.Attributes},
			"some":     resourceschema.ListNestedAttribute{Computed: true, NestedObject: nested},
			"few":      resourceschema.SetNestedAttribute{Optional: true, Sensitive: true, NestedObject: nested},
			"many":     resourceschema.MapNestedAttribute{Required: true, NestedObject: nested},
		},
		Blocks: map[string]resourceschema.Block{
			"step":  resourceschema.ListNestedBlock{NestedObject: inner, MarkdownDescription: "A step."},
			"gate":  resourceschema.SetNestedBlock{NestedObject: inner},
			"alone": resourceschema.SingleNestedBlock{Attributes: inner.Attributes, Blocks: inner.Blocks},
		},
	}
}

var testObject = map[string]attr.Type{"a": types.StringType, "b": types.DynamicType}

func (testResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Version: 2, Attributes: map[string]identityschema.Attribute{
		"project": identityschema.StringAttribute{OptionalForImport: true, Description: "Where."},
		"number":  identityschema.Int64Attribute{RequiredForImport: true},
	}}
}

type testDataSource struct{ datasource.DataSource }

func (testDataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "rollout_status"
}

func (testDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = datasourceschema.Schema{
		Description: "Plain words.",
		Attributes:  map[string]datasourceschema.Attribute{"traffic": datasourceschema.StringAttribute{Computed: true}},
	}
}

type testEphemeral struct{ ephemeral.EphemeralResource }

func (testEphemeral) Metadata(_ context.Context, _ ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = "rollout_token"
}

func (testEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = ephemeralschema.Schema{
		Attributes: map[string]ephemeralschema.Attribute{"value": ephemeralschema.StringAttribute{Computed: true}},
	}
}

type testAction struct{ action.Action }

func (testAction) Metadata(_ context.Context, _ action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = "rollout_promote"
}

func (testAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = actionschema.Schema{
		Description: "Promotes.",
		Attributes:  map[string]actionschema.Attribute{"target": actionschema.StringAttribute{Required: true}},
	}
}

type testFunction struct{ function.Function }

func (testFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "linear_steps"
}

func (testFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             "Steps of one size.",
		MarkdownDescription: "Returns *steps*.",
		DeprecationMessage:  "Write them out.",
		Parameters: []function.Parameter{
			function.Float64Parameter{Name: "by", MarkdownDescription: "The size."},
			function.StringParameter{Name: "bake", AllowNullValue: true},
		},
		VariadicParameter: function.DynamicParameter{Name: "rest", AllowUnknownValues: true},
		Return:            function.ObjectReturn{AttributeTypes: testObject},
	}
}
