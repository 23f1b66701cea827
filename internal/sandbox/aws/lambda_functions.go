package aws

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

// code is what a version runs.
type code struct {
	Sha256        string
	Size          int
	image, digest string // of a container image
	bucket, s3Key string
	architectures []any
}

// given is a request that brings code.
type given struct {
	ZipFile                          []byte
	S3Bucket, S3Key, S3ObjectVersion string
	ImageUri                         string
	SourceKMSKeyArn                  string
}

// settable are the fields of CreateFunction and UpdateFunctionConfiguration that
// belong to a version (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html).
var settable = []string{
	"DeadLetterConfig", "Description", "Environment", "EphemeralStorage", "FileSystemConfigs", "Handler", "ImageConfig", "KMSKeyArn",
	"Layers", "LoggingConfig", "MemorySize", "Role", "Runtime", "SnapStart", "Timeout", "TracingConfig", "VpcConfig",
}

// defaults are what a function gets that says nothing
// (https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html).
func defaults(function string) map[string]any {
	return map[string]any{
		"Description": "", "Timeout": 3.0, "MemorySize": 128.0, "EphemeralStorage": map[string]any{"Size": 512.0},
		"TracingConfig": map[string]any{"Mode": "PassThrough"}, "SnapStart": map[string]any{"ApplyOn": "None"},
		"LoggingConfig": map[string]any{"LogFormat": "Text", "LogGroup": "/aws/lambda/" + function},
	}
}

// fields reads the body of a request into settings and the rest, which must be known.
func (r *request) fields(others ...string) (settings, rest map[string]any, err error) {
	doc, err := r.document()
	if err != nil {
		return nil, nil, err
	}
	settings, rest = map[string]any{}, map[string]any{}
	for k, v := range doc {
		switch {
		case v == nil:
		case slices.Contains(settable, k):
			settings[k] = v
		case slices.Contains(others, k):
			rest[k] = v
		default:
			return nil, nil, unknownRequest{fmt.Sprintf("%s: the field %s", r.name(), k)}
		}
	}
	return settings, rest, nil
}

func (s *Sandbox) createFunction(ctx context.Context, r *request) (*answer, error) {
	settings, rest, err := r.fields("FunctionName", "Code", "PackageType", "Architectures", "Publish", "Tags", "CodeSigningConfigArn")
	if err != nil {
		return nil, err
	}
	if _, ok := rest["CodeSigningConfigArn"]; ok {
		return nil, unknownRequest{"CreateFunction: code signing"}
	}
	r.vars = map[string]string{"function": fmt.Sprint(rest["FunctionName"])}
	n, err := s.lambda.named(r)
	if err != nil {
		return nil, err
	}
	if err := s.assumable(ctx, r.region, settings["Role"]); err != nil {
		return nil, err
	}
	c, err := s.codeOf(ctx, r, rest["Code"])
	if err != nil {
		return nil, err
	}
	c.architectures, _ = rest["Architectures"].([]any)
	all := defaults(n.function)
	maps.Copy(all, settings)
	all["PackageType"] = "Zip"
	if p, ok := rest["PackageType"]; ok {
		all["PackageType"] = p
	}
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, err := s.lambda.create(r.region, n.function, all, c, r.trouble)
	if err != nil {
		return nil, err
	}
	f.tags = texts(rest["Tags"])
	shown, arn := f.latest, f.arn
	if rest["Publish"] == true {
		shown = s.lambda.publish(f, "", r.trouble)
		arn += ":" + shown.number
	}
	return inJSON(http.StatusCreated, f.configuration(shown, arn)), nil
}

// create makes a function. It must be called with mu held.
func (l *lambdas) create(region, function string, settings map[string]any, c code, t trouble) (*lambdaFunction, error) {
	in := l.region(region)
	if in.functions[function] != nil {
		return nil, conflict("Function already exist: %s", function)
	}
	f := &lambdaFunction{
		name: function, arn: l.arn(region, function, ""), next: 1,
		aliases: map[string]*alias{}, policies: map[string]*resourcePolicy{}, urls: map[string]*functionURL{},
		provisioned: map[string]*provisioned{}, behaviours: map[string]Behaviour{},
	}
	if c.architectures == nil {
		c.architectures = []any{"x86_64"}
	}
	settings["Architectures"] = c.architectures
	f.latest = &version{number: latest, settings: settings, code: c, revision: l.revision(), modified: l.s.now()}
	f.latest.made = l.begin(f, OnCreate, t, l.s.o.Creates)
	in.functions[function] = f
	return f, nil
}

// begin starts a job that fails if a failure of its kind is due.
func (l *lambdas) begin(f *lambdaFunction, what When, t trouble, takes time.Duration) job {
	j := job{begun: true, due: l.s.now().Add(t.lasts(takes)), held: t.held}
	for i, b := range f.plans {
		if b.When == what {
			j.fails = &b
			f.plans = slices.Delete(f.plans, i, i+1)
			break
		}
	}
	return j
}

// assumable asks moto for the role, which must trust Lambda
// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html).
func (s *Sandbox) assumable(ctx context.Context, region string, role any) error {
	arn, _ := role.(string)
	_, path, ok := strings.Cut(arn, ":role/")
	if !ok {
		return invalid("role", arn, `Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`)
	}
	name := path[strings.LastIndex(path, "/")+1:]
	form := url.Values{"Action": {"GetRole"}, "Version": {"2010-05-08"}, "RoleName": {name}}
	a, err := s.inner(ctx, "iam", region, http.MethodPost, "/", formHeader, []byte(form.Encode()))
	if err != nil {
		return err
	}
	if trust, err := url.QueryUnescape(string(a.body)); err != nil || a.status != http.StatusOK || !strings.Contains(trust, "lambda.amazonaws.com") {
		return badParameter("The role defined for the function cannot be assumed by Lambda.")
	}
	return nil
}

var formHeader = http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}

// inner asks moto on the sandbox's own account.
func (s *Sandbox) inner(ctx context.Context, service, region, method, uri string, header http.Header, body []byte) (*answer, error) {
	h := http.Header{}
	if header != nil {
		h = header.Clone()
	}
	h.Set("Authorization", scheme+"Credential=sandbox/20260101/"+region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	r := &request{service: service, prefix: service, region: region, operation: method + " " + uri}
	if _, operation, ok := strings.Cut(h.Get("X-Amz-Target"), "."); ok {
		r.operation = operation
	} else if form, err := url.ParseQuery(string(body)); err == nil && form.Has("Action") {
		r.operation = form.Get("Action")
	}
	return s.ask(ctx, r, method, uri, h, body)
}

// codeOf reads what a request brings; an archive in S3 and the digest of an
// image are asked of moto.
func (s *Sandbox) codeOf(ctx context.Context, r *request, raw any) (code, error) {
	var g given
	text, err := json.Marshal(raw)
	if err == nil {
		err = strictly(text, &g)
	}
	if err != nil {
		return code{}, unknownRequest{fmt.Sprintf("%s: the code: %v", r.name(), err)}
	}
	switch {
	case len(g.ZipFile) > 0:
		return zipped(g.ZipFile), nil
	case g.S3Bucket != "":
		uri := "/" + g.S3Bucket + "/" + (&url.URL{Path: g.S3Key}).EscapedPath()
		if g.S3ObjectVersion != "" {
			uri += "?versionId=" + url.QueryEscape(g.S3ObjectVersion)
		}
		a, err := s.inner(ctx, "s3", r.region, http.MethodGet, uri, nil, nil)
		if err != nil {
			return code{}, err
		}
		if a.status != http.StatusOK {
			return code{}, badParameter("Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %s", a.code, a.message)
		}
		c := zipped(a.body)
		c.bucket, c.s3Key = g.S3Bucket, g.S3Key
		return c, nil
	case g.ImageUri != "":
		return s.imageCode(ctx, r.region, g.ImageUri)
	}
	return code{}, badParameter("Please provide a source for function code.")
}

func zipped(archive []byte) code {
	return code{Sha256: base64.StdEncoding.EncodeToString(hash(archive)), Size: len(archive)}
}

// imageCode resolves a tag, once: Lambda does not follow it
// (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html).
func (s *Sandbox) imageCode(ctx context.Context, region, image string) (code, error) {
	base, digest, ok := cutDigest(image)
	id := map[string]string{"imageDigest": "sha256:" + digest}
	if !ok {
		i := strings.LastIndex(image, ":")
		if i < strings.Index(image, "/") {
			return code{}, badParameter("Source image %s is not valid. Provide a valid source image.", image)
		}
		base, id = image[:i], map[string]string{"imageTag": image[i+1:]}
	}
	_, repository, _ := strings.Cut(base, "/")
	body, err := json.Marshal(map[string]any{"repositoryName": repository, "imageIds": []any{id}})
	if err != nil {
		return code{}, fmt.Errorf("ask for the image: %w", err)
	}
	header := http.Header{"X-Amz-Target": {"AmazonEC2ContainerRegistry_V20150921.DescribeImages"}, "Content-Type": {"application/x-amz-json-1.1"}}
	a, err := s.inner(ctx, "ecr", region, http.MethodPost, "/", header, body)
	if err != nil {
		return code{}, err
	}
	var found struct {
		ImageDetails []struct{ ImageDigest string }
	}
	if err := json.Unmarshal(a.body, &found); err != nil || a.status != http.StatusOK || len(found.ImageDetails) == 0 {
		return code{}, badParameter("Source image %s does not exist. Provide a valid source image.", image)
	}
	digest = strings.TrimPrefix(found.ImageDetails[0].ImageDigest, "sha256:")
	return code{Sha256: digest, image: image, digest: base + "@sha256:" + digest}, nil
}

func (s *Sandbox) getFunction(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, v, arn, err := s.lambda.lookUp(r)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"Configuration": f.configuration(v, arn)}
	if v.code.image != "" {
		out["Code"] = map[string]any{"RepositoryType": "ECR", "ImageUri": v.code.image, "ResolvedImageUri": v.code.digest}
	} else {
		out["Code"] = map[string]any{"RepositoryType": "S3", "Location": "https://awslambda.invalid/snapshots/" + f.name + "?X-Amz-Security-Token=never-to-be-fetched"}
	}
	// Tags are for whoever may list them (https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html).
	switch {
	case !s.may(r, need{"lambda:ListTags", f.arn}):
		out["TagsError"] = map[string]any{"ErrorCode": "AccessDeniedException", "Message": "lambda:ListTags is not allowed on " + f.arn}
	case len(f.tags) > 0:
		out["Tags"] = f.tags
	}
	if f.reserved != nil {
		out["Concurrency"] = map[string]any{"ReservedConcurrentExecutions": *f.reserved}
	}
	return inJSON(http.StatusOK, out), nil
}

func (s *Sandbox) getFunctionConfiguration(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, v, arn, err := s.lambda.lookUp(r)
	if err != nil {
		return nil, err
	}
	return inJSON(http.StatusOK, f.configuration(v, arn)), nil
}

// lookUp finds the version that a request asks for, and its ARN as the caller put it.
func (l *lambdas) lookUp(r *request) (*lambdaFunction, *version, string, error) {
	f, n, err := l.find(r)
	if err != nil {
		return nil, nil, "", err
	}
	v, err := f.version(n.qualifier)
	if err != nil {
		return nil, nil, "", err
	}
	return f, v.seen(r.trouble, l.s.now()), l.arn(r.region, n.function, n.qualifier), nil
}

func (s *Sandbox) updateFunctionConfiguration(ctx context.Context, r *request) (*answer, error) {
	settings, rest, err := r.fields("RevisionId")
	if err != nil {
		return nil, err
	}
	if role, ok := settings["Role"]; ok {
		if err := s.assumable(ctx, r.region, role); err != nil {
			return nil, err
		}
	}
	return s.lambda.update(r, rest, func(_ *lambdaFunction, v *version) error {
		v.settings = maps.Clone(v.settings)
		maps.Copy(v.settings, settings)
		return nil
	})
}

func (s *Sandbox) updateFunctionCode(ctx context.Context, r *request) (*answer, error) {
	doc, err := r.document()
	if err != nil {
		return nil, err
	}
	rest, source := map[string]any{}, map[string]any{}
	for k, v := range doc {
		switch k {
		case "Publish", "RevisionId", "DryRun", "Architectures":
			rest[k] = v
		case "PublishTo":
			return nil, unknownRequest{"UpdateFunctionCode: PublishTo"}
		default:
			source[k] = v
		}
	}
	c, err := s.codeOf(ctx, r, source)
	if err != nil {
		return nil, err
	}
	return s.lambda.update(r, rest, func(_ *lambdaFunction, v *version) error {
		image := v.settings["PackageType"] == "Image"
		if image && c.image == "" {
			return badParameter("Please provide ImageUri when updating a function with packageType Image.")
		}
		if !image && c.image != "" {
			return badParameter("Please don't provide ImageUri when updating a function with packageType Zip.")
		}
		v.settings = maps.Clone(v.settings)
		if arch, ok := rest["Architectures"]; ok {
			v.settings["Architectures"] = arch
		}
		v.code = c
		return nil
	})
}

// update changes $LATEST, if its revision is the one that the caller saw.
func (l *lambdas) update(r *request, rest map[string]any, change func(*lambdaFunction, *version) error) (*answer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, n, err := l.find(r)
	if err != nil {
		return nil, err
	}
	if n.qualifier != "" && n.qualifier != latest {
		return nil, badParameter("Current operation does not support versions other than $LATEST.")
	}
	if err := f.unready(); err != nil {
		return nil, err
	}
	if id, ok := rest["RevisionId"]; ok && id != f.latest.revision {
		return nil, stale()
	}
	old := *f.latest
	next := old
	if err := change(f, &next); err != nil {
		return nil, err
	}
	if rest["DryRun"] == true {
		return inJSON(http.StatusOK, f.configuration(&next, f.arn)), nil
	}
	next.before, next.changed = old.serving(), l.s.now()
	next.revision, next.modified = l.revision(), l.s.now()
	next.updated = l.begin(f, OnUpdate, r.trouble, l.s.o.Updates)
	f.latest = &next
	shown, arn := f.latest, f.arn
	if rest["Publish"] == true {
		shown = l.publish(f, "", r.trouble)
		arn += ":" + shown.number
	}
	return inJSON(http.StatusOK, f.configuration(shown, arn)), nil
}

func (s *Sandbox) publishVersion(_ context.Context, r *request) (*answer, error) {
	var q struct{ CodeSha256, Description, RevisionId, PublishTo string }
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	if q.PublishTo != "" {
		return nil, unknownRequest{"PublishVersion: PublishTo"}
	}
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, _, err := s.lambda.find(r)
	if err != nil {
		return nil, err
	}
	if err := f.unready(); err != nil {
		return nil, err
	}
	if q.RevisionId != "" && q.RevisionId != f.latest.revision {
		return nil, stale()
	}
	if q.CodeSha256 != "" && q.CodeSha256 != f.latest.code.Sha256 {
		return nil, badParameter("CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try again with the CodeSHA256 in $LATEST.", q.CodeSha256, f.latest.code.Sha256)
	}
	v := s.lambda.publish(f, q.Description, r.trouble)
	return inJSON(http.StatusCreated, f.configuration(v, f.arn+":"+v.number)), nil
}

// publish makes a version of $LATEST, unless neither code nor configuration has
// changed since the last one (https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html).
// Numbers are not given twice. $LATEST has another revision afterwards (localstack's
// recordings of AWS).
func (l *lambdas) publish(f *lambdaFunction, description string, t trouble) *version {
	if n := len(f.versions); n > 0 {
		if last := f.versions[n-1]; last.code.Sha256 == f.latest.code.Sha256 && reflect.DeepEqual(last.source, f.latest.settings) {
			return last
		}
	}
	v := *f.latest
	v.number, v.settings, v.source = fmt.Sprint(f.next), maps.Clone(f.latest.settings), f.latest.settings
	v.before, v.updated = nil, job{}
	if description != "" {
		v.settings["Description"] = description
	}
	v.made = l.begin(f, OnPublish, t, l.s.o.Creates)
	if f.latest.updated.failed() {
		v.made.fails = f.latest.updated.fails
	}
	v.revision, v.modified = l.revision(), l.s.now()
	f.next++
	f.versions = append(f.versions, &v)
	f.latest.revision = l.revision()
	return &v
}

func (s *Sandbox) deleteFunction(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, n, err := s.lambda.find(r)
	if err != nil {
		return nil, err
	}
	switch n.qualifier {
	case "":
		delete(s.lambda.region(r.region).functions, f.name)
		return none(), nil
	case latest:
		return nil, badParameter("$LATEST version cannot be deleted without deleting the function.")
	}
	for _, a := range inOrder(f.aliases) {
		if _, extra := a.weights[n.qualifier]; extra || a.version == n.qualifier {
			return nil, conflict("Cannot delete function version %s because alias %s points to it", n.qualifier, a.name)
		}
	}
	i := slices.IndexFunc(f.versions, func(v *version) bool { return v.number == n.qualifier })
	if i < 0 {
		return nil, notFound("Function not found: %s:%s", f.arn, n.qualifier)
	}
	f.versions = slices.Delete(f.versions, i, i+1)
	delete(f.provisioned, n.qualifier)
	return none(), nil
}

func (s *Sandbox) listFunctions(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	var all []any
	for _, f := range inOrder(s.lambda.region(r.region).functions) {
		s.lambda.settle(f)
		all = append(all, listed(f.configuration(f.latest, f.arn)))
		if r.query("FunctionVersion") == "ALL" {
			for _, v := range f.versions {
				all = append(all, listed(f.configuration(v, f.arn+":"+v.number)))
			}
		}
	}
	return s.page(r, "Functions", all)
}

func (s *Sandbox) listVersions(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, _, err := s.lambda.find(r)
	if err != nil {
		return nil, err
	}
	all := []any{listed(f.configuration(f.latest, f.arn+":"+latest))}
	for _, v := range f.versions {
		all = append(all, listed(f.configuration(v, f.arn+":"+v.number)))
	}
	return s.page(r, "Versions", all)
}

// listed is a configuration as lists show it: without states
// (https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html lists what is left out).
func listed(c map[string]any) map[string]any {
	for _, field := range []string{"State", "LastUpdateStatus"} {
		delete(c, field)
		delete(c, field+"Reason")
		delete(c, field+"ReasonCode")
	}
	return c
}

// texts is a map of texts.
func texts(v any) map[string]string {
	out := map[string]string{}
	m, _ := v.(map[string]any)
	for k, e := range m {
		out[k] = fmt.Sprint(e)
	}
	return out
}

// cutDigest splits an image's reference before its digest.
func cutDigest(image string) (base, digest string, ok bool) {
	return strings.Cut(image, "@sha256:")
}
