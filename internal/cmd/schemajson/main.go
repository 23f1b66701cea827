// Command schemajson prints the provider's schema as
// `terraform providers schema -json` does.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/schemajson"
)

func main() {
	open := providerserver.NewProtocol6(provider.New("dev")())
	if err := schemajson.Write(context.Background(), os.Stdout, "rollout", open); err != nil {
		fmt.Fprintln(os.Stderr, "schemajson:", err)
		os.Exit(1)
	}
}
