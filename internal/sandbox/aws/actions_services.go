package aws

import (
	"strconv"
	"strings"
)

// What IAM asks for each operation, from the pages of
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
// An operation that is not in here may be called by who may do everything.

var anywhere = action{mapped: true} // needs "*"

var stsActions = map[string]action{
	"GetCallerIdentity": {permission: free, do: (*Sandbox).whoAmI, mapped: true}, // needs no permission, and cannot be denied
	"AssumeRole":        {on: onParameter("RoleArn"), do: (*Sandbox).assumeRole, mapped: true},
}

var iamActions = map[string]action{
	"GetRole":                  {on: onName("RoleName", "iam", "role/", true), mapped: true},
	"GetRolePolicy":            {on: onName("RoleName", "iam", "role/", true), mapped: true},
	"ListRolePolicies":         {on: onName("RoleName", "iam", "role/", true), mapped: true},
	"ListAttachedRolePolicies": {on: onName("RoleName", "iam", "role/", true), mapped: true},
	"GetPolicy":                {on: onParameter("PolicyArn"), mapped: true},
	"GetPolicyVersion":         {on: onParameter("PolicyArn"), mapped: true},
	"SimulatePrincipalPolicy":  {on: onParameter("PolicySourceArn"), do: (*Sandbox).simulate, mapped: true},
}

var secretsActions = map[string]action{
	"DescribeSecret":       {on: onSecret, mapped: true},
	"ListSecretVersionIds": {on: onSecret, mapped: true},
	"GetResourcePolicy":    {on: onSecret, mapped: true},
	"GetSecretValue":       {on: onSecret, mapped: true},
}

var ssmActions = map[string]action{
	"GetParameter":        {on: onSSM, mapped: true},
	"GetParameters":       {on: onParameters, mapped: true},
	"DescribeParameters":  {mapped: true},
	"GetParameterHistory": {on: onSSM, mapped: true},
}

var kmsActions = map[string]action{
	"DescribeKey": {on: onKey, mapped: true},
	"Decrypt":     {on: onKey, mapped: true},
}

var s3Actions = map[string]action{
	"HeadBucket":          {on: onBucket, permission: "s3:ListBucket", do: (*Sandbox).inItsRegion, mapped: true},
	"ListObjects":         {on: onBucket, permission: "s3:ListBucket", mapped: true},
	"ListObjectsV2":       {on: onBucket, permission: "s3:ListBucket", do: (*Sandbox).inItsRegion, mapped: true},
	"GetBucketLocation":   {on: onBucket, mapped: true},
	"GetBucketVersioning": {on: onBucket, do: (*Sandbox).inItsRegion, mapped: true},
	"HeadObject":          {on: onObject, permission: free, also: readObject, mapped: true},
	"GetObject":           {on: onObject, permission: free, also: readObject, mapped: true},
}

var rdsActions = map[string]action{
	"DescribeDBInstances":               {on: onName("DBInstanceIdentifier", "rds", "db:", false), do: (*Sandbox).describeDatabases, mapped: true},
	"DescribeDBClusters":                {on: onName("DBClusterIdentifier", "rds", "cluster:", false), do: (*Sandbox).describeDatabases, mapped: true},
	"DescribePendingMaintenanceActions": {on: onParameter("ResourceIdentifier"), do: (*Sandbox).describePendingMaintenance, mapped: true},
}

var ecrActions = map[string]action{
	"DescribeImages":       {on: onName("repositoryName", "ecr", "repository/", false), mapped: true},
	"BatchGetImage":        {on: onName("repositoryName", "ecr", "repository/", false), mapped: true},
	"DescribeRepositories": anywhere,
}

var ec2Actions = map[string]action{
	"CreateLaunchTemplateVersion": {do: (*Sandbox).addVersion},

	"DescribeSecurityGroups": anywhere, "DescribeSecurityGroupRules": anywhere, "DescribeLaunchTemplates": anywhere,
	"DescribeLaunchTemplateVersions": anywhere, "DescribeInstances": anywhere, "DescribeSubnets": anywhere,
	"DescribeVpcs": anywhere, "DescribeNetworkInterfaces": anywhere, "DescribePrefixLists": anywhere, "GetManagedPrefixListEntries": anywhere,
}

var autoscalingActions = map[string]action{
	"DescribeScalingActivities":    {do: (*Sandbox).describeScalingActivities, mapped: true},
	"DescribeAutoScalingGroups":    {do: (*Sandbox).describeGroups, mapped: true},
	"DescribeInstanceRefreshes":    {do: (*Sandbox).describeRefreshes, mapped: true},
	"StartInstanceRefresh":         {do: (*Sandbox).startRefresh},
	"UpdateAutoScalingGroup":       {do: (*Sandbox).updateGroup},
	"DescribePolicies":             anywhere,
	"DescribeAutoScalingInstances": anywhere, "DescribeLoadBalancerTargetGroups": anywhere, "DescribeTrafficSources": anywhere,
	"DescribeScheduledActions": anywhere,
}

var scalingActions = map[string]action{
	"DescribeScalableTargets": anywhere, "DescribeScalingPolicies": anywhere, "DescribeScheduledActions": anywhere,
	"DescribeScalingActivities": anywhere,
}

var ecsActions = map[string]action{
	"DescribeClusters":       {on: onECS("clusters", "cluster/"), mapped: true},
	"DescribeServices":       {on: onECS("services", "service/"), do: (*Sandbox).describeServices, mapped: true},
	"ListServices":           anywhere, // none is required; ecs:cluster limits it
	"DescribeTasks":          {on: onECS("tasks", "task/"), do: (*Sandbox).describeTasks, mapped: true},
	"ListTasks":              {do: (*Sandbox).listTasks, mapped: true},
	"DescribeTaskDefinition": anywhere, // does not support resource-level permissions
	"ListTaskDefinitions":    anywhere, // as above
	"RegisterTaskDefinition": {also: passTaskRoles, mapped: true},
	"RunTask":                {on: onDefinition, also: passTaskRoles, do: (*Sandbox).runTask, mapped: true},
	"StopTask":               {on: onTask, do: (*Sandbox).stopTask, mapped: true},
	"TagResource":            {on: onParameter("resourceArn"), mapped: true},
	"CreateService":          {do: (*Sandbox).rolled},
	"UpdateService":          {do: (*Sandbox).rolled},
}

var snsActions = map[string]action{
	"Publish":            {on: onParameter("TopicArn"), mapped: true},
	"GetTopicAttributes": {on: onParameter("TopicArn"), mapped: true},
}

// param is a text of a form or of a JSON body.
func (r *request) param(name string) string {
	if r.protocol == query {
		return r.form.Get(name)
	}
	doc, err := r.document()
	if err != nil {
		return ""
	}
	value, _ := doc[name].(string)
	return value
}

// params are the texts of a list.
func (r *request) params(name string) []string {
	var out []string
	if r.protocol == query {
		for _, prefix := range []string{name + ".member.", name + "."} {
			for i := 1; r.form.Has(prefix + strconv.Itoa(i)); i++ {
				out = append(out, r.form.Get(prefix+strconv.Itoa(i)))
			}
		}
		return out
	}
	doc, err := r.document()
	if err != nil {
		return nil
	}
	items, _ := doc[name].([]any)
	for _, item := range items {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// onParameter is an ARN that stands in the request; where there is none, "*".
func onParameter(name string) func(*Sandbox, *request) []string {
	return func(_ *Sandbox, r *request) []string {
		if arn := r.param(name); arn != "" {
			return []string{arn}
		}
		return nil
	}
}

// onList are ARNs that stand in the request.
func onList(name string) func(*Sandbox, *request) []string {
	return func(_ *Sandbox, r *request) []string { return r.params(name) }
}

// onName is the ARN of what the request names; an ARN is taken as it is. Without a
// name everything of the kind is meant.
func onName(field, service, kind string, global bool) func(*Sandbox, *request) []string {
	return func(s *Sandbox, r *request) []string {
		name := r.param(field)
		if strings.HasPrefix(name, "arn:") {
			return []string{name}
		}
		if name == "" {
			name = "*"
		}
		region := r.region
		if global {
			region = ""
		}
		return []string{"arn:aws:" + service + ":" + region + ":" + s.account + ":" + kind + strings.TrimPrefix(name, "/")}
	}
}

// onParameters are the parameters that GetParameters asks for.
func onParameters(s *Sandbox, r *request) []string {
	var out []string
	for _, name := range r.params("Names") {
		if !strings.HasPrefix(name, "arn:") {
			name = "arn:aws:ssm:" + r.region + ":" + s.account + ":parameter/" + strings.TrimPrefix(name, "/")
		}
		out = append(out, name)
	}
	return out
}

// resolved is the ARN that moto has for what a request names otherwise: IAM compares
// the thing itself, whatever a caller calls it. "" is one that is not there.
func (s *Sandbox) resolved(r *request, target string, in map[string]string, find func(doc map[string]any) any) string {
	doc := map[string]any{}
	if err := s.askJSON(r.in.Context(), r.service, r.region, target, in, &doc); err != nil {
		return ""
	}
	arn, _ := find(doc).(string)
	return arn
}

// onSecret is the secret; the ARN of one that is not there ends with any six
// characters, as those of secrets do
// (https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html).
func onSecret(s *Sandbox, r *request) []string {
	id := r.param("SecretId")
	if arn := s.resolved(r, "secretsmanager.DescribeSecret", map[string]string{"SecretId": id}, func(d map[string]any) any { return d["ARN"] }); arn != "" {
		return []string{arn}
	}
	if strings.HasPrefix(id, "arn:") {
		return []string{id}
	}
	return []string{"arn:aws:secretsmanager:" + r.region + ":" + s.account + ":secret:" + id + "-AbCdEf"}
}

// onKey is the key, even where the caller names an alias
// (https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html).
func onKey(s *Sandbox, r *request) []string {
	id := r.param("KeyId")
	arn := s.resolved(r, "TrentService.DescribeKey", map[string]string{"KeyId": id}, func(d map[string]any) any {
		meta, _ := d["KeyMetadata"].(map[string]any)
		return meta["Arn"]
	})
	switch {
	case arn != "":
		return []string{arn}
	case strings.HasPrefix(id, "arn:"):
		return []string{id}
	}
	return []string{"arn:aws:kms:" + r.region + ":" + s.account + ":key/" + id}
}

// onSSM is a parameter, without the version or label that is asked for.
func onSSM(s *Sandbox, r *request) []string {
	name := r.param("Name")
	if strings.HasPrefix(name, "arn:") {
		return []string{strings.Join(strings.Split(name, ":")[:6], ":")}
	}
	name, _, _ = strings.Cut(name, ":")
	return []string{"arn:aws:ssm:" + r.region + ":" + s.account + ":parameter/" + strings.TrimPrefix(name, "/")}
}

func onBucket(_ *Sandbox, r *request) []string { return []string{"arn:aws:s3:::" + r.vars["bucket"]} }

// readObject is another permission for a version than for what is current
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html).
func readObject(_ *Sandbox, r *request) []need {
	name := "s3:GetObject"
	if r.in.URL.Query().Has("versionId") {
		name = "s3:GetObjectVersion"
	}
	return []need{{name, r.resources[0]}}
}

func onObject(_ *Sandbox, r *request) []string {
	return []string{"arn:aws:s3:::" + r.vars["bucket"] + "/" + r.vars["key"]}
}

// onECS are the things of one kind that a request lists, by ARN or by name within
// its cluster (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html).
func onECS(field, kind string) func(*Sandbox, *request) []string {
	return func(s *Sandbox, r *request) []string {
		cluster := r.param("cluster")
		cluster = cluster[strings.LastIndex(cluster, "/")+1:]
		if cluster == "" {
			cluster = "default"
		}
		var out []string
		for _, name := range r.params(field) {
			if !strings.HasPrefix(name, "arn:") {
				path := kind
				if kind != "cluster/" {
					path += cluster + "/"
				}
				name = "arn:aws:ecs:" + r.region + ":" + s.account + ":" + path + name
			}
			out = append(out, name)
		}
		return out
	}
}

// apiGatewayAction is IAM's view of API Gateway: a method on a path
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html).
var apiGatewayAction = action{mapped: true, on: func(_ *Sandbox, r *request) []string {
	return []string{"arn:aws:apigateway:" + r.region + "::" + r.in.URL.Path}
}}

var apiGatewayActions = map[string]action{
	"GET": apiGatewayAction, "POST": apiGatewayAction, "PUT": apiGatewayAction, "PATCH": apiGatewayAction, "DELETE": apiGatewayAction,
}
