package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A resourcePolicy says who may call a function, a version or an alias. They are
// apart: what may call the function may not therefore call an alias by its name
// (https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html).
type resourcePolicy struct {
	statements []map[string]any
	revision   string
}

func (p *resourcePolicy) text() string {
	raw, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Id": "default", "Statement": p.statements})
	if err != nil {
		panic(err) // maps of texts
	}
	return string(raw)
}

// permitted finds the policy that a request is about; the qualifier has to exist.
func (l *lambdas) permitted(r *request) (*lambdaFunction, string, error) {
	f, n, err := l.find(r)
	if err != nil {
		return nil, "", err
	}
	if n.qualifier == latest {
		return nil, "", badParameter("We currently do not support adding policies for $LATEST.")
	}
	_, err = f.version(n.qualifier)
	return f, n.qualifier, err
}

// A permission is what AddPermission takes
// (https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html).
type permission struct {
	StatementId, Action, Principal, SourceArn, SourceAccount, EventSourceToken, RevisionId string
	PrincipalOrgID, FunctionUrlAuthType                                                    string
	InvokedViaFunctionUrl                                                                  *bool
}

// statement is the permission as a policy has it.
func (q permission) statement(resource string) map[string]any {
	out := map[string]any{"Sid": q.StatementId, "Effect": "Allow", "Action": q.Action, "Resource": resource}
	switch {
	case q.Principal == "*":
		out["Principal"] = "*"
	case strings.HasSuffix(q.Principal, ".amazonaws.com"):
		out["Principal"] = map[string]any{"Service": q.Principal}
	default:
		out["Principal"] = map[string]any{"AWS": q.Principal}
	}
	condition, equals := map[string]any{}, map[string]any{}
	if q.SourceArn != "" {
		condition["ArnLike"] = map[string]any{"AWS:SourceArn": q.SourceArn}
	}
	for key, value := range map[string]string{"AWS:SourceAccount": q.SourceAccount, "aws:PrincipalOrgID": q.PrincipalOrgID, "lambda:FunctionUrlAuthType": q.FunctionUrlAuthType} {
		if value != "" {
			equals[key] = value
		}
	}
	if len(equals) > 0 {
		condition["StringEquals"] = equals
	}
	if len(condition) > 0 {
		out["Condition"] = condition
	}
	return out
}

func (s *Sandbox) addPermission(_ context.Context, r *request) (*answer, error) {
	var q permission
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	l := s.lambda
	l.mu.Lock()
	defer l.mu.Unlock()
	f, qualifier, err := l.permitted(r)
	if err != nil {
		return nil, err
	}
	p := f.policies[qualifier]
	if p == nil {
		p = &resourcePolicy{revision: l.revision()}
	}
	if q.RevisionId != "" && q.RevisionId != p.revision {
		return nil, stale()
	}
	if slices.ContainsFunc(p.statements, func(st map[string]any) bool { return st["Sid"] == q.StatementId }) {
		return nil, conflict("The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", q.StatementId)
	}
	statement := q.statement(l.arn(r.region, f.name, qualifier))
	p.statements, p.revision = append(p.statements, statement), l.revision()
	f.policies[qualifier] = p
	raw, err := json.Marshal(statement)
	if err != nil {
		return nil, fmt.Errorf("write the statement: %w", err)
	}
	return inJSON(http.StatusCreated, map[string]any{"Statement": string(raw)}), nil
}

const noResource = "The resource you requested does not exist."

func (s *Sandbox) getPolicy(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, qualifier, err := s.lambda.permitted(r)
	if err != nil {
		return nil, err
	}
	p := f.policies[qualifier]
	if p == nil || len(p.statements) == 0 {
		return nil, notFound(noResource)
	}
	return inJSON(http.StatusOK, map[string]any{"Policy": p.text(), "RevisionId": p.revision}), nil
}

func (s *Sandbox) removePermission(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, qualifier, err := s.lambda.permitted(r)
	if err != nil {
		return nil, err
	}
	p := f.policies[qualifier]
	if p == nil {
		return nil, notFound(noResource)
	}
	if id := r.query("RevisionId"); id != "" && id != p.revision {
		return nil, stale()
	}
	i := slices.IndexFunc(p.statements, func(st map[string]any) bool { return st["Sid"] == r.vars["sid"] })
	if i < 0 {
		return nil, notFound("Statement %s is not found in resource policy.", r.vars["sid"])
	}
	p.statements, p.revision = slices.Delete(p.statements, i, i+1), s.lambda.revision()
	return none(), nil
}

// A functionURL is an address of the function itself or of one alias
// (https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html).
type functionURL struct {
	arn, url, auth, mode string
	cors                 map[string]any
	made, changed        time.Time
}

func (u *functionURL) show() map[string]any {
	out := map[string]any{
		"FunctionArn": u.arn, "FunctionUrl": u.url, "AuthType": u.auth, "InvokeMode": u.mode,
		"CreationTime": u.made.UTC().Format(time.RFC3339Nano), "LastModifiedTime": u.changed.UTC().Format(time.RFC3339Nano),
	}
	if u.cors != nil {
		out["Cors"] = u.cors
	}
	return out
}

// addressed finds what a request for a function URL is about.
func (l *lambdas) addressed(r *request) (*lambdaFunction, string, error) {
	f, n, err := l.find(r)
	if err != nil {
		return nil, "", err
	}
	if n.qualifier == latest || isVersion.MatchString(n.qualifier) {
		return nil, "", invalid("qualifier", n.qualifier, `Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)`)
	}
	if n.qualifier != "" && f.aliases[n.qualifier] == nil {
		return nil, "", notFound("Function does not exist")
	}
	return f, n.qualifier, nil
}

type urlRequest struct {
	AuthType, InvokeMode string
	Cors                 map[string]any
}

func (s *Sandbox) createURL(_ context.Context, r *request) (*answer, error) {
	var q urlRequest
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	if q.AuthType != "NONE" && q.AuthType != "AWS_IAM" {
		return nil, invalid("authType", q.AuthType, "Member must satisfy enum value set: [NONE, AWS_IAM]")
	}
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, qualifier, err := s.lambda.addressed(r)
	if err != nil {
		return nil, err
	}
	if f.urls[qualifier] != nil {
		return nil, conflict("Failed to create function url config for [functionArn = %s]. Error message:  FunctionUrlConfig exists for this Lambda function", s.lambda.arn(r.region, f.name, qualifier))
	}
	u := &functionURL{
		arn: s.lambda.arn(r.region, f.name, qualifier), auth: q.AuthType, mode: "BUFFERED", cors: q.Cors, made: s.now(), changed: s.now(),
		url: "https://" + strings.ReplaceAll(s.lambda.revision(), "-", "") + ".lambda-url." + r.region + ".on.aws/",
	}
	if q.InvokeMode != "" {
		u.mode = q.InvokeMode
	}
	f.urls[qualifier] = u
	return inJSON(http.StatusCreated, u.show()), nil
}

func (s *Sandbox) getURL(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, qualifier, err := s.lambda.addressed(r)
	if err != nil {
		return nil, err
	}
	if u := f.urls[qualifier]; u != nil {
		return inJSON(http.StatusOK, u.show()), nil
	}
	return nil, notFound(noResource)
}

func (s *Sandbox) updateURL(_ context.Context, r *request) (*answer, error) {
	var q urlRequest
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, qualifier, err := s.lambda.addressed(r)
	if err != nil {
		return nil, err
	}
	u := f.urls[qualifier]
	if u == nil {
		return nil, notFound(noResource)
	}
	if q.AuthType != "" {
		u.auth = q.AuthType
	}
	if q.InvokeMode != "" {
		u.mode = q.InvokeMode
	}
	if q.Cors != nil {
		u.cors = q.Cors
	}
	u.changed = s.now()
	return inJSON(http.StatusOK, u.show()), nil
}

func (s *Sandbox) deleteURL(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, qualifier, err := s.lambda.addressed(r)
	if err != nil {
		return nil, err
	}
	if f.urls[qualifier] == nil {
		return nil, notFound(noResource)
	}
	delete(f.urls, qualifier)
	return none(), nil
}

func (s *Sandbox) listURLs(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, _, err := s.lambda.find(r)
	if err != nil {
		return nil, err
	}
	var all []any
	for _, u := range inOrder(f.urls) {
		all = append(all, u.show())
	}
	return s.page(r, "FunctionUrlConfigs", all)
}

// A mapping lets Lambda read a queue or a stream and invoke a function, a version
// or an alias (https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html).
type mapping struct {
	uuid, function string // function is the ARN as it was given
	enabled        bool
	fields         map[string]any
	tags           map[string]string
	changed        time.Time
}

func (s *Sandbox) mappingShown(region string, m *mapping) map[string]any {
	out := map[string]any{}
	for k, v := range m.fields {
		out[k] = v
	}
	out["UUID"], out["FunctionArn"], out["LastModified"] = m.uuid, m.function, float64(m.changed.UnixMilli())/1000
	out["EventSourceMappingArn"] = "arn:aws:lambda:" + region + ":" + s.account + ":event-source-mapping:" + m.uuid
	out["State"], out["StateTransitionReason"] = "Enabled", "USER_INITIATED"
	if !m.enabled {
		out["State"] = "Disabled"
	}
	return out
}

// mappable are the fields of an event source mapping that are kept.
var mappable = []string{
	"BatchSize", "BisectBatchOnFunctionError", "DestinationConfig", "EventSourceArn", "FilterCriteria", "FunctionResponseTypes", "KMSKeyArn",
	"MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "MetricsConfig", "ParallelizationFactor", "Queues",
	"ScalingConfig", "SourceAccessConfigurations", "StartingPosition", "StartingPositionTimestamp", "Topics", "TumblingWindowInSeconds",
}

// mapped reads the body of a request into a mapping. It must be called with mu held.
func (s *Sandbox) mapped(r *request, m *mapping) error {
	doc, err := r.document()
	if err != nil {
		return err
	}
	for k, v := range doc {
		switch {
		case v == nil:
		case k == "Tags":
			m.tags = texts(v)
		case k == "Enabled":
			m.enabled = v == true
		case k == "FunctionName":
			r.vars["function"] = fmt.Sprint(v)
			f, n, err := s.lambda.find(r)
			if err != nil {
				return err
			}
			if _, err := f.version(n.qualifier); err != nil {
				return err
			}
			m.function = s.lambda.arn(r.region, f.name, n.qualifier)
		case slices.Contains(mappable, k):
			m.fields[k] = v
		default:
			return unknownRequest{fmt.Sprintf("%s: the field %s", r.name(), k)}
		}
	}
	m.changed = s.now()
	return nil
}

func (s *Sandbox) createMapping(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	m := &mapping{uuid: s.lambda.revision(), enabled: true, fields: map[string]any{}, tags: map[string]string{}}
	if err := s.mapped(r, m); err != nil {
		return nil, err
	}
	in := s.lambda.region(r.region)
	in.mappings = append(in.mappings, m)
	return inJSON(http.StatusAccepted, s.mappingShown(r.region, m)), nil
}

func (s *Sandbox) findMapping(r *request) (*lambdaRegion, int, error) {
	in := s.lambda.region(r.region)
	i := slices.IndexFunc(in.mappings, func(m *mapping) bool { return m.uuid == r.vars["uuid"] })
	if i < 0 {
		return nil, 0, notFound(noResource)
	}
	return in, i, nil
}

func (s *Sandbox) getMapping(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	in, i, err := s.findMapping(r)
	if err != nil {
		return nil, err
	}
	return inJSON(http.StatusOK, s.mappingShown(r.region, in.mappings[i])), nil
}

func (s *Sandbox) updateMapping(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	in, i, err := s.findMapping(r)
	if err == nil {
		err = s.mapped(r, in.mappings[i])
	}
	if err != nil {
		return nil, err
	}
	return inJSON(http.StatusAccepted, s.mappingShown(r.region, in.mappings[i])), nil
}

func (s *Sandbox) deleteMapping(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	in, i, err := s.findMapping(r)
	if err != nil {
		return nil, err
	}
	out := s.mappingShown(r.region, in.mappings[i])
	out["State"] = "Deleting"
	in.mappings = slices.Delete(in.mappings, i, i+1)
	return inJSON(http.StatusAccepted, out), nil
}

// listMappings filters by function: a name or an unqualified ARN finds the
// mappings of the function, a version or an alias its own
// (https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html;
// that a plain name finds those of aliases as well is modelled).
func (s *Sandbox) listMappings(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	want := ""
	if raw := r.query("FunctionName"); raw != "" {
		r.vars["function"] = raw
		n, err := s.lambda.named(r)
		if err != nil {
			return nil, err
		}
		want = s.lambda.arn(r.region, n.function, n.qualifier)
	}
	var all []any
	for _, m := range s.lambda.region(r.region).mappings {
		if want != "" && m.function != want && !strings.HasPrefix(m.function, want+":") {
			continue
		}
		if source := r.query("EventSourceArn"); source != "" && m.fields["EventSourceArn"] != source {
			continue
		}
		all = append(all, s.mappingShown(r.region, m))
	}
	return s.page(r, "EventSourceMappings", all)
}
