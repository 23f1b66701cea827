package lambdaalias

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

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

func decode(block types.Object) settings {
	s := settings{
		version: rollout.Revision(text(block, "version")), filename: text(block, "filename"),
		bucket: text(block, "s3_bucket"), key: text(block, "s3_key"), objectVersion: text(block, "s3_object_version"),
		image: text(block, "image_uri"), sha256: text(block, "code_sha256"), environment: texts(block, "environment"),
		allowsUnqualified: text(block, "unqualified") == "allow",
	}
	if _, digest, ok := strings.Cut(s.image, "@sha256:"); ok {
		s.sha256 = digest // https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
	}
	if n, ok := block.Attributes()["provisioned_concurrency"].(types.Int32); ok && !n.IsNull() && !n.IsUnknown() {
		s.provisioned = n.ValueInt32Pointer()
	}
	if s.version == newest {
		s.version, s.newest = "", true // which one that is, Observe tells
	}
	return s
}

// What follows reads the block. Null and unknown read as nothing.

func text(block types.Object, key string) string {
	v, ok := block.Attributes()[key].(types.String)
	if !ok {
		return ""
	}
	return v.ValueString()
}

func isSet(block types.Object, key string) bool {
	v, ok := block.Attributes()[key]
	return ok && !v.IsNull() && !v.IsUnknown()
}

// isGiven reports whether an attribute is written down, known or not.
func isGiven(block types.Object, key string) bool {
	v, ok := block.Attributes()[key]
	return ok && !v.IsNull()
}

// texts reads a map; an unknown element is in it as "". nil if it is not given.
func texts(block types.Object, key string) map[string]string {
	v, ok := block.Attributes()[key].(types.Map)
	if !ok || v.IsNull() || v.IsUnknown() {
		return nil
	}
	out := map[string]string{}
	for k, e := range v.Elements() {
		if s, ok := e.(types.String); ok {
			out[k] = s.ValueString()
		}
	}
	return out
}
