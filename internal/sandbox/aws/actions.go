package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"strings"
)

// An action is one operation of a service: what it needs of IAM, and who answers.
type action struct {
	// rest is the method and path of a REST operation.
	rest string
	// on names the resources that the caller must be allowed to use; nil is "*".
	on func(s *Sandbox, r *request) []string
	// permission is IAM's name where the operation's own is not it.
	permission string
	// also is what the caller needs besides.
	also func(s *Sandbox, r *request) []need
	// do answers; nil leaves it to moto.
	do func(s *Sandbox, ctx context.Context, r *request) (*answer, error)
	// mapped says that on, permission and also are what the Service Authorization
	// Reference says. Only such actions can be called under a policy.
	mapped bool
}

// A need is one action on one resource that a caller must be allowed.
type need struct{ action, resource string }

// tables are the actions of each service, as it is signed.
var tables = map[string]map[string]action{
	"apigateway":              apiGatewayActions,
	"application-autoscaling": scalingActions,
	"autoscaling":             autoscalingActions,
	"ec2":                     ec2Actions,
	"ecr":                     ecrActions,
	"ecs":                     ecsActions,
	"elasticloadbalancing":    elbActions,
	"iam":                     iamActions,
	"monitoring":              cloudwatchActions,
	"kms":                     kmsActions,
	"lambda":                  lambdaActions,
	"logs":                    logActions,
	"rds":                     rdsActions,
	"s3":                      s3Actions,
	"secretsmanager":          secretsActions,
	"sns":                     snsActions,
	"ssm":                     ssmActions,
	"sts":                     stsActions,
}

// resources are the ARNs that a request is about, at least one.
func (s *Sandbox) resources(r *request) []string {
	if r.action.on != nil {
		if arns := r.action.on(s, r); len(arns) > 0 {
			return arns
		}
	}
	return []string{"*"}
}

// motoError reads code and text of an error of moto, in whatever protocol it is.
func motoError(a *answer) (code, text string) {
	var j struct {
		Type    string `json:"__type"`
		Message string
	}
	if err := json.Unmarshal(a.body, &j); err == nil {
		code, _, _ = strings.Cut(a.header.Get("X-Amzn-Errortype"), ":")
		if code == "" {
			code = j.Type[strings.LastIndex(j.Type, "#")+1:]
		}
		return code, j.Message
	}
	dec := xml.NewDecoder(bytes.NewReader(a.body))
	for {
		t, err := dec.Token()
		if err != nil {
			return code, text
		}
		start, ok := t.(xml.StartElement)
		if !ok || start.Name.Local != "Code" && start.Name.Local != "Message" {
			continue
		}
		var value string
		if dec.DecodeElement(&value, &start) != nil {
			return code, text
		}
		if start.Name.Local == "Code" {
			code = value
		} else {
			text = value
		}
	}
}
