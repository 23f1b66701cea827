// Command terraform-provider-rollout serves the provider to Terraform and
// OpenTofu.
package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"syscall"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "serve for a debugger, and print how Terraform reaches it")
	flag.Parse()
	// When Terraform dies its end of the pipe is gone; a log line must not kill
	// the one write that takes traffic home.
	signal.Ignore(syscall.SIGPIPE)
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: provider.Address, Debug: *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
