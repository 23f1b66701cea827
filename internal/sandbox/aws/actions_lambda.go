package aws

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
)

// lambdaActions are Lambda's operations: paths of
// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html, resources of
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html and
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html.
var lambdaActions = map[string]action{
	"CreateFunction":              {rest: "POST /2015-03-31/functions", on: onNewFunction, also: passRole, do: (*Sandbox).createFunction, mapped: true},
	"ListFunctions":               {rest: "GET /2015-03-31/functions", do: (*Sandbox).listFunctions, mapped: true},
	"GetFunction":                 {rest: "GET /2015-03-31/functions/{function}", on: onQualified, do: (*Sandbox).getFunction, mapped: true},
	"DeleteFunction":              {rest: "DELETE /2015-03-31/functions/{function}", on: onQualified, do: (*Sandbox).deleteFunction, mapped: true},
	"GetFunctionConfiguration":    {rest: "GET /2015-03-31/functions/{function}/configuration", on: onQualified, do: (*Sandbox).getFunctionConfiguration, mapped: true},
	"UpdateFunctionConfiguration": {rest: "PUT /2015-03-31/functions/{function}/configuration", on: onFunction, also: passRole, do: (*Sandbox).updateFunctionConfiguration, mapped: true},
	"UpdateFunctionCode":          {rest: "PUT /2015-03-31/functions/{function}/code", on: onFunction, also: readCode, do: (*Sandbox).updateFunctionCode, mapped: true},
	"PublishVersion":              {rest: "POST /2015-03-31/functions/{function}/versions", on: onFunction, do: (*Sandbox).publishVersion, mapped: true},
	"ListVersionsByFunction":      {rest: "GET /2015-03-31/functions/{function}/versions", on: onFunction, do: (*Sandbox).listVersions, mapped: true},
	"CreateAlias":                 {rest: "POST /2015-03-31/functions/{function}/aliases", on: onFunction, do: (*Sandbox).createAlias, mapped: true},
	"ListAliases":                 {rest: "GET /2015-03-31/functions/{function}/aliases", on: onFunction, do: (*Sandbox).listAliases, mapped: true},
	"GetAlias":                    {rest: "GET /2015-03-31/functions/{function}/aliases/{alias}", on: onFunction, do: (*Sandbox).getAlias, mapped: true},
	"UpdateAlias":                 {rest: "PUT /2015-03-31/functions/{function}/aliases/{alias}", on: onFunction, do: (*Sandbox).updateAlias, mapped: true},
	"DeleteAlias":                 {rest: "DELETE /2015-03-31/functions/{function}/aliases/{alias}", on: onFunction, do: (*Sandbox).deleteAlias, mapped: true},
	"Invoke":                      {rest: "POST /2015-03-31/functions/{function}/invocations", on: onQualified, permission: "lambda:InvokeFunction", do: (*Sandbox).invoke, mapped: true},
	"AddPermission":               {rest: "POST /2015-03-31/functions/{function}/policy", on: onQualified, do: (*Sandbox).addPermission, mapped: true},
	"GetPolicy":                   {rest: "GET /2015-03-31/functions/{function}/policy", on: onQualified, do: (*Sandbox).getPolicy, mapped: true},
	"RemovePermission":            {rest: "DELETE /2015-03-31/functions/{function}/policy/{sid}", on: onQualified, do: (*Sandbox).removePermission, mapped: true},

	"PutProvisionedConcurrencyConfig":    {rest: "PUT /2019-09-30/functions/{function}/provisioned-concurrency", on: onQualified, do: (*Sandbox).putProvisioned, mapped: true},
	"GetProvisionedConcurrencyConfig":    {rest: "GET /2019-09-30/functions/{function}/provisioned-concurrency", on: onQualified, do: (*Sandbox).getProvisioned, mapped: true},
	"DeleteProvisionedConcurrencyConfig": {rest: "DELETE /2019-09-30/functions/{function}/provisioned-concurrency", on: onQualified, do: (*Sandbox).deleteProvisioned, mapped: true},
	"ListProvisionedConcurrencyConfigs":  {rest: "GET /2019-09-30/functions/{function}/provisioned-concurrency?List=ALL", on: onFunction, do: (*Sandbox).listProvisioned, mapped: true},
	"PutFunctionConcurrency":             {rest: "PUT /2017-10-31/functions/{function}/concurrency", on: onFunction, do: (*Sandbox).putConcurrency, mapped: true},
	"DeleteFunctionConcurrency":          {rest: "DELETE /2017-10-31/functions/{function}/concurrency", on: onFunction, do: (*Sandbox).deleteConcurrency, mapped: true},
	"GetFunctionConcurrency":             {rest: "GET /2019-09-30/functions/{function}/concurrency", on: onFunction, do: (*Sandbox).getConcurrency, mapped: true},

	"CreateFunctionUrlConfig": {rest: "POST /2021-10-31/functions/{function}/url", on: onQualified, do: (*Sandbox).createURL, mapped: true},
	"GetFunctionUrlConfig":    {rest: "GET /2021-10-31/functions/{function}/url", on: onQualified, do: (*Sandbox).getURL, mapped: true},
	"UpdateFunctionUrlConfig": {rest: "PUT /2021-10-31/functions/{function}/url", on: onQualified, do: (*Sandbox).updateURL, mapped: true},
	"DeleteFunctionUrlConfig": {rest: "DELETE /2021-10-31/functions/{function}/url", on: onQualified, do: (*Sandbox).deleteURL, mapped: true},
	"ListFunctionUrlConfigs":  {rest: "GET /2021-10-31/functions/{function}/urls", on: onFunction, do: (*Sandbox).listURLs, mapped: true},

	"CreateEventSourceMapping": {rest: "POST /2015-03-31/event-source-mappings", do: (*Sandbox).createMapping, mapped: true},
	"ListEventSourceMappings":  {rest: "GET /2015-03-31/event-source-mappings", do: (*Sandbox).listMappings, mapped: true},
	"GetEventSourceMapping":    {rest: "GET /2015-03-31/event-source-mappings/{uuid}", on: onMapping, do: (*Sandbox).getMapping, mapped: true},
	"UpdateEventSourceMapping": {rest: "PUT /2015-03-31/event-source-mappings/{uuid}", on: onMapping, do: (*Sandbox).updateMapping, mapped: true},
	"DeleteEventSourceMapping": {rest: "DELETE /2015-03-31/event-source-mappings/{uuid}", on: onMapping, do: (*Sandbox).deleteMapping, mapped: true},

	"ListTags":                     {rest: "GET /2017-03-31/tags/{arn}", on: onTagged, do: (*Sandbox).listLambdaTags, mapped: true},
	"TagResource":                  {rest: "POST /2017-03-31/tags/{arn}", on: onTagged, do: (*Sandbox).tagLambda, mapped: true},
	"UntagResource":                {rest: "DELETE /2017-03-31/tags/{arn}", on: onTagged, do: (*Sandbox).untagLambda, mapped: true},
	"GetAccountSettings":           {rest: "GET /2016-08-19/account-settings", do: (*Sandbox).lambdaLimits, mapped: true},
	"GetFunctionCodeSigningConfig": {rest: "GET /2020-06-30/functions/{function}/code-signing-config", on: onFunction, do: (*Sandbox).codeSigning, mapped: true},

	"PublishLayerVersion": {rest: "POST /2018-10-31/layers/{layer}/versions"},
	"ListLayerVersions":   {rest: "GET /2018-10-31/layers/{layer}/versions"},
	"GetLayerVersion":     {rest: "GET /2018-10-31/layers/{layer}/versions/{version}"},
	"DeleteLayerVersion":  {rest: "DELETE /2018-10-31/layers/{layer}/versions/{version}"},
}

// onFunction is the function, whatever qualifier there is.
func onFunction(s *Sandbox, r *request) []string {
	n, err := s.lambda.named(r)
	if err != nil {
		return nil
	}
	return []string{s.lambda.arn(r.region, n.function, "")}
}

// onQualified is the version or the alias where the request names one: a policy
// on the function alone does not allow it.
func onQualified(s *Sandbox, r *request) []string {
	n, err := s.lambda.named(r)
	if err != nil {
		return nil
	}
	return []string{s.lambda.arn(r.region, n.function, n.qualifier)}
}

func onNewFunction(s *Sandbox, r *request) []string {
	var q struct{ FunctionName string }
	if json.Unmarshal(r.body, &q) != nil {
		return nil
	}
	return []string{s.lambda.arn(r.region, q.FunctionName, "")}
}

func onMapping(s *Sandbox, r *request) []string {
	return []string{"arn:aws:lambda:" + r.region + ":" + s.account + ":event-source-mapping:" + r.vars["uuid"]}
}

func onTagged(_ *Sandbox, r *request) []string { return []string{r.vars["arn"]} }

// passRole is needed where a function gets a role
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html).
func passRole(_ *Sandbox, r *request) []need {
	var q struct{ Role string }
	if json.Unmarshal(r.body, &q) != nil || q.Role == "" {
		return nil
	}
	return []need{{"iam:PassRole", q.Role}}
}

// readCode is needed where code comes from a bucket: Lambda reads it as the caller
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html). An
// image of the function's own account is read as Lambda, one of another as the caller
// (https://repost.aws/knowledge-center/lambda-ecr-image).
func readCode(s *Sandbox, r *request) []need {
	var q struct{ S3Bucket, S3Key, S3ObjectVersion, ImageURI string }
	if json.Unmarshal(r.body, &q) != nil {
		return nil
	}
	if host, rest, ok := strings.Cut(q.ImageURI, ".dkr.ecr."); ok && host != s.account {
		region, path, _ := strings.Cut(rest, ".")
		_, path, _ = strings.Cut(path, "/")
		name, _, _ := strings.Cut(path, "@")
		repository := "arn:aws:ecr:" + region + ":" + host + ":repository/" + name
		return []need{{"ecr:BatchGetImage", repository}, {"ecr:GetDownloadUrlForLayer", repository}}
	}
	if q.S3Bucket == "" {
		return nil
	}
	name := "s3:GetObject"
	if q.S3ObjectVersion != "" {
		name = "s3:GetObjectVersion"
	}
	return []need{{name, "arn:aws:s3:::" + q.S3Bucket + "/" + q.S3Key}}
}

func (s *Sandbox) putConcurrency(_ context.Context, r *request) (*answer, error) {
	var q struct{ ReservedConcurrentExecutions int }
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, _, err := s.lambda.find(r)
	if err != nil {
		return nil, err
	}
	f.reserved = &q.ReservedConcurrentExecutions
	return inJSON(http.StatusOK, q), nil
}

func (s *Sandbox) deleteConcurrency(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, _, err := s.lambda.find(r)
	if err != nil {
		return nil, err
	}
	f.reserved = nil
	return none(), nil
}

func (s *Sandbox) getConcurrency(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, _, err := s.lambda.find(r)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	if f.reserved != nil {
		out["ReservedConcurrentExecutions"] = *f.reserved
	}
	return inJSON(http.StatusOK, out), nil
}

// tagged finds the tags of a function or of an event source mapping; versions and
// aliases have none (https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html).
func (l *lambdas) tagged(r *request, change bool) (map[string]string, error) {
	if _, uuid, ok := strings.Cut(r.vars["arn"], ":event-source-mapping:"); ok {
		r.vars["uuid"] = uuid
		in, i, err := l.s.findMapping(r)
		if err != nil {
			return nil, err
		}
		return in.mappings[i].tags, nil
	}
	if !strings.Contains(r.vars["arn"], ":function:") {
		return nil, unknownRequest{r.name() + ": tags of " + r.vars["arn"]}
	}
	r.vars["function"] = r.vars["arn"]
	f, _, err := l.find(r)
	if err != nil {
		return nil, err
	}
	if change {
		err = f.unready()
	}
	return f.tags, err
}

func (s *Sandbox) listLambdaTags(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	tags, err := s.lambda.tagged(r, false)
	if err != nil {
		return nil, err
	}
	return inJSON(http.StatusOK, map[string]any{"Tags": tags}), nil
}

func (s *Sandbox) tagLambda(_ context.Context, r *request) (*answer, error) {
	var q struct{ Tags map[string]string }
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	tags, err := s.lambda.tagged(r, true)
	if err != nil {
		return nil, err
	}
	maps.Copy(tags, q.Tags)
	return none(), nil
}

func (s *Sandbox) untagLambda(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	tags, err := s.lambda.tagged(r, true)
	if err != nil {
		return nil, err
	}
	for _, k := range r.in.URL.Query()["tagKeys"] {
		delete(tags, k)
	}
	return none(), nil
}

// lambdaLimits are those of a new account
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
func (s *Sandbox) lambdaLimits(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	const all = 1000
	taken, functions := 0, s.lambda.region(r.region).functions
	for _, f := range functions {
		if f.reserved != nil {
			taken += *f.reserved
			continue
		}
		for _, p := range f.provisioned {
			taken += p.asked
		}
	}
	return inJSON(http.StatusOK, map[string]any{
		"AccountLimit": map[string]any{
			"ConcurrentExecutions": all, "UnreservedConcurrentExecutions": all - taken,
			"TotalCodeSize": 80530636800, "CodeSizeZipped": 52428800, "CodeSizeUnzipped": 262144000,
		},
		"AccountUsage": map[string]any{"FunctionCount": len(functions), "TotalCodeSize": 0},
	}), nil
}

func (s *Sandbox) codeSigning(_ context.Context, r *request) (*answer, error) {
	s.lambda.mu.Lock()
	defer s.lambda.mu.Unlock()
	f, _, err := s.lambda.find(r)
	if err != nil {
		return nil, err
	}
	return inJSON(http.StatusOK, map[string]any{"FunctionName": f.name}), nil
}
