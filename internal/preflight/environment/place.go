package environment

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// oneCall is the longest that one request may take.
const oneCall = 30 * time.Second

// place is where an app runs.
type place struct {
	name, sort, at string
	function       cloud.AWSName // of lambda_function
	region         string        // of what has an ARN
	cluster        string        // behind a listener or a rule
	container      string        // the one that is the app; "" for the one that requests reach
	role           string        // to ask AWS as
	artifactsAlone bool          // what is set beside is not asked for
}

// The sorts of places, as attributes name them.
const (
	ofCloudRun   = "cloud_run_service"
	ofLambda     = "lambda_function"
	ofService    = "ecs_service"
	ofDefinition = "ecs_task_definition"
	ofListener   = "listener"
	ofRule       = "rule"
)

// deployed is what is live in a place.
type deployed struct {
	// live names what is looked at: the revision, version or task definition that
	// most requests get.
	live string
	// moving says why nobody is promoted: a rollout is under way, several serve. ""
	// where live has everything for good.
	moving string
	// since is a moment at which nothing had changed for the last time: live has had
	// everything at least from there on. Zero where the platform does not tell.
	since     time.Time
	artifacts []artifact
	settings  []setting
	// families are the beginnings of keys of which there may be any number.
	families []string
}

// artifact is what was built and runs.
type artifact struct {
	container string // "" for code
	digest    string // "sha256:…", or the hash of a function's code; "" where a tag names it
	given     string // as it is named
}

// setting is one thing that can be compared.
type setting struct {
	key, value string
	unknown    string // why nobody knows the value
	hidden     bool   // the value stands for one that is not shown
	parent     string // the key without which it means nothing
}

// trouble turns a finding into one that says why a place could not be read.
type trouble func(context.Context, rollout.Finding) rollout.Finding

// read asks the platform what is live.
func (p place) read(ctx context.Context, clients *cloud.Clients) (deployed, trouble) {
	clients = clients.ActingAs(p.role)
	var out deployed
	var t trouble
	switch p.sort {
	case ofCloudRun:
		out, t = p.cloudRun(ctx, clients)
	case ofLambda:
		out, t = p.lambda(ctx, clients)
	case ofDefinition:
		out, t = p.definition(ctx, clients)
	case ofService:
		out, t = p.service(ctx, clients)
	default:
		out, t = p.balanced(ctx, clients)
	}
	if t == nil && ctx.Err() != nil {
		t = p.ofAmazon("", ctx.Err())
	}
	slices.SortFunc(out.settings, func(a, b setting) int { return strings.Compare(a.key, b.key) })
	return out, t
}

// ofGoogle is trouble with an answer of Cloud Run.
func (p place) ofGoogle(permission string, err error) trouble {
	return func(ctx context.Context, f rollout.Finding) rollout.Finding {
		if ctx.Err() == nil && cloud.Gone(err) {
			return p.gone(ctx, f)
		}
		return p.unseen(google.Skipped(ctx, f, err, permission, runViewer))
	}
}

// unread is trouble with an answer of AWS.
func (p place) unread(permission string, err error) trouble {
	return func(ctx context.Context, f rollout.Finding) rollout.Finding {
		if ctx.Err() == nil && cloud.AWSGone(err) {
			return p.gone(ctx, f)
		}
		return p.ofAmazon(permission, err)(ctx, f)
	}
}

// ofAmazon is trouble with an answer that says nothing of the place itself.
func (p place) ofAmazon(permission string, err error) trouble {
	return func(ctx context.Context, f rollout.Finding) rollout.Finding {
		if why := cloud.RoleRefused(err); p.role != "" && ctx.Err() == nil && why != "" { // it is not that of the provider
			f.Status = rollout.Skipped
			return f.Because(msgRoleRefused, "name", p.name, "why", why)
		}
		return p.unseen(amazon.Skipped(ctx, f, err, permission))
	}
}

// unseen says of which of the two something could not be seen. Where there is only
// one, the finding is about it.
func (p place) unseen(f rollout.Finding) rollout.Finding {
	if p.name == p.at {
		return f
	}
	return f.Because(msgUnseen, "name", p.name, "at", p.at, "why", f.Why, "todo", f.Fix)
}

func (p place) gone(_ context.Context, f rollout.Finding) rollout.Finding {
	which := ""
	if p.name != p.at {
		which = ", which is " + p.name
	}
	f.Status, f.Retry = rollout.Failed, true
	return f.Because(msgGone, "sort", called[p.sort], "at", p.at, "which", which)
}

// called is what people call the sorts.
var called = map[string]string{
	ofCloudRun: "service of Cloud Run", ofLambda: "function, version or alias", ofService: "service of Amazon ECS",
	ofDefinition: "task definition", ofListener: "listener", ofRule: "rule",
}

// says is trouble with what was answered.
func (p place) says(status rollout.Status, m rollout.Message, pairs ...any) trouble {
	return func(_ context.Context, f rollout.Finding) rollout.Finding {
		f.Status = status
		return f.Because(m, append([]any{"name", p.name}, pairs...)...)
	}
}

// adds collects settings under a prefix.
type adds struct {
	to     *[]setting
	prefix string // of a container beside the app's own
	parent string
}

func (a adds) add(key, value string) {
	*a.to = append(*a.to, setting{key: a.prefix + key, value: value, parent: a.parent})
}

// hide adds what may hold a value of a person's.
func (a adds) hide(key string, words ...string) {
	s := setting{key: a.prefix + key, value: "none", parent: a.parent}
	if len(words) > 0 {
		s.value, s.hidden = sealed(words), true
	}
	*a.to = append(*a.to, s)
}

// artifact adds what was built.
func (a adds) artifact(key string, of artifact) {
	s := setting{key: a.prefix + key, value: brief(of.digest), parent: a.parent}
	if of.digest == "" {
		s.value, s.unknown = of.given, "it is named by a tag, and a tag may be moved"
	}
	*a.to = append(*a.to, s)
}

// plain adds an environment variable, by name.
func (a adds) plain(name string) { a.add("env."+name, "plain") }

// secret adds one that comes from a secret.
func (a adds) secret(name, secret, version string) {
	a.add("env."+name, "secret")
	of := adds{a.to, a.prefix, a.prefix + "env." + name}
	of.add("secret."+name, secret)
	of.add("secret."+name+".version", version)
}

// there says whether something is set.
func there(is bool) string {
	if is {
		return "set"
	}
	return "none"
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// imageOf is the artifact that a reference to an image names.
func imageOf(container, reference string) artifact {
	out := artifact{container: container, given: reference}
	if _, digest, ok := strings.Cut(reference, "@"); ok && digestForm.MatchString(digest) {
		out.digest = digest
	}
	return out
}

// codeOf is that of a function. Of one that is made of an image, its hash is the
// digest of the image.
func codeOf(sum string) artifact {
	if hexForm.MatchString(sum) {
		return artifact{digest: "sha256:" + sum, given: sum}
	}
	return artifact{digest: sum, given: sum}
}

// brief is a digest as people tell it from others.
func brief(digest string) string {
	const enough = 12
	if algorithm, sum, ok := strings.Cut(digest, ":"); ok && len(sum) > enough {
		return algorithm + ":" + sum[:enough]
	}
	return digest
}

// most is who has the largest part; of several the first by name.
func most(split rollout.Split) rollout.Revision {
	var out rollout.Revision
	for _, r := range split.Revisions() {
		if out == "" || split[r] > split[out] {
			out = r
		}
	}
	return out
}
