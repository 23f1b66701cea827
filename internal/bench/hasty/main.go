// Hasty is the provider on a clock that runs faster than the system's, for
// rollouts of an hour.
package main

import (
	"log"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/bench/fast"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
)

func main() {
	clock, err := fast.Joined()
	if err != nil {
		log.Fatal(err)
	}
	if err := provider.Serve(provider.NewOn("0.0.1", clock), false); err != nil {
		log.Fatal(err)
	}
}
