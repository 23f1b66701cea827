package lambdaalias

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// settings is the block, decoded: what is wanted of the function.
type settings struct {
	version  rollout.Revision // made elsewhere and named; "" where it is made here, or the newest is wanted
	newest   bool
	triggers string // what a new version is wanted for, "" for nothing

	filename                   string
	bucket, key, objectVersion string
	image                      string
	sha256                     string            // of the code, as AWS tells it
	environment                map[string]string // the whole of it; nil: as $LATEST has it
	provisioned                *int32            // nil: nobody here cares
	allowsUnqualified          bool
}

// code reports whether the block says which code a version is published from.
func (s settings) code() bool { return s.filename != "" || s.bucket != "" || s.image != "" }

// newest stands in the block for the version that was published last.
const newest = "newest"
