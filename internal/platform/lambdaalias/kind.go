package lambdaalias

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
)

// Kind describes aliases of Lambda to the provider.
func Kind() platform.Kind {
	return platform.Kind{
		Name:        "lambda_alias",
		Template:    "$LATEST",
		Limits:      limits,
		Messages:    messages(),
		Permissions: permissions(),
		Doc:         "An alias of a Lambda function: its invocations are divided between two published versions.",
		Wanted:      wanted,
		Example:     `lambda_alias { alias = aws_lambda_alias.live.arn }`,
		ImportForm:  "lambda_alias/arn:aws:lambda:REGION:ACCOUNT:function:NAME:ALIAS",
		Locate:      locating(),
		Make:        making(),
		Idle:        map[string]bool{"provisioned_concurrency": true, "unqualified": true},
		Validate:    validate,
		Identify: func(_ context.Context, block types.Object) string {
			if p, err := locate(block); err == nil {
				return "lambda_alias/" + p.String()
			}
			return ""
		},
		Makes:  func(block types.Object) bool { return !isSet(block, "version") },
		Newest: func(block types.Object) bool { return text(block, "version") == newest },
		Tracks: func(types.Object) bool { return false },
		Locator: func(id string) (map[string]string, error) {
			p, err := parseAlias(id)
			return map[string]string{"alias": p.String()}, err
		},
		Open: open,
	}
}

func locating() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"alias": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The alias, as the ARN of the resource that creates it (`aws_lambda_alias.live.arn`), so that a plan from nothing is not refused. Beside `function` its name alone is enough.",
		},
		"function": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The ARN of the function (`aws_lambda_function.api.arn`), where `alias` is a name.",
		},
	}
}

func making() map[string]schema.Attribute {
	text := func(doc string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"version":           text("The number of a version that was published elsewhere (`aws_lambda_function.api.version`, with `publish = true`), or `\"newest\"` for the one that was published last, by anyone. A plan is made for the version that its refresh found to be the newest, and names it; an apply fails before any write if another one has been published since. Exactly one of `version`, `filename`, `s3_bucket` and `image_uri` is given."),
		"filename":          text("The zip file of the code, at most 50 MB. The version is published here, at 0 %: code and `environment` go to `$LATEST`, are waited for, and are published as one version before the alias moves."),
		"s3_bucket":         text("The bucket with the zip file of the code, in the function's region."),
		"s3_key":            text("The zip file in `s3_bucket`."),
		"s3_object_version": text("The version of that object, in a bucket that keeps versions."),
		"image_uri":         text("The image of the code, by digest (`ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:…`), in a private repository of the function's region. The data source `rollout_image` turns a tag into a digest."),
		"code_sha256":       text("What the zip file's SHA-256 is, in base64: `filebase64sha256(\"app.zip\")`, `data.archive_file.app.output_base64sha256` or `aws_s3_object.app.checksum_sha256`. Beside `filename` and `s3_bucket` it has to be given: it is what a plan compares, and other code is refused before it is published. An image's digest says it already."),
		"environment": schema.MapAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "The environment of the version, whole: variables that are not in it are not in the version. Without it the version has what `$LATEST` has. Values are shown in plans and state: pass the names of secrets, and let the function read them.",
		},
		"provisioned_concurrency": schema.Int32Attribute{
			Optional:            true,
			MarkdownDescription: "How many environments of the candidate are kept ready. They are asked for on its version and waited for before it gets traffic; those of the version before are given up when the watch is over. `0` only gives those up. A change counts from the next rollout on. Without it, provisioned concurrency of versions is left alone, and that of the alias is refused at plan, because moving the alias would take it away from users.",
		},
		"unqualified": text("`\"allow\"` lets functions URLs, event source mappings and APIs invoke the function without a qualifier, which gets them `$LATEST` whatever the alias says. It turns what a plan finds of these into warnings."),
	}
}

// locate reads where traffic is divided.
func locate(block types.Object) (place, error) {
	name, function := text(block, "alias"), text(block, "function")
	if function == "" || strings.HasPrefix(name, "arn:") {
		return parseAlias(name)
	}
	return parseAlias(function + ":" + name)
}

// open implements platform.Kind.Open. What was not known when the block was
// validated is looked at here: a setting that cannot be read is never left out.
func open(_ context.Context, block types.Object, triggers string, clients *cloud.Clients) (platform.Place, error) {
	p, err := locate(block)
	if err != nil {
		return platform.Place{}, err
	}
	if wrong := validateMaking(block); len(wrong) > 0 && makes(block) {
		return platform.Place{}, wrong[0]
	}
	t := &alias{place: p, clients: clients, settings: decode(block)}
	t.settings.triggers = triggers
	out := platform.Place{
		ID: "lambda_alias/" + p.String(), Target: t, WayHome: t.wayHome, Resume: t.resume(), Console: t.console(), Requires: t.requires(),
		Ends: clients.AWSEnds,
	}
	switch {
	case t.settings.version != "":
		out.Candidate = t.settings.version
	case t.settings.code():
		out.Maker, out.Planned = t, t.planned
	}
	return out, nil
}

// wanted names the version, or the code by a hash that is short enough to read.
func wanted(block types.Object) string {
	s := decode(block)
	switch {
	case s.version != "" || s.newest:
		return text(block, "version")
	case s.image != "":
		return brief(s.image)
	case s.bucket != "":
		return fmt.Sprintf("%s (%s)", path.Base(s.key), short(s.sha256))
	}
	return fmt.Sprintf("%s (%s)", path.Base(s.filename), short(s.sha256))
}

const shortDigest = 12

// brief is an image with a digest that is short enough to read.
func brief(image string) string {
	at, digest, _ := strings.Cut(image, "@sha256:")
	return at + "@sha256:" + short(digest)
}

func short(sum string) string { return sum[:min(len(sum), shortDigest)] }
