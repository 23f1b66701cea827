// Hollow is a provider with the schema of rollout_traffic_split that asks nobody
// and does nothing, to see what Terraform itself and the framework cost.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	rollout "github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
)

// shell is the real provider with one resource of the real schema.
type shell struct{ provider.Provider }

// Configure implements provider.Provider.
func (shell) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

// Resources implements provider.Provider.
func (s shell) Resources(ctx context.Context) []func() resource.Resource {
	for _, build := range s.Provider.Resources(ctx) {
		var name resource.MetadataResponse
		build().Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "rollout"}, &name)
		if name.TypeName == "rollout_traffic_split" {
			return []func() resource.Resource{func() resource.Resource { return inert{build()} }}
		}
	}
	log.Fatal("there is no rollout_traffic_split any more")
	return nil
}

// inert keeps what it is given. It embeds a resource for its schema and name
// alone: nothing else of it is reachable through the interface.
type inert struct{ resource.Resource }

// Create implements resource.Resource.
func (inert) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = req.Plan.Raw
	for platform, name := range map[string]string{"cloud_run": "service", "lambda_alias": "alias"} {
		var target types.String
		resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root(platform).AtListIndex(0).AtName(name), &target)...)
		if !target.IsNull() {
			resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), platform+"/"+target.ValueString())...)
		}
	}
}

// Read implements resource.Resource.
func (inert) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

// Update implements resource.Resource.
func (inert) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

// Delete implements resource.Resource.
func (inert) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

func main() {
	err := providerserver.Serve(context.Background(), func() provider.Provider { return shell{rollout.New("0.0.1")()} },
		providerserver.ServeOpts{Address: rollout.Address})
	if err != nil {
		log.Fatal(err)
	}
}
