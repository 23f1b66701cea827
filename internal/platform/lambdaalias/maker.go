package lambdaalias

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	lookAgain = 500 * time.Millisecond // between looks for the end of an update
	updates   = 10 * time.Minute       // longest that an update of $LATEST may take; images are optimised for minutes
)

// Content implements rollout.Maker.
func (t *alias) Content(ctx context.Context) (string, error) {
	want, err := t.wanted(ctx)
	if err != nil {
		return "", err
	}
	return t.identity(want), nil
}

// identity is that of what is wanted, and what it is wanted for.
func (t *alias) identity(want shape) string {
	if t.settings.triggers != "" {
		return want.content() + "+" + t.settings.triggers
	}
	return want.content()
}

// wanted is what the configuration asks for, on $LATEST.
func (t *alias) wanted(ctx context.Context) (shape, error) {
	if t.latest == nil {
		if _, err := t.Observe(ctx); err != nil {
			return shape{}, err
		}
	}
	want := t.patched(t.latest.shape)
	if want.hidden() {
		return want, msgHidden.With("why", aws.ToString(want.Environment.Error.Message))
	}
	return want, nil
}

// patched returns $LATEST with the wish in it.
func (t *alias) patched(latest shape) shape {
	out := latest
	out.CodeSha256 = aws.String(t.settings.sha256)
	if t.settings.environment != nil {
		sealed := map[string]string{}
		for name, v := range t.settings.environment {
			sealed[name] = t.clients.Sealed(v)
		}
		out.Environment = &types.EnvironmentResponse{Variables: sealed}
	}
	return out
}

// planned describes what would be published.
func (t *alias) planned(ctx context.Context) (rollout.Subject, error) {
	want, err := t.wanted(ctx)
	if err != nil {
		return rollout.Subject{}, err
	}
	facts := t.facts("", &want)
	delete(facts, "revision")
	delete(facts, "version")
	facts["content"] = t.identity(want)
	return rollout.Subject{Revision: "the version to be published", Env: want.names(), Facts: facts}, nil
}

// Find implements rollout.Maker: every version is compared, whoever published it.
func (t *alias) Find(ctx context.Context) (rollout.Revision, error) {
	want, err := t.wanted(ctx)
	if err != nil {
		return "", err
	}
	all, err := t.list(ctx)
	if err != nil {
		return "", err
	}
	return t.usable(ctx, all, t.identity(want))
}

// usable returns the newest version that has the wanted content and is not
// broken. A list does not tell states, so what it finds is read.
func (t *alias) usable(ctx context.Context, all []shape, identity string) (rollout.Revision, error) {
	for _, v := range all {
		if v.identity() != identity {
			continue
		}
		f, err := t.read(ctx, v.revision())
		switch {
		case errors.Is(err, rollout.ErrGone): // somebody deleted it meanwhile
		case err != nil:
			return "", err
		case health(&f.shape).State != rollout.Broken:
			return v.revision(), nil
		}
	}
	return "", nil
}

// list returns every published version, the newest first.
func (t *alias) list(ctx context.Context) ([]shape, error) {
	var out []shape
	for marker := (*string)(nil); ; {
		page, err := call(ctx, t, "list the versions of "+t.functionARN(), func(ctx context.Context, c *lambda.Client) (*lambda.ListVersionsByFunctionOutput, error) {
			return c.ListVersionsByFunction(ctx, &lambda.ListVersionsByFunctionInput{FunctionName: aws.String(t.functionARN()), Marker: marker})
		})
		if err != nil {
			return nil, err
		}
		for _, v := range page.Versions {
			if v := (shape{v}); versionName.MatchString(string(v.revision())) {
				out = append(out, v)
			}
		}
		if marker = page.NextMarker; aws.ToString(marker) == "" {
			break
		}
	}
	slices.SortFunc(out, func(a, b shape) int { return cmp.Compare(number(b), number(a)) })
	return out, nil
}

func number(v shape) int {
	n, _ := strconv.Atoi(string(v.revision())) // what is listed is a number
	return n
}

// Make implements rollout.Maker: configuration and code go to $LATEST, and are
// published once they have arrived and are what was wanted. Nothing that invokes
// the alias sees any of it. Each write is conditional on what was read before it.
func (t *alias) Make(ctx context.Context, at rollout.Token) (rollout.Revision, error) {
	if _, err := t.at(ctx, at); err != nil {
		return "", err
	}
	had, err := t.list(ctx)
	if err != nil {
		return "", err
	}
	now, err := t.read(ctx, "")
	if err != nil {
		return "", err
	}
	t.latest = now
	want, err := t.wanted(ctx)
	if err != nil {
		return "", err
	}
	if made, err := t.usable(ctx, had, t.identity(want)); made != "" || err != nil {
		return made, err
	}
	code, err := t.code()
	if err != nil {
		return "", err
	}
	p := publication{alias: t, want: want, had: had, code: code}
	return p.run(ctx)
}

// code reads the code that is to be published, or names where it is. A file that
// has changed since the plan is refused.
func (t *alias) code() (*lambda.UpdateFunctionCodeInput, error) {
	in := &lambda.UpdateFunctionCodeInput{FunctionName: aws.String(t.functionARN())}
	s := t.settings
	switch {
	case s.image != "":
		in.ImageUri = &s.image
	case s.bucket != "":
		in.S3Bucket, in.S3Key = &s.bucket, &s.key
		if s.objectVersion != "" {
			in.S3ObjectVersion = &s.objectVersion
		}
	default:
		zip, err := os.ReadFile(s.filename)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", rollout.ErrInvalid, err)
		}
		if has := sumOf(zip); has != s.sha256 {
			return nil, fmt.Errorf("%w: %s has the hash %s, and code_sha256 says %s", rollout.ErrInvalid, s.filename, has, s.sha256)
		}
		in.ZipFile = zip
	}
	return in, nil
}

func sumOf(code []byte) string {
	sum := sha256.Sum256(code)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// publication is one attempt to publish a version.
type publication struct {
	*alias
	want  shape
	had   []shape // the versions that there were
	code  *lambda.UpdateFunctionCodeInput
	wrote bool // $LATEST is not what it was
}

func (p *publication) run(ctx context.Context) (rollout.Revision, error) {
	now, err := p.idle(ctx)
	if err != nil {
		return "", err
	}
	text, _ := cutNote(aws.ToString(now.Description))
	nudge := p.nudge(text)
	if nudge == "" {
		nudge = text
	}
	if now, err = p.configure(ctx, now, nudge); err != nil {
		return "", p.failed(err)
	}
	if now, err = p.upload(ctx, now); err != nil {
		return "", p.failed(err)
	}
	if !now.alike(p.want) {
		return "", fmt.Errorf("the function %s is not what was asked for once it was updated: %s; somebody else changes it, and nothing was published", p.functionARN(), differs(now, p.want))
	}
	made, err := p.publish(ctx, now, text)
	if err != nil {
		return "", p.failed(err)
	}
	if nudge != text {
		if now, err = p.idle(ctx); err == nil { // publishing gave it another RevisionId
			_, err = p.configure(ctx, now, text)
		}
	}
	if err != nil {
		return "", errors.New("version " + string(made) + " was published, and the description of the function was not put back: " + err.Error())
	}
	return made, nil
}

// nudge returns a description that makes $LATEST differ from every version there
// is, where one has the wanted content already, is broken, or was published for
// other triggers: AWS publishes nothing where nothing has changed since the last
// version (https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html).
// The person's own description is put back afterwards. "" where there is no need.
func (p *publication) nudge(text string) string {
	for _, v := range p.had {
		if same, _, _ := strings.Cut(v.identity(), "+"); same == p.want.content() {
			return withNote(text, "after="+string(p.had[0].revision()))
		}
	}
	return ""
}

// idle waits until no update of $LATEST is under way.
func (p *publication) idle(ctx context.Context) (shape, error) {
	clock := p.clients.Clock()
	for end := clock.Now().Add(updates); ; {
		f, err := p.read(ctx, "")
		if err != nil {
			return shape{}, err
		}
		switch {
		case f.LastUpdateStatus == types.LastUpdateStatusFailed && p.wrote:
			return shape{}, fmt.Errorf("the update of %s failed: %s (%s)", p.functionARN(), aws.ToString(f.LastUpdateStatusReason), f.LastUpdateStatusReasonCode)
		case f.LastUpdateStatus != types.LastUpdateStatusInProgress && f.State != types.StatePending:
			return f.shape, nil
		case !clock.Now().Before(end):
			return shape{}, fmt.Errorf("an update of %s has not ended within %s", p.functionARN(), rollout.Short(updates))
		}
		if err := clock.Sleep(ctx, lookAgain); err != nil {
			return shape{}, err
		}
	}
}

// configure gives $LATEST the wanted environment and a description.
func (p *publication) configure(ctx context.Context, now shape, description string) (shape, error) {
	in := &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String(p.functionARN()), RevisionId: now.RevisionId}
	if env := p.settings.environment; env != nil && (now.hidden() || !maps.Equal(now.variables(), p.want.variables())) {
		in.Environment = &types.Environment{Variables: env}
	}
	if description != aws.ToString(now.Description) {
		in.Description = &description
	}
	if in.Environment == nil && in.Description == nil {
		return now, nil
	}
	_, err := call(ctx, p.alias, "update the configuration of "+p.functionARN(), func(ctx context.Context, c *lambda.Client) (*lambda.UpdateFunctionConfigurationOutput, error) {
		return c.UpdateFunctionConfiguration(ctx, in)
	})
	if err != nil {
		return now, err
	}
	p.wrote = true
	return p.idle(ctx)
}

// upload gives $LATEST the wanted code. What AWS then says of it has to be what
// was wanted: an object may hold other code than its hash says.
func (p *publication) upload(ctx context.Context, now shape) (shape, error) {
	if aws.ToString(now.CodeSha256) == p.settings.sha256 {
		return now, nil
	}
	p.code.RevisionId = now.RevisionId
	_, err := call(ctx, p.alias, "update the code of "+p.functionARN(), func(ctx context.Context, c *lambda.Client) (*lambda.UpdateFunctionCodeOutput, error) {
		return c.UpdateFunctionCode(ctx, p.code)
	})
	if err != nil {
		return now, err
	}
	p.wrote = true
	if now, err = p.idle(ctx); err != nil {
		return now, err
	}
	if has := aws.ToString(now.CodeSha256); has != p.settings.sha256 {
		return now, fmt.Errorf("the code of %s has the hash %s, and code_sha256 says %s: it was not published", p.functionARN(), has, p.settings.sha256)
	}
	return now, nil
}

// publish makes a version of what was looked at, and looks at the version.
func (p *publication) publish(ctx context.Context, now shape, text string) (rollout.Revision, error) {
	identity := p.identity(p.want)
	made, err := call(ctx, p.alias, "publish a version of "+p.functionARN(), func(ctx context.Context, c *lambda.Client) (*lambda.PublishVersionOutput, error) {
		return c.PublishVersion(ctx, &lambda.PublishVersionInput{
			FunctionName: aws.String(p.functionARN()), CodeSha256: now.CodeSha256, RevisionId: now.RevisionId,
			Description: aws.String(withNote(text, identity)),
		})
	})
	if err != nil {
		return "", err
	}
	p.wrote = true
	r := rollout.Revision(aws.ToString(made.Version))
	v, err := p.read(ctx, r)
	switch {
	case err != nil:
		return "", errors.New("version " + string(r) + " was published, and not seen: " + err.Error())
	case slices.ContainsFunc(p.had, func(v shape) bool { return v.revision() == r }):
		return "", fmt.Errorf("AWS published no new version of %s: it answered with version %s, which was there before", p.functionARN(), r)
	case v.identity() != identity:
		return "", fmt.Errorf("version %s is not what was asked for: %s", r, differs(v.shape, p.want))
	}
	return r, nil
}

// failed keeps an error from saying that nothing has changed where $LATEST has.
func (p *publication) failed(err error) error {
	if !p.wrote || errors.Is(err, context.Canceled) {
		return err
	}
	return errors.New("the function was updated, and not published: " + err.Error())
}

func differs(got, want shape) string {
	return fmt.Sprint(difference(want.normal(), got.normal()))
}
