package lambdaalias

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// validate implements platform.Kind.Validate.
func validate(_ context.Context, block types.Object) []rollout.Problem {
	out := validatePlace(block)
	if _, making := block.Attributes()["version"]; !making {
		return out
	}
	return append(out, validateMaking(block)...)
}

// makes reports whether the block says what is to be live, rather than where alone.
func makes(block types.Object) bool {
	return slices.ContainsFunc(sources, func(name string) bool { return isGiven(block, name) })
}

func validateMaking(block types.Object) []rollout.Problem {
	out := validateSource(block)
	out = append(out, validateVersion(block)...)
	out = append(out, validateCode(block)...)
	out = append(out, validateImage(block)...)
	out = append(out, validateEnvironment(block)...)
	if n := decode(block).provisioned; n != nil && *n < 0 {
		out = append(out, msgProvisioned.With("value", *n))
	}
	if v := text(block, "unqualified"); v != "" && v != "allow" {
		out = append(out, msgUnqualifiedWord.With("value", v))
	}
	return out
}

func validatePlace(block types.Object) []rollout.Problem {
	name, function := text(block, "alias"), text(block, "function")
	whole := strings.HasPrefix(name, "arn:")
	var out []rollout.Problem
	if function != "" {
		if _, err := parseFunction(function); err != nil {
			out = append(out, msgNoFunction.With("why", err))
		}
	}
	switch {
	case name == "":
	case whole && isGiven(block, "function"):
		out = append(out, msgFunctionBesideARN.With())
	case whole:
		if _, err := parseAlias(name); err != nil {
			out = append(out, msgNoAlias.With("why", err))
		}
	case !isGiven(block, "function"):
		out = append(out, msgNameAlone.With("name", name))
	case !aliasName.MatchString(name):
		out = append(out, msgNoAliasName.With("name", name))
	}
	return out
}

// sources are the ways to say what is to be live.
var sources = []string{"version", "filename", "s3_bucket", "image_uri"}

func validateSource(block types.Object) []rollout.Problem {
	var given []string
	for _, name := range sources {
		if isGiven(block, name) {
			given = append(given, name)
		}
	}
	switch {
	case len(given) == 0:
		return []rollout.Problem{msgNothingWanted.With()}
	case len(given) > 1:
		return []rollout.Problem{msgTwoSources.With("first", given[0], "second", given[1])}
	case isSet(block, given[0]) && text(block, given[0]) == "":
		return []rollout.Problem{msgEmpty.With("attribute", given[0])}
	}
	return nil
}

func validateVersion(block types.Object) []rollout.Problem {
	if !isGiven(block, "version") {
		return nil
	}
	var out []rollout.Problem
	if v := text(block, "version"); v != "" && v != newest && !versionName.MatchString(v) {
		out = append(out, msgNoVersion.With("value", v))
	}
	others := slices.ContainsFunc(sources[1:], func(name string) bool { return isGiven(block, name) })
	for _, key := range []string{"environment", "code_sha256", "s3_key", "s3_object_version"} {
		if isSet(block, key) && !others { // that there are two is said already

			out = append(out, msgBesideVersion.With("attribute", key))
		}
	}
	return out
}

func validateCode(block types.Object) []rollout.Problem {
	bucket := isGiven(block, "s3_bucket")
	switch {
	case bucket && !isGiven(block, "s3_key"):
		return append(validateSum(block), msgNoKey.With())
	case !bucket && !isGiven(block, "version") && (isSet(block, "s3_key") || isSet(block, "s3_object_version")):
		return append(validateSum(block), msgNoBucket.With())
	}
	return validateSum(block)
}

func validateSum(block types.Object) []rollout.Problem {
	zip, sum := isGiven(block, "s3_bucket") || isGiven(block, "filename"), text(block, "code_sha256")
	raw, err := base64.StdEncoding.DecodeString(sum)
	switch {
	case isGiven(block, "image_uri") && !zip && isSet(block, "code_sha256"):
		return []rollout.Problem{msgSumBesideImage.With()}
	case zip && !isGiven(block, "code_sha256"):
		return []rollout.Problem{msgNoSum.With("example", sumExample(block))}
	case sum != "" && (err != nil || len(raw) != sha256Size):
		return []rollout.Problem{msgSumUnreadable.With("value", sum, "example", sumExample(block))}
	}
	return nil
}

const sha256Size = 32

// sumExample is how the hash of the code is written beside what the block has.
func sumExample(block types.Object) string {
	if name := text(block, "filename"); name != "" {
		return fmt.Sprintf("filebase64sha256(%q)", name)
	}
	return "aws_s3_object.NAME.checksum_sha256"
}

// A function takes images of its own region's private repositories
// (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html).
var (
	imageURI = lazyregexp.New(`^\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([a-z0-9._/-]+)(@sha256:[0-9a-f]{64}|:[A-Za-z0-9._-]+)?$`)
)

func validateImage(block types.Object) []rollout.Problem {
	image := text(block, "image_uri")
	if image == "" {
		return nil
	}
	m := imageURI.FindStringSubmatch(image)
	if m == nil {
		return []rollout.Problem{msgNoImage.With("image", image)}
	}
	if !strings.HasPrefix(m[3], "@") {
		return []rollout.Problem{msgImageByTag.With("image", image)}
	}
	if p, err := locate(block); err == nil && p.region != m[1] {
		return []rollout.Problem{msgImageElsewhere.With("region", m[1], "own", p.region)}
	}
	return nil
}

// What Lambda sets itself, and what a name may be made of, stands at
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
var (
	reserved = []string{
		"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
		"AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
	}
	variable = lazyregexp.New(`^[a-zA-Z][a-zA-Z0-9_]+$`)
)

// mostEnvironment is how many bytes all variables may have together.
const mostEnvironment = 4096

func validateEnvironment(block types.Object) []rollout.Problem {
	m, ok := block.Attributes()["environment"].(types.Map)
	if !ok {
		return nil
	}
	var out []rollout.Problem
	size := 0
	for _, name := range slices.Sorted(maps.Keys(m.Elements())) {
		v, _ := m.Elements()[name].(types.String)
		size += len(name) + len(v.ValueString())
		switch {
		case v.IsNull():
			out = append(out, msgNoValue.With("name", name))
		case slices.Contains(reserved, name):
			out = append(out, msgReservedEnv.With("name", name))
		case !variable.MatchString(name):
			out = append(out, msgNoVariable.With("name", name))
		}
	}
	if size > mostEnvironment {
		out = append(out, msgEnvironmentTooLarge.With("size", size))
	}
	return out
}

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
