package provider_test

import (
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// onLambda is a remedy after which the version that was published last has all
// users.
func onLambda(says string, provoke func(w *world) string, fix func(w *world, s said, out string)) remedy {
	return remedy{says: says, on: newLambdaWorld, provoke: provoke, fix: fix, then: func(w *world) {
		w.applies()
		all := w.amazon.Versions(shop)
		if s := w.shares(); string(s.Sole()) != all[len(all)-1] {
			w.Errorf("users have %s of the versions %v", s, all)
		}
	}}
}

// trouble is an AWS on which something is wrong while f goes on.
func (w *world) trouble(f aws.Fault, do func() string) string {
	defer w.amazon.Fault(f)()
	return do()
}

// second wants the second build, at once.
func (w *world) second(inside string) {
	w.Helper()
	w.moves("    filename    = \"@zip2\"\n    code_sha256 = \"@sum2\"\n" + inside)
}

// saidByAWS returns the first command of AWS's own that an output prints.
func (w *world) saidByAWS(out string) []string {
	w.Helper()
	flat := flatten(strings.Join(diagnostic.Split(out, -1)[1:], " "))
	i := strings.Index(flat, "aws lambda ")
	if i < 0 {
		w.Fatalf("it prints no command:\n%s", out)
	}
	words := strings.Fields(flat[i:])
	args := words[1:3]
	for i := 3; i+1 < len(words) && strings.HasPrefix(words[i], "--"); i += 2 {
		value := strings.TrimRight(words[i+1], ".,)")
		args = append(args, words[i], strings.Trim(value, "'"))
		if value != words[i+1] {
			break
		}
	}
	return args
}

// configures changes the function, as its own resource does.
func (w *world) configures(args ...string) {
	w.Helper()
	w.awsCLI(append([]string{"lambda", "update-function-configuration", "--function-name", shop}, args...)...)
	w.clock.Advance(time.Second)
}

// assumable makes a role that Lambda may assume.
func (w *world) assumable(name string) string {
	w.Helper()
	w.awsCLI("iam", "create-role", "--role-name", name, "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	return "arn:aws:iam::" + w.amazon.Account() + ":role/" + name
}

// listens lets the function take what comes into a queue.
func (w *world) listens() {
	w.Helper()
	w.awsCLI("sqs", "create-queue", "--queue-name", "orders")
	w.awsCLI("lambda", "create-event-source-mapping", "--function-name", shop, "--event-source-arn", "arn:aws:sqs:"+w.amazon.Region()+":"+w.amazon.Account()+":orders")
}

// invokesTheAlias lets the queue that a message names invoke the alias.
func (w *world) invokesTheAlias(s said) {
	w.Helper()
	uuid := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).FindString(s["who"])
	w.awsCLI("lambda", "update-event-source-mapping", "--uuid", uuid, "--function-name", s["alias"])
	w.clock.Advance(time.Minute)
}

var lambdaRemedies = []remedy{
	onLambda("lambda_alias.gone", func(w *world) string {
		w.must(w.amazon.SetAlias(shop, "other", "1", nil))
		w.write(strings.Replace("resource \"rollout_safe_deployment\" \"api\" {\n  lambda_alias {\n    alias   = \"@function:fresh\"\n    version = \"1\"\n  }\n}\n", "@function:fresh", w.functionARN()+":fresh", 1))
		return w.planned()
	}, func(w *world, _ said, _ string) { w.must(w.amazon.SetAlias(shop, "fresh", "1", nil)) }),

	onLambda("lambda_alias.denied", func(w *world) string {
		w.second("")
		return w.trouble(aws.Fault{Kind: aws.Denied, Action: "lambda:GetPolicy"}, w.planned)
	}, nil),

	onLambda("plan.unfound", func(w *world) string {
		w.second("")
		return w.trouble(aws.Fault{Kind: aws.Denied, Action: "lambda:ListVersionsByFunction"}, w.planned)
	}, nil),

	onLambda("lambda_alias.unread", func(w *world) string {
		w.second("")
		return w.trouble(aws.Fault{Kind: aws.Internal, Action: "lambda:GetPolicy"}, w.planned)
	}, nil),

	onLambda("lambda_alias.at_latest", func(w *world) string {
		w.must(w.amazon.SetAlias(shop, "live", "$LATEST", nil))
		w.second("")
		return w.planned()
	}, func(w *world, _ said, out string) {
		answer := w.awsCLI(w.saidByAWS(out)...)
		number := regexp.MustCompile(`"Version": "(\d+)"`).FindStringSubmatch(answer)
		w.must(w.amazon.SetAlias(shop, "live", number[1], nil))
	}),

	onLambda("lambda_alias.description", func(w *world) string {
		w.must(w.amazon.Describe(shop, "live", strings.Repeat("x", 230)))
		w.second("")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.must(w.amazon.Describe(shop, "live", "shorter")) }),

	onLambda("lambda_alias.other_role", func(w *world) string {
		w.assumable("lambda")
		w.configures("--role", w.assumable("other"))
		w.second("")
		return w.planned()
	}, func(w *world, s said, _ string) { w.configures("--role", s["had"]) }),

	onLambda("lambda_alias.other_queue", func(w *world) string {
		w.configures("--dead-letter-config", "TargetArn=arn:aws:sqs:eu-central-1:123456789012:dead")
		w.second("")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.configures("--dead-letter-config", "TargetArn=") }),

	onLambda("lambda_alias.inactive", func(w *world) string {
		w.must(w.amazon.Idle(shop, "1"))
		w.second("")
		return w.planned()
	}, func(w *world, _ said, out string) {
		if answer := w.answersOf(append(w.saidByAWS(out), "answer.json")...); !strings.Contains(answer, "Inactive") {
			w.Errorf("the first invocation of what is idle answers %s", answer)
		}
	}),

	onLambda("lambda_alias.provisioned_alias", func(w *world) string {
		w.must(w.amazon.Provision(shop, "live", 5))
		w.second("")
		return w.planned()
	}, func(w *world, s said, out string) {
		w.awsCLI(w.saidByAWS(out)...)
		w.second("    provisioned_concurrency = " + s["number"] + "\n")
	}),

	onLambda("lambda_alias.reserved_too_few", func(w *world) string {
		w.awsCLI("lambda", "put-function-concurrency", "--function-name", shop, "--reserved-concurrent-executions", "15")
		w.second("    provisioned_concurrency = 10\n")
		return w.planned()
	}, func(w *world, s said, _ string) {
		w.awsCLI("lambda", "put-function-concurrency", "--function-name", shop, "--reserved-concurrent-executions", s["needed"])
	}),

	onLambda("lambda_alias.other_package", func(w *world) string {
		w.moves("    image_uri = \"@packed\"\n")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.second("") }),

	onLambda("lambda_alias.file_unread", func(w *world) string {
		w.second("")
		w.must(os.Remove(w.zip(2)))
		return w.planned()
	}, func(w *world, _ said, _ string) { w.must(os.WriteFile(w.zip(2), w.build(2), 0o600)) }),

	onLambda("lambda_alias.file_too_large", func(w *world) string {
		w.second("")
		w.must(os.Truncate(w.zip(2), 51<<20))
		return w.planned()
	}, func(w *world, _ said, _ string) {
		w.must(os.WriteFile(w.zip(3), w.build(3), 0o600))
		w.awsCLI("s3api", "create-bucket", "--bucket", "builds-"+w.amazon.Account(), "--create-bucket-configuration", "LocationConstraint="+w.amazon.Region())
		w.awsCLI("s3api", "put-object", "--bucket", "builds-"+w.amazon.Account(), "--key", "v3.zip", "--body", w.zip(3))
		w.moves("    s3_bucket   = \"builds-@account\"\n    s3_key      = \"v3.zip\"\n    code_sha256 = \"@sum3\"\n")
	}),

	onLambda("lambda_alias.other_file", func(w *world) string {
		w.second("")
		w.must(os.WriteFile(w.zip(2), w.build(3), 0o600))
		return w.planned()
	}, func(w *world, s said, _ string) {
		w.moves("    filename    = \"@zip2\"\n    code_sha256 = " + strings.ReplaceAll(s["example"], " ", "") + "\n")
	}),

	onLambda("lambda_alias.unqualified", func(w *world) string {
		w.listens()
		w.second("")
		return w.planned()
	}, func(w *world, s said, _ string) { w.invokesTheAlias(s) }),

	onLambda("lambda_alias.unqualified", func(w *world) string { // as it is meant
		w.listens()
		w.second("")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.second("    unqualified = \"allow\"\n") }),

	onLambda("lambda_alias.unqualified_elsewhere", func(w *world) string {
		w.listens()
		w.moves("    version = \"1\"\n")
		return w.planned()
	}, func(w *world, s said, _ string) { w.invokesTheAlias(s) }),

	onLambda("lambda_alias.no_permission", func(w *world) string {
		w.awsCLI("lambda", "add-permission", "--function-name", shop, "--statement-id", "nightly", "--action", "lambda:InvokeFunction",
			"--principal", "events.amazonaws.com", "--source-arn", "arn:aws:events:eu-central-1:123456789012:rule/nightly")
		w.second("")
		return w.planned()
	}, func(w *world, _ said, out string) {
		w.awsCLI(w.saidByAWS(out)...)
		if out := w.planned(); strings.Contains(out, "may not invoke the alias") {
			w.Errorf("it is said still:\n%s", out)
		}
	}),

	onLambda("cloud_monitoring.not_cloud_run", func(w *world) string {
		w.gated("fail_above = 5\n    cloud_monitoring {\n      metric = \"error_rate\"\n    }")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.second("") }),

	onLambda("cloud_logging.not_cloud_run", func(w *world) string {
		w.gated("fail_above = 0\n    count      = true\n    cloud_logging {\n      severity = \"ERROR\"\n    }")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.second("") }),

	onLambda("cloudwatch.no_fact", func(w *world) string {
		w.gated("fail_above = 5\n    cloudwatch {\n      metric = \"target_5xx\"\n    }")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.second("") }),

	onLambda("cloudwatch_alarm.no_fact", func(w *world) string {
		w.gated("cloudwatch_alarm {\n      alarm = \"errors of {{target_group}}\"\n    }")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.second("") }),

	onLambda("cloudwatch_logs.no_fact", func(w *world) string {
		w.gated("fail_above = 0\n    cloudwatch_logs {\n      filter  = \"ERROR\"\n      streams = \"{{target_group}}\"\n    }")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.second("") }),
}

// gated is a deployment with a step that one gate watches.
func (w *world) gated(gate string) {
	w.Helper()
	w.published(2, "", "  gate {\n    name       = \"errors\"\n    "+gate+"\n  }\n")
}
