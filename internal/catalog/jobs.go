package catalog

import (
	"sync"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/job"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job/cloudrunjob"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job/ecstask"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job/lambdafunction"
)

// Jobs returns what can be run before a candidate, after its promotion and as a
// gate, as they stand in documents.
var Jobs = sync.OnceValue(func() []job.Kind {
	return []job.Kind{
		cloudrunjob.Kind(),
		ecstask.Kind(),
		lambdafunction.Kind(),
	}
})
