package lambdaalias

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// check adapts a function to rollout.Check.
type check func(ctx context.Context, candidate, live *rollout.Subject) []rollout.Finding

func (c check) Run(ctx context.Context, candidate, live *rollout.Subject) []rollout.Finding {
	return c(ctx, candidate, live)
}

const checkName = "lambda_alias"

// requires is what the platform itself wants to be true before anything moves.
func (t *alias) requires() []rollout.Check {
	out := []rollout.Check{check(t.aliasUsable)}
	if t.settings.code() {
		out = append(out, check(t.codeUsable))
	}
	return append(out, check(t.callersFollow))
}

func (t *alias) found(status rollout.Status) rollout.Finding {
	return rollout.Finding{Check: checkName, Object: t.function + ":" + t.alias, Status: status}
}

// aliasUsable looks at the alias and at the versions that are to share it: that
// AWS will let them, and that each can serve.
func (t *alias) aliasUsable(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	var ask []rollout.Revision
	if t.settings.version != "" {
		ask = append(ask, t.settings.version)
	}
	o, err := t.Observe(ctx, ask...)
	if err != nil {
		return []rollout.Finding{t.unread(err)}
	}
	passed := t.found(rollout.Passed)
	passed.Why = "the alias exists and can be read"
	out := append([]rollout.Finding{passed}, t.shape(o)...)
	out = append(out, t.together(ctx, o)...)
	return slices.Concat(out, t.provisionedFits(ctx), t.tagged())
}

// tagged says where a person's word could not be heard.
func (t *alias) tagged() []rollout.Finding {
	if !t.latest.tagsUnread {
		return nil
	}
	f := t.found(rollout.Skipped)
	f.Advisory = true
	return []rollout.Finding{f.Because(msgTagsUnread, "arn", t.functionARN())}
}

// unread is what is said of something that could not be read.
func (t *alias) unread(err error) rollout.Finding {
	f := t.found(rollout.Skipped)
	var problem rollout.Problem
	switch {
	case errors.As(err, &problem): // there is nothing to sign with, or AWS does not take it
		f.Why, f.Fix = problem.What+": "+problem.Why, problem.Fix
		return f
	case errors.Is(err, rollout.ErrGone):
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgGone)
	case errors.Is(err, rollout.ErrDenied):
		return f.Because(msgDenied, "why", err)
	default:
		return f.Because(msgUnread, "why", err)
	}
}

// shape looks at the alias by itself.
func (t *alias) shape(o rollout.Observation) []rollout.Finding {
	var out []rollout.Finding
	if o.Routing.Split[latestName] > 0 {
		out = append(out, t.found(rollout.Failed).Because(msgAtLatest, "region", t.region, "function", t.function))
	}
	if text, _ := cutMark(aws.ToString(t.last.Description)); len(text)+longestMark > longestDescription {
		out = append(out, t.found(rollout.Failed).Because(msgDescription, "length", len(text), "most", longestDescription-longestMark))
	}
	if t.latest.CapacityProviderConfig != nil {
		out = append(out, t.found(rollout.Failed).Because(msgManaged))
	}
	for _, r := range o.Routing.Split.Revisions() {
		if v := t.versions[r]; v != nil && v.State == types.StateInactive {
			out = append(out, t.found(rollout.Failed).Because(msgInactive, "version", r, "region", t.region, "function", t.function))
		}
	}
	return out
}

// together compares the candidate, or what it would be published from, with who
// serves (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html).
func (t *alias) together(ctx context.Context, o rollout.Observation) []rollout.Finding {
	live := o.Routing.Home
	if serving := o.Routing.Split.Revisions(); live == "" && len(serving) > 0 {
		live = serving[0]
	}
	had, now, who := t.versions[live], &t.latest.shape, "the version to be published"
	if r := t.named(o); r != "" {
		who = "version " + string(r)
		if now = t.versions[r]; now == nil {
			f, err := t.read(ctx, r)
			if err != nil {
				return nil // that it is missing is said where it would be given traffic
			}
			now = &f.shape
		}
	} else if !t.settings.code() {
		return nil // the block says only where
	}
	if had == nil {
		return nil
	}
	var out []rollout.Finding
	if a, b := aws.ToString(had.Role), aws.ToString(now.Role); a != b {
		out = append(out, t.found(rollout.Failed).Because(msgOtherRole, "candidate", who, "role", b, "live", live, "had", a))
	}
	if a, b := queue(had), queue(now); a != b {
		out = append(out, t.found(rollout.Failed).Because(msgOtherQueue, "candidate", who, "queue", b, "live", live, "had", a))
	}
	return out
}

// named is the version that the block wants, where one was published elsewhere.
func (t *alias) named(o rollout.Observation) rollout.Revision {
	if t.settings.newest {
		return o.Newest
	}
	return t.settings.version
}

func queue(v *shape) string {
	if v.DeadLetterConfig == nil || aws.ToString(v.DeadLetterConfig.TargetArn) == "" {
		return "none"
	}
	return *v.DeadLetterConfig.TargetArn
}

// provisionedFits looks for provisioned concurrency where it cannot be moved, and
// whether there is place for that of two versions.
func (t *alias) provisionedFits(ctx context.Context) []rollout.Finding {
	var out []rollout.Finding
	had, err := t.provisionedOf(ctx, t.alias)
	switch {
	case err != nil:
		out = append(out, t.unread(err))
	case had != nil:
		out = append(out, t.found(rollout.Failed).Because(msgProvisionedAlias,
			"number", aws.ToInt32(had.RequestedProvisionedConcurrentExecutions), "region", t.region, "function", t.function, "alias", t.alias))
	}
	if n, all := t.settings.provisioned, t.latest.reserved; n != nil && all != nil && 2**n > *all {
		out = append(out, t.found(rollout.Failed).Because(msgReservedTooFew, "reserved", *all, "number", *n, "needed", 2**n, "most", *all/2))
	}
	return out
}

// largestUpload is how much code a request may carry
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution).
const largestUpload = 50 << 20

// codeUsable looks at the code that would be published, as far as it can be seen
// from here.
func (t *alias) codeUsable(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	out := t.fileUsable()
	if t.latest == nil {
		if _, err := t.Observe(ctx); err != nil {
			return out // said already of the alias
		}
	}
	kind, given, other := types.PackageTypeZip, "an image", "filename or s3_bucket"
	if t.settings.image == "" {
		kind, given, other = types.PackageTypeImage, "a zip file", "image_uri"
	}
	if t.latest.PackageType == kind {
		out = append(out, t.found(rollout.Failed).Because(msgOtherPackage, "type", kind, "given", given, "wanted", other))
	}
	if t.settings.environment == nil && t.latest.hidden() {
		out = append(out, t.found(rollout.Failed).Because(msgHidden, "why", aws.ToString(t.latest.Environment.Error.Message)))
	}
	return out
}

func (t *alias) fileUsable() []rollout.Finding {
	name := t.settings.filename
	if name == "" {
		return nil
	}
	f := rollout.Finding{Check: checkName, Object: name, Status: rollout.Failed}
	at, err := os.Stat(name)
	if err != nil {
		return []rollout.Finding{f.Because(msgFileUnread, "why", errors.Unwrap(err))}
	}
	if at.Size() > largestUpload {
		return []rollout.Finding{f.Because(msgFileTooLarge, "size", (at.Size()+1<<20-1)>>20)}
	}
	zip, err := os.ReadFile(name)
	if err != nil {
		return []rollout.Finding{f.Because(msgFileUnread, "why", errors.Unwrap(err))}
	}
	if has := sumOf(zip); has != t.settings.sha256 {
		return []rollout.Finding{f.Because(msgOtherFile, "has", has, "wanted", t.settings.sha256, "example", fmt.Sprintf("filebase64sha256(%q)", name))}
	}
	f.Status, f.Why = rollout.Passed, "the file has the hash that code_sha256 says"
	return []rollout.Finding{f}
}

// callersFollow looks for what invokes the function past the alias. It is looked
// for once: nobody's integration changes because of a rollout, and what is asked
// for is little in number and slow.
func (t *alias) callersFollow(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	if t.callers != nil {
		return t.callers
	}
	out, err := t.invokers(ctx)
	if err != nil {
		f := t.unread(err)
		f.Retry = false
		return append(out, t.lenient(f))
	}
	if !slices.ContainsFunc(out, func(f rollout.Finding) bool { return f.Status != rollout.Passed }) {
		f := t.found(rollout.Passed)
		f.Why = "no event source mapping, function URL or API that its permissions name invokes the function past the alias"
		out = append(out, f)
		t.callers = out
	}
	return out
}

// lenient makes a finding a warning where the block says so.
func (t *alias) lenient(f rollout.Finding) rollout.Finding {
	f.Advisory = f.Advisory || t.settings.allowsUnqualified
	return f
}
