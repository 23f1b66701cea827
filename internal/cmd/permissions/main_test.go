package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
)

const guide = "# Permissions\n\n## AWS\n\n" + words + policies + "## Others\n\n" + others + "\nThe end.\n"

func TestRender(t *testing.T) {
	const on = "arn:{partition}:lambda:{region}:{account}:function:{function}"
	got, err := render(guide, []asks{{"`cloud_run`", nil}, {"`lambda_alias`", []cloud.Permission{
		{Action: "lambda:GetAlias", Resource: on, Phase: cloud.AtPlan},
		{Action: "lambda:UpdateAlias", Resource: on, Phase: cloud.AtApply},
		{Action: "lambda:PublishVersion", Resource: on, Phase: cloud.AtApply, Where: "where the version is made here"},
	}}}, []asks{{"`aws_secret`", []cloud.Permission{
		{Action: "secretsmanager:DescribeSecret", Resource: "arn:{partition}:secretsmanager:{region}:{account}:secret:{secret}", Phase: cloud.AtPlan},
		{Action: "kms:DescribeKey", Resource: "*", Phase: cloud.AtApply, Where: "with a key of one's own"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"appends |\n\n### `lambda_alias`\n\nWhoever plans:\n\n```json\n{\n",
		`"arn:aws:lambda:REGION:ACCOUNT:function:FUNCTION"`,
		"- `lambda:PublishVersion` where the version is made here\n",
		"| `aws_secret` | `secretsmanager:DescribeSecret` | `arn:aws:secretsmanager:REGION:ACCOUNT:secret:SECRET` | yes | yes |\n",
		"| `aws_secret` | `kms:DescribeKey` with a key of one's own | `*` | | yes |\n",
		"| `FUNCTION` | the name of the function |\n",
		"\nThe end.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
	blocks := strings.Split(got, "```")
	if len(blocks) != 5 || strings.Contains(blocks[1], "UpdateAlias") || !strings.Contains(blocks[3], "UpdateAlias") {
		t.Fatalf("%d blocks:\n%s", len(blocks), got)
	}
	for _, b := range []string{blocks[1], blocks[3]} {
		if !json.Valid([]byte(strings.TrimPrefix(b, "json"))) {
			t.Errorf("no JSON: %s", b)
		}
	}
	if strings.Contains(got, "cloud_run") || strings.Contains(got, "<!--") {
		t.Errorf("it says too much:\n%s", got)
	}
}

// TestNothingForbidden: no kind asks for what would show a secret, and each says
// what it asks for as a policy does.
func TestNothingForbidden(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z]+$`)
	resource := regexp.MustCompile(`^(\*|arn:\{partition\}:[a-z0-9-]+:.*)$`)
	platforms, rest := listed()
	for _, kind := range slices.Concat(platforms, rest) {
		for _, p := range kind.all {
			if !form.MatchString(p.Action) || !resource.MatchString(p.Resource) || p.Phase != cloud.AtPlan && p.Phase != cloud.AtApply {
				t.Errorf("%s: %+v", kind.name, p)
			}
			switch p.Action {
			case "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "kms:Decrypt", "ssm:GetParameter", "ssm:GetParameters":
				t.Errorf("%s asks for %s", kind.name, p.Action)
			case "iam:PassRole": // whoever may pass any role may do what any role may
				if !strings.HasSuffix(p.Resource, ":role/{task_role}") {
					t.Errorf("%s asks for %s on %s", kind.name, p.Action, p.Resource)
				}
			}
		}
	}
}

func TestRenderNeedsItsPlaces(t *testing.T) {
	for _, text := range []string{"", policies, policies + others, policies + policies + others + words} {
		if _, err := render(text, nil, nil); err == nil {
			t.Errorf("%q was filled", text)
		}
	}
}

// TestEveryWordIsExplained: a reader of a policy knows what to put in.
func TestEveryWordIsExplained(t *testing.T) {
	platforms, rest := listed()
	if _, err := legend(append(platforms, rest...)); err != nil {
		t.Error(err)
	}
	if _, err := legend([]asks{{"`x`", []cloud.Permission{{Action: "a:B", Resource: "arn:{partition}:a:::{nobody_knows}"}}}}); err == nil {
		t.Error("a word that nobody knows is printed")
	}
}
