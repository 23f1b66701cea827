package cloudrun

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Kind describes Cloud Run to the provider.
func Kind() platform.Kind {
	return platform.Kind{
		Name:       "cloud_run",
		Limits:     limits,
		Messages:   messages(),
		Doc:        "A Cloud Run service: traffic is divided among its revisions, in whole percents.",
		Wanted:     wanted,
		Example:    `cloud_run { service = google_cloud_run_v2_service.api.id }`,
		ImportForm: "cloud_run/projects/PROJECT/locations/REGION/services/NAME",
		Locate: map[string]schema.Attribute{
			"service": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The service, as `projects/PROJECT/locations/REGION/services/NAME`. Use the computed id of the resource that creates it (`google_cloud_run_v2_service.api.id`), so that a plan from nothing is not refused.",
			},
		},
		Make:     making(),
		Idle:     map[string]bool{"longest_request": true, "mutable_tag": true, "track_secret_versions": true},
		Validate: validate,
		Identify: func(_ context.Context, block types.Object) string {
			if p, err := parsePlace(text(block, "service")); err == nil {
				return "cloud_run/" + p.String()
			}
			return ""
		},
		Makes:  func(block types.Object) bool { return !isSet(block, "revision") },
		Newest: func(block types.Object) bool { return text(block, "revision") == newest },
		Tracks: func(block types.Object) bool { return !isFalse(block, "track_secret_versions") },
		Locator: func(id string) (map[string]string, error) {
			p, err := parsePlace(id)
			return map[string]string{"service": p.String()}, err
		},
		Open: open,
	}
}

func making() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"revision": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The short name of a revision that was made elsewhere, such as `api-00042-fox`, or `\"newest\"` for the one that was created last, by anyone. A plan is made for the revision that its refresh found to be the newest, and names it; an apply fails before any write if another one has been made since. A first apply has nothing to compare with, and takes the newest of that moment. Exactly one of `revision` and `image` is given.",
		},
		"image": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The image of the revision that is made here, at 0 %. The revision is made from the service's current template, which may be newer than that of the revision that serves. Give the image by digest (`…@sha256:…`); the data source `rollout_image` turns a tag into one. Exactly one of `revision` and `image` is given.",
		},
		"mutable_tag": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "`\"allow\"` lets `image` be a tag. It is resolved in apply only: a plan does not show which image it is, and a tag that was moved to another image plans no rollout. To see that, use the data source `rollout_image` instead.",
		},
		"env": schema.MapAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "Environment variables of the revision, by name. The template's other variables stay; one that is removed from this map is removed from the template. Values are shown in plans and state: secrets belong in `secrets`.",
		},
		"secrets": schema.MapAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "Environment variables that come from Secret Manager: name = version id (`projects/P/secrets/S/versions/3`, or `…/versions/latest`, which is resolved to its number by metadata). The value is never read. A version that is not enabled stops the rollout before any step.",
		},
		"track_secret_versions": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Whether a version that `latest` newly means is rolled out: the plan says which (`stripe: 6 → 7`). Default `true`. With `false` it plans nothing, and comes with the next rollout.",
		},
		"command": schema.ListAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "The entry point of the container, in place of the image's.",
		},
		"args": schema.ListAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "The arguments of the container, in place of the image's.",
		},
		"longest_request": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "How long the longest request of a user takes, such as `\"45s\"`. It is only a check: the service's request timeout must be 30 s longer. It sets no timeout, and nothing waits for it.",
		},
	}
}

// open implements platform.Kind.Open. What was not known when the block was
// validated is looked at here: a setting that cannot be read is never left out.
func open(_ context.Context, block types.Object, triggers string, clients *cloud.Clients) (platform.Place, error) {
	p, err := parsePlace(text(block, "service"))
	if err != nil {
		return platform.Place{}, err
	}
	m, err := marksOf(p.service)
	if err != nil {
		return platform.Place{}, err
	}
	if wrong := slices.Concat(validateEmpty(block), validateImage(block), validateSettings(block)); len(wrong) > 0 {
		return platform.Place{}, wrong[0]
	}
	t := &service{place: p, marks: m, clients: clients, settings: decode(block)}
	t.settings.triggers = triggers
	out := platform.Place{
		ID: "cloud_run/" + p.String(), Target: t, WayHome: t.wayHome, Resume: t.resume(), Console: t.console(), Requires: t.requires(),
	}
	switch {
	case t.settings.revision != "":
		out.Candidate = t.settings.revision
	case t.settings.image != "":
		out.Maker, out.Planned = t, t.planned
		if len(t.settings.secrets) > 0 {
			out.Secrets = t.versions
		}
	}
	return out, nil
}

// newest stands in the block for the revision that was created last. No revision
// is called so: its name begins with that of its service.
const newest = "newest"

func decode(block types.Object) settings {
	s := settings{
		image: text(block, "image"), revision: short(text(block, "revision")), env: texts(block, "env"), secrets: map[string]secretRef{},
		command: list(block, "command"), args: list(block, "args"),
	}
	for key, v := range texts(block, "secrets") {
		if ref, err := parseSecret(v); err == nil {
			s.secrets[key] = ref
		}
	}
	if d, err := time.ParseDuration(text(block, "longest_request")); err == nil {
		s.longestRequest = d
	}
	if s.revision == newest {
		s.revision = "" // which one that is, Observe tells
	}
	return s
}

// validate implements platform.Kind.Validate.
func validate(_ context.Context, block types.Object) []rollout.Problem {
	var out []rollout.Problem
	if isSet(block, "service") {
		out = append(out, validateService(text(block, "service"))...)
	}
	image, revision := isSet(block, "image"), isSet(block, "revision")
	unknown := isUnknown(block, "image") || isUnknown(block, "revision")
	_, makes := block.Attributes()["image"]
	switch {
	case !makes:
	case image && revision:
		out = append(out, msgImageAndRevision.With())
	case !image && !revision && !unknown:
		out = append(out, msgNothingWanted.With())
	}
	if text(block, "revision") == "latest" {
		out = append(out, msgLatest.With())
	}
	out = append(out, validateEmpty(block)...)
	out = append(out, validateImage(block)...)
	out = append(out, validateSettings(block)...)
	return append(out, validateAlone(block, revision && !image)...)
}

func validateService(v string) []rollout.Problem {
	p, err := parsePlace(v)
	if err != nil {
		return []rollout.Problem{msgNoService.With("why", err)}
	}
	if _, err := marksOf(p.service); err != nil {
		return []rollout.Problem{msgNameTooLong.With("why", "T"+err.Error()[1:])}
	}
	return nil
}

// validateEmpty refuses what is given and names nothing.
func validateEmpty(block types.Object) []rollout.Problem {
	var out []rollout.Problem
	for _, key := range []string{"image", "revision"} {
		if isSet(block, key) && short(text(block, key)) == "" {
			out = append(out, msgEmpty.With("attribute", key))
		}
	}
	return out
}

func validateImage(block types.Object) []rollout.Problem {
	image, mutable := text(block, "image"), text(block, "mutable_tag")
	var out []rollout.Problem
	if mutable != "" && mutable != "allow" {
		out = append(out, msgMutableTag.With("value", mutable))
	}
	if image == "" {
		return out
	}
	ref, err := name.ParseReference(image)
	if err != nil {
		return append(out, msgNoImage.With("image", image))
	}
	if _, ok := ref.(name.Digest); !ok && mutable != "allow" {
		out = append(out, msgImageByTag.With("image", image))
	}
	return out
}

func validateSettings(block types.Object) []rollout.Problem {
	out := slices.Concat(validateNulls(block, "env"), validateNulls(block, "secrets"))
	env, secrets := texts(block, "env"), texts(block, "secrets")
	for _, key := range slices.Sorted(maps.Keys(secrets)) {
		if _, both := env[key]; both {
			out = append(out, msgEnvAndSecret.With("name", key))
		}
		if v := secrets[key]; v != "" {
			out = append(out, validateSecret(key, v)...)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(env)) {
		if slices.Contains([]string{"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"}, key) {
			out = append(out, msgReservedEnv.With("name", key))
		}
	}
	if v := text(block, "longest_request"); v != "" {
		if d, err := time.ParseDuration(v); err != nil || d <= 0 {
			out = append(out, msgLongestRequest.With("value", v))
		}
	}
	return out
}

// validateNulls refuses names without a value: taken for nothing, a setting
// would silently be absent; taken for "", it would silently be empty.
func validateNulls(block types.Object, attribute string) []rollout.Problem {
	m, ok := block.Attributes()[attribute].(types.Map)
	if !ok {
		return nil
	}
	var out []rollout.Problem
	for _, key := range slices.Sorted(maps.Keys(m.Elements())) {
		if m.Elements()[key].IsNull() {
			out = append(out, msgNoValue.With("name", key, "attribute", attribute))
		}
	}
	return out
}

func validateSecret(key, v string) []rollout.Problem {
	if _, err := parseSecret(v); err == nil {
		return nil
	}
	m := msgNoVersion
	if strings.HasPrefix(v, "projects/") && !strings.Contains(v, "/versions/") {
		m = msgSecretWithoutVersion
	}
	return []rollout.Problem{m.With("name", key)}
}

// validateAlone refuses what says how a revision is made where it is made
// elsewhere.
func validateAlone(block types.Object, elsewhere bool) []rollout.Problem {
	var out []rollout.Problem
	if !elsewhere {
		return nil
	}
	for _, key := range []string{"env", "secrets", "track_secret_versions", "command", "args", "mutable_tag"} {
		if isSet(block, key) {
			out = append(out, msgBesideRevision.With("attribute", key))
		}
	}
	return out
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

func isFalse(block types.Object, key string) bool {
	v, ok := block.Attributes()[key].(types.Bool)
	return ok && !v.IsNull() && !v.IsUnknown() && !v.ValueBool()
}

func isUnknown(block types.Object, key string) bool {
	v, ok := block.Attributes()[key]
	return ok && v.IsUnknown()
}

// texts reads a map; an unknown element is in it as "".
func texts(block types.Object, key string) map[string]string {
	v, ok := block.Attributes()[key].(types.Map)
	if !ok {
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

// list reads a list; nil if it is not given.
func list(block types.Object, key string) []string {
	v, ok := block.Attributes()[key].(types.List)
	if !ok || v.IsNull() || v.IsUnknown() {
		return nil
	}
	out := []string{}
	for _, e := range v.Elements() {
		if s, ok := e.(types.String); ok {
			out = append(out, s.ValueString())
		}
	}
	return out
}

// wanted names the revision, or the image with a digest that is short enough to
// read.
func wanted(block types.Object) string {
	if r := text(block, "revision"); r != "" {
		return r
	}
	return brief(text(block, "image"))
}

// brief is an image with a digest that is short enough to read.
func brief(image string) string {
	if at, digest, ok := strings.Cut(image, "@sha256:"); ok && len(digest) > shortDigest {
		return at + "@sha256:" + digest[:shortDigest]
	}
	return image
}

const shortDigest = 12
