package catalog

import (
	"sync"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform/alb"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform/cloudrun"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform/lambdaalias"
)

// Platforms lists where traffic can be divided.
var Platforms = sync.OnceValue(func() []platform.Kind {
	return []platform.Kind{
		cloudrun.Kind(),
		lambdaalias.Kind(),
		alb.Kind(),
	}
})
