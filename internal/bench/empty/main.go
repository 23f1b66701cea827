// Empty is a provider without anything in it. Bench builds it with every foreign
// package that the real one imports, to see what those cost by themselves.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

type nothing struct{}

// Metadata implements provider.Provider.
func (nothing) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "empty"
}

// Schema implements provider.Provider.
func (nothing) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

// Configure implements provider.Provider.
func (nothing) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

// Resources implements provider.Provider.
func (nothing) Resources(context.Context) []func() resource.Resource { return nil }

// DataSources implements provider.Provider.
func (nothing) DataSources(context.Context) []func() datasource.DataSource { return nil }

func main() {
	err := providerserver.Serve(context.Background(), func() provider.Provider { return nothing{} }, providerserver.ServeOpts{
		Address: "registry.terraform.io/terraform-rollout/empty",
	})
	if err != nil {
		log.Fatal(err)
	}
}
