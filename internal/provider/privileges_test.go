package provider_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// privileges are the worlds of TestLeastPrivilege. Between them they need everything
// that the guide has.
var privileges = map[string]privileged{
	"lambda_alias from a version of an object": {
		platform: "lambda_alias", open: openBuilds, fill: ofBuilds, warns: []string{"lambda:ListTags"},
		wish: func(w *world, n int) {
			w.moves(fmt.Sprintf(`    s3_bucket               = %q
    s3_key                  = "api.zip"
    s3_object_version       = %q
    code_sha256             = %q
    environment             = { STAGE = "%d" }
    provisioned_concurrency = 1
`, w.builds(), w.object(n), sum(w.build(n+1)), n))
		},
	},
	"lambda_alias from an object": {
		platform: "lambda_alias", open: openBuilds, fill: ofBuilds, those: []string{"s3:GetObject on"},
		wish: func(w *world, n int) {
			w.object(n)
			w.moves(fmt.Sprintf("    s3_bucket   = %q\n    s3_key      = \"api.zip\"\n    code_sha256 = %q\n", w.builds(), sum(w.build(n+1))))
		},
	},
	"lambda_alias at the newest version": {
		platform: "lambda_alias", open: newLambdaWorld, fill: ofShop, those: []string{"lambda:ListVersionsByFunction"},
		warns: []string{"lambda:ListVersionsByFunction"}, // there is nothing to move that a plan could see
		wish: func(w *world, n int) {
			for len(w.amazon.Versions(shop)) <= n {
				_, err := w.amazon.Publish(shop, w.build(len(w.amazon.Versions(shop))+1), nil)
				w.must(err)
			}
			w.write(fmt.Sprintf("resource \"rollout_safe_deployment\" \"api\" {\n  lambda_alias {\n    alias   = \"@alias\"\n    version = \"newest\"\n  }\n  watch = \"%dm\"\n}\n", n))
		},
	},
	"lambda_alias whose users come by a function URL": {
		platform: "lambda_alias", open: newLambdaWorld, fill: ofShop,
		those: []string{"lambda:GetFunctionUrlConfig on arn:aws:lambda:REGION:ACCOUNT:function:FUNCTION:*"}, warns: []string{"lambda:GetFunctionUrlConfig"},
		wish: func(w *world, n int) {
			w.write(fmt.Sprintf(`
resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias       = "@alias"
    filename    = "@zip2"
    code_sha256 = "@sum2"
    environment = { STAGE = "%d" }
  }
%s}
`, n, asksUsersWay))
		},
	},
	"lambda_alias from another account's image": {
		platform: "lambda_alias", open: openImages, those: []string{"ecr:"},
		fill: func(*world) map[string]string {
			return map[string]string{"FUNCTION": "packed", "REGISTRY_ACCOUNT": registryOfOthers, "REPOSITORY": "shop/api"}
		},
		wish: func(w *world, n int) {
			w.write(fmt.Sprintf(`
resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias     = "@packedalias"
    image_uri = "%s.dkr.ecr.%s.amazonaws.com/shop/api@%s"
  }
}
`, registryOfOthers, w.amazon.Region(), w.packedAs(n)))
		},
	},
	"alb at a listener": {
		platform: "alb", open: newALBWorld, fill: ofFront, warns: []string{"cloudwatch:GetMetricData"},
		wish: func(w *world, n int) { w.takesTurns(n, "listener = \"@listener\"", "    quiet = \"1m\"\n") },
	},
	"alb at a rule that authenticates": {
		platform: "alb", open: openRule, fill: ofFront, those: []string{"Rule", "DescribeListeners", "cognito-idp:"},
		warns: []string{"elasticloadbalancing:DescribeListeners"},
		wish:  func(w *world, n int) { w.takesTurns(n, "rule = \"@rule\"", "", asksUsersWay) },
	},
	"alb before services of ECS": {
		platform: "alb", open: openServices, fill: ofFront, those: []string{"ecs:", "application-autoscaling:"}, warns: []string{"application-autoscaling:DescribeScalableTargets"},
		wish: func(w *world, n int) { w.takesTurns(n, "listener = \"@listener\"", "    ecs_cluster = \"main\"\n") },
	},
	"alb before a service of ECS that fails": {
		platform: "alb", open: openBrokenService, fill: ofFront, those: []string{"ecs:"}, failing: "its last task stopped: Essential container in task exited",
		wish: func(w *world, _ int) { w.takesTurns(1, "listener = \"@listener\"", "    ecs_cluster = \"main\"\n") },
	},
	"alb before Auto Scaling": {
		platform: "alb", open: openScaled, fill: ofFront, those: []string{"autoscaling:"}, warns: []string{"autoscaling:DescribePolicies"},
		wish: func(w *world, n int) { w.takesTurns(n, "listener = \"@listener\"", "") },
	},
	"alb before Auto Scaling that fails": {
		platform: "alb", open: openBrokenScaling, fill: ofFront, those: []string{"autoscaling:"}, failing: "Your quota allows for 0 more running instance(s).",
		explains: []string{"autoscaling:DescribeScalingActivities"},
		wish:     func(w *world, _ int) { w.takesTurns(1, "listener = \"@listener\"", "") },
	},
	"the idle group before services of ECS": {
		platform: "alb", open: newECSWorld, fill: ofFront, those: []string{"ecs:DescribeTaskDefinition"},
		wish: func(w *world, n int) { w.asksForASlot(n, "    ecs_cluster = \"main\"\n") },
	},
	"the idle group before Auto Scaling": {
		platform: "alb", open: openScaled, fill: ofFront, those: []string{"ec2:DescribeLaunchTemplateVersions"},
		wish: func(w *world, n int) { w.asksForASlot(n, "") },
	},
	"requirements": {
		kinds: []string{
			"aws_secret", "ssm_parameter", "iam_role", "iam_role with `allows`; optional", "s3_bucket", "s3_bucket with `versioning`", "kms_key", "rds with `instance`",
			"rds with `cluster`", "ecs_cluster", "ecr_image", "target_group", "security_group_path", "log_group", "alarm",
			"old_worker_stopped",
		},
		open: openNeeds, warns: []string{"iam:SimulatePrincipalPolicy"},
		fill: func(w *world) map[string]string {
			return map[string]string{
				"SECRET": "prod/stripe", "ROLE": "api", "BUCKET": w.bucket(), "KEY": w.key(), "DB_INSTANCE": "orders", "DB_CLUSTER": "ledger", "CLUSTER": "shop", "SERVICE": "mailer", "REPOSITORY": "shop/api",
			}
		},
		wish: func(w *world, n int) {
			text := ""
			for _, kind := range kindsOfAWS {
				text += "    " + kind + " {\n      " + strings.ReplaceAll(onAWS[kind], "\n", "\n      ") + "\n    }\n"
			}
			w.write(fmt.Sprintf("resource \"rollout_preflight\" \"infra\" {\n  triggers = { n = \"%d\" }\n  requires {\n%s    rds {\n      cluster = \"ledger\"\n    }\n  }\n}\n", n, text))
		},
	},
	"an old worker that is told to stop": {
		kinds: []string{"old_worker_stopped with `stop_after`", "old_worker_stopped"}, open: openNeeds, those: []string{"ecs:StopTask"},
		fill: func(*world) map[string]string { return map[string]string{"CLUSTER": "shop", "SERVICE": "mailer"} },
		wish: func(w *world, n int) {
			w.mailersAreAtWork()
			w.ecs("UpdateService", map[string]any{"cluster": "shop", "service": "mailer", "forceNewDeployment": true})
			w.barrier(n, "    old_worker_stopped {\n      "+strings.ReplaceAll(onAWS["old_worker_stopped"], "\n", "\n      ")+"\n      within = \"9m\"\n      stop_after = \"3m\"\n    }\n")
		},
	},
	"jobs of a worker on ECS": {
		kinds: []string{"worker_jobs with `ecs_service`"}, fill: func(*world) map[string]string { return map[string]string{"CLUSTER": "shop", "SERVICE": "poster"} },
		open: func(t *testing.T) *world {
			t.Helper()
			w := openNeeds(t)
			w.worksOnECS(1, 2)
			return w
		},
		wish: func(w *world, n int) {
			w.barrier(n, "    worker_jobs {\n"+strings.Replace(ofTasks, "NAME", "poster", 1)+"    }\n")
		},
	},
	"jobs": {
		platform: "lambda_alias", kinds: []string{"ecs_task for both roles of the task", "ecs_task with `service`", "ecs_task", "lambda with `qualifier`", "lambda"}, open: newLambdaJobsWorld, fill: ofJobs,
		wish: func(w *world, n int) { w.releasesNext(n, migratesOnECS+tidiesOnLambda) },
	},
	"a job that fails": {
		platform: "lambda_alias", kinds: []string{"ecs_task", "ecs_task with `service`", "ecs_task for both roles of the task", "ecs_task for `log_lines`"}, fill: ofJobs, those: []string{"logs:GetLogEvents"},
		failing: "ended with exit code 3",
		open: func(t *testing.T) *world {
			t.Helper()
			w := newLambdaJobsWorld(t)
			w.amazon.RunsTasks(tasksOfMigrate, func(aws.TaskRun) aws.TaskEnd { return aws.TaskEnd{Exit: 3, Log: []string{"no such column"}} })
			return w
		},
		wish: func(w *world, n int) { w.releasesNext(n, migratesOnECS) },
	},
	"a job whose answer is lost": {
		platform: "lambda_alias", kinds: []string{"lambda", "lambda without `qualifier`", "lambda where an answer was lost"}, fill: ofJobs, those: []string{"GetMetricData", "GetFunctionConfiguration"},
		open: func(t *testing.T) *world {
			t.Helper()
			w := newLambdaJobsWorld(t)
			w.amazon.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "lambda:Invoke"})
			return w
		},
		wish: func(w *world, n int) {
			w.releasesNext(n, "  before {\n    name = \"tidy\"\n    lambda {\n      function = \"tidy\"\n    }\n  }\n")
		},
	},
	"settings of a function": {
		kinds: []string{"config_sync"}, open: newLambdaWorld, fill: ofShop,
		wish: func(w *world, n int) {
			w.write(fmt.Sprintf(`
resource "rollout_preflight" "settings" {
  triggers = { n = "%d" }
  requires {
    config_sync {
      needs = ["AWS_REGION"]
      place {
        lambda_function = "@function"
      }
    }
  }
}
`, n))
		},
	},
	"settings of tasks": {
		kinds: []string{"config_sync with `ecs_task_definition`"}, open: newECSWorld, fill: ofFront,
		wish: func(w *world, n int) {
			w.barrier(n, "    config_sync {\n      needs = [\"AWS_EXECUTION_ENV\"]\n      place {\n        ecs_task_definition = \"app:1\"\n      }\n    }\n")
		},
	},
	"two environments": {
		kinds: ofEnvironments("environment_parity", "with `lambda_function` without an alias or a version"), open: openEnvironments, fill: ofStages,
		wish: func(w *world, n int) {
			w.barrier(n, "    environment_parity {\n"+environmentsOf(`lambda_function = "packed:live"`, `lambda_function = "packed"`)+"    }\n    environment_parity {\n"+
				environmentsOf("listener = \"@listener\"\n        ecs_cluster = \"main\"", "rule = \"@rule\"\n        ecs_cluster = \"main\"")+"    }\n")
		},
	},
	"what another environment promoted": {
		kinds: ofEnvironments("promoted_from"), open: openEnvironments, fill: ofStages,
		wish: func(w *world, n int) {
			text := ""
			for _, place := range []string{`lambda_function = "packed:live"`, "listener = \"@listener\"\n      ecs_cluster = \"main\"", "rule = \"@rule\"\n      ecs_cluster = \"main\""} {
				text += "    promoted_from {\n      " + place + "\n    }\n"
			}
			w.write(fmt.Sprintf("resource \"rollout_safe_deployment\" \"api\" {\n  cloud_run {\n    service = \"@service\"\n    image   = %q\n  }\n  triggers = { n = \"%d\" }\n  requires {\n%s  }\n}\n", builtAs, n, text))
		},
	},
	"gates of CloudWatch": {
		platform: "lambda_alias", kinds: []string{"cloudwatch", "cloudwatch_alarm", "cloudwatch_logs"}, open: watchedLambda, fill: ofWatched,
		wish: func(w *world, n int) {
			w.published(2, fmt.Sprintf("    environment = { STAGE = \"%d\" }\n", n), onCloudWatch)
		},
	},
	"a gate of a composite alarm": {
		platform: "lambda_alias", kinds: []string{"cloudwatch_alarm for a composite alarm"}, fill: ofWatched,
		open: func(t *testing.T) *world {
			t.Helper()
			w := watchedLambda(t)
			w.amazon.CreateCompositeAlarm("all", aws.AlarmOK)
			return w
		},
		wish: func(w *world, n int) {
			w.published(2, fmt.Sprintf("    environment = { STAGE = \"%d\" }\n", n), "  gate {\n    name = \"alarm\"\n    cloudwatch_alarm {\n      alarm = \"all\"\n    }\n  }\n")
		},
	},
}

// ofEnvironments are the rows of a kind that reads environments, and those that it
// has beside.
func ofEnvironments(kind string, more ...string) []string {
	var out []string
	for _, row := range append([]string{"with `lambda_function`", "with Amazon ECS", "with `ecs_cluster`", "with `listener`", "with `rule`"}, more...) {
		out = append(out, kind+" "+row)
	}
	return out
}

// builtAs is the image that functions, tasks and services have in common.
const builtAs = "example.com/shop@sha256:7ee8de99267a111ac25a5b5f6838fb3dbe436e4c93584c34a5b5e277cc05fc51"

func ofStages(*world) map[string]string {
	return map[string]string{"FUNCTION": "packed", "CLUSTER": "main"}
}

// environmentsOf are two of environment_parity.
func environmentsOf(staging, production string) string {
	return fmt.Sprintf("      environment {\n        name = \"staging\"\n        %s\n      }\n      environment {\n        name = \"production\"\n        %s\n      }\n", staging, production)
}

// barrier writes the n-th barrier with requirements.
func (w *world) barrier(n int, requires string) {
	w.Helper()
	w.write(fmt.Sprintf("resource \"rollout_preflight\" \"needs\" {\n  triggers = { n = \"%d\" }\n  requires {\n%s  }\n}\n", n, requires))
}

// openEnvironments has the same image in a service of Cloud Run, a function, and
// behind a listener and a rule.
func openEnvironments(t *testing.T) *world {
	t.Helper()
	w := newEmptyALBWorld(t)
	w.box.AcceptImage(builtAs, sandbox.Behaviour{Version: "2"})
	w.appears()
	w.functionAppears()
	w.balancerAppears()
	w.elbv2Rule()
	w.onECS("CreateCluster", map[string]any{"clusterName": "main"})
	w.onECS("RegisterTaskDefinition", map[string]any{"family": "app", "containerDefinitions": []any{map[string]any{"name": "app", "image": builtAs, "memory": 128, "cpu": 1}}})
	w.service("blue")
	w.clock.Advance(time.Minute)
	w.serve()
	return w
}

// elbv2Rule adds a rule that forwards to blue.
func (w *world) elbv2Rule() {
	w.Helper()
	out := w.elbv2("Action", "CreateRule", "ListenerArn", w.front.Listener, "Priority", "7",
		"Conditions.member.1.Field", "path-pattern", "Conditions.member.1.PathPatternConfig.Values.member.1", "/api/*",
		"Actions.member.1.Type", "forward", "Actions.member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn", w.front.Groups["blue"], "Actions.member.1.ForwardConfig.TargetGroups.member.1.Weight", "1")
	w.amazonIDs = []string{"@rule", element(out, "RuleArn")}
}

// asksUsersWay is a gate that asks where users do. What they would get does not
// matter here.
const asksUsersWay = `  watch = "2m"
  gate {
    name    = "health"
    dry_run = true
    http {
      request {
        path = "/"
      }
    }
  }
`

const registryOfOthers = "444455556666"

func ofShop(*world) map[string]string { return map[string]string{"FUNCTION": shop} }

func ofBuilds(w *world) map[string]string {
	return map[string]string{"FUNCTION": shop, "BUCKET": w.builds(), "OBJECT": "api.zip"}
}

func ofFront(*world) map[string]string {
	return map[string]string{"BALANCER": "front", "CLUSTER": "main", "USER_POOL": "eu-central-1_shop"}
}

func ofWatched(*world) map[string]string {
	return map[string]string{"FUNCTION": shop, "ALARM": "shop", "LOG_GROUP": "/aws/lambda/" + shop}
}

func (w *world) builds() string { return "builds-" + w.amazon.Account() }

// openBuilds is a function whose builds are in a bucket with versions, and which API
// Gateway may invoke.
func openBuilds(t *testing.T) *world {
	t.Helper()
	w := newLambdaWorld(t)
	w.must(w.amazon.CreateBucket(t.Context(), w.builds()))
	w.must(w.amazon.S3(t.Context(), w.amazon.Region(), "PUT", "/"+w.builds()+"?versioning=", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"))
	for _, of := range [][]string{nil, {"--qualifier", "live"}} {
		w.awsCLI(append([]string{"lambda", "add-permission", "--function-name", shop, "--statement-id", "api", "--action", "lambda:InvokeFunction", "--principal", "apigateway.amazonaws.com"}, of...)...)
	}
	return w
}

// openImages has a repository. What registries of other accounts have, the sandbox
// looks for in this one's.
func openImages(t *testing.T) *world {
	t.Helper()
	w := newLambdaWorld(t)
	w.must(w.amazon.JSON(t.Context(), "ecr", "AmazonEC2ContainerRegistry_V20150921.CreateRepository", map[string]any{"repositoryName": "shop/api"}, nil))
	return w
}

// packedAs is the digest of the n-th image.
func (w *world) packedAs(n int) string {
	w.Helper()
	for len(w.objects) < n {
		w.objects = append(w.objects, w.pushes(fmt.Sprint("v", len(w.objects)+1)))
	}
	return w.objects[n-1]
}

// object has the n-th build in the bucket, and returns the version of the object.
func (w *world) object(n int) string {
	w.Helper()
	for len(w.objects) < n {
		w.must(w.amazon.PutObject(w.Context(), w.builds(), "api.zip", w.build(len(w.objects)+2)))
		out := w.awsCLI("s3api", "list-object-versions", "--bucket", w.builds(), "--query", "Versions[?IsLatest].VersionId", "--output", "text")
		w.objects = append(w.objects, strings.TrimSpace(out))
	}
	return w.objects[n-1]
}

// takesTurns wants new content in the group that does not serve.
func (w *world) takesTurns(n int, at, inside string, beside ...string) {
	w.Helper()
	w.write(fmt.Sprintf("resource \"rollout_safe_deployment\" \"api\" {\n  alb {\n    %s\n    target_group = \"@%s\"\n    content = \"shop:%d\"\n%s  }\n%s}\n",
		at, []string{"blue", "green"}[n%2], n+1, inside, strings.Join(beside, "")))
}

// asksForASlot wants to know which group is idle, beside something that changes.
func (w *world) asksForASlot(n int, inside string) {
	w.Helper()
	w.write(fmt.Sprintf(`
data "rollout_slot" "api" {
  alb {
    listener      = "@listener"
    target_groups = { blue = "@blue", green = "@green" }
%s  }
  content = "shop:2"
}

resource "terraform_data" "next" {
  input = "%d"
}
`, inside, n))
}

// openRule is a load balancer, one rule of which asks Amazon Cognito who somebody is
// and forwards to blue.
func openRule(t *testing.T) *world {
	t.Helper()
	w := newALBWorld(t)
	out := w.elbv2("Action", "CreateRule", "ListenerArn", w.front.Listener, "Priority", "5",
		"Conditions.member.1.Field", "path-pattern", "Conditions.member.1.PathPatternConfig.Values.member.1", "/api/*",
		"Actions.member.1.Type", "authenticate-cognito", "Actions.member.1.Order", "1",
		"Actions.member.1.AuthenticateCognitoConfig.UserPoolArn", "arn:aws:cognito-idp:"+w.amazon.Region()+":"+w.amazon.Account()+":userpool/eu-central-1_shop",
		"Actions.member.1.AuthenticateCognitoConfig.UserPoolClientId", "client", "Actions.member.1.AuthenticateCognitoConfig.UserPoolDomain", "shop",
		"Actions.member.2.Type", "forward", "Actions.member.2.Order", "2",
		"Actions.member.2.ForwardConfig.TargetGroups.member.1.TargetGroupArn", w.front.Groups["blue"], "Actions.member.2.ForwardConfig.TargetGroups.member.1.Weight", "100",
		"Actions.member.2.ForwardConfig.TargetGroups.member.2.TargetGroupArn", w.front.Groups["green"], "Actions.member.2.ForwardConfig.TargetGroups.member.2.Weight", "0")
	w.amazonIDs = []string{"@rule", element(out, "RuleArn")}
	return w
}

// openServices has a service of ECS behind each group, which autoscaling may take
// tasks from.
func openServices(t *testing.T) *world {
	t.Helper()
	w := newALBWorld(t)
	w.scaled()
	w.service("green")
	w.clock.Advance(time.Minute)
	w.hastens()
	return w
}

// hastens lets twenty seconds pass in each that somebody sleeps, where ten minutes are
// waited for what does not come.
func (w *world) hastens() {
	var within atomic.Bool
	w.clock.Every(time.Second, func(time.Time) {
		if within.CompareAndSwap(false, true) {
			w.clock.Advance(20 * time.Second)
			within.Store(false)
		}
	})
}

// openBrokenService is openServices where green is deployed and does not start.
func openBrokenService(t *testing.T) *world {
	t.Helper()
	w := openServices(t)
	arn := "arn:aws:ecs:" + w.amazon.Region() + ":" + w.amazon.Account() + ":service/main/green"
	w.amazon.FailDeployment(arn, "essential container exited")
	w.onECS("UpdateService", map[string]any{"cluster": "main", "service": "green", "forceNewDeployment": true})
	w.amazon.StopTask(arn, "EssentialContainerExited", "Essential container in task exited")
	w.clock.Advance(time.Minute)
	return w
}

// openScaled has groups of instances of Auto Scaling, which a policy may take from.
func openScaled(t *testing.T) *world {
	t.Helper()
	w := newInstancesWorld(t, 2)
	w.register("blue", "green")
	w.hastens()
	return w
}

// openBrokenScaling is openScaled where green gets no instance.
func openBrokenScaling(t *testing.T) *world {
	t.Helper()
	w := newInstancesWorld(t, 0)
	w.register("blue")
	w.amazon.Activity("green", "Failed", "Your quota allows for 0 more running instance(s).")
	w.hastens()
	return w
}

// newInstancesWorld has an Auto Scaling group before each of blue and green, of two
// instances and of so many.
func newInstancesWorld(t *testing.T, green int) *world {
	t.Helper()
	w := newALBWorld(t)
	w.forward("spare", 100)
	for _, g := range []string{"blue", "green"} {
		w.elbv2("Action", "DeleteTargetGroup", "TargetGroupArn", w.front.Groups[g])
	}
	w.extra("instance", "blue", "green")
	w.forward("blue", 100, "green", 0)
	subnets, err := w.amazon.Query(t.Context(), "ec2", url.Values{"Action": {"DescribeSubnets"}, "Filter.1.Name": {"vpc-id"}, "Filter.1.Value.1": {w.front.VPC}})
	w.must(err)
	made, err := w.amazon.Query(t.Context(), "ec2", url.Values{
		"Action": {"CreateLaunchTemplate"}, "LaunchTemplateName": {"app"}, "LaunchTemplateData.ImageId": {"ami-12c6146b"}, "LaunchTemplateData.InstanceType": {"t2.micro"},
	})
	w.must(err)
	var forms []url.Values
	for g, size := range map[string]int{"blue": 2, "green": green} {
		forms = append(forms, url.Values{
			"Action": {"CreateAutoScalingGroup"}, "AutoScalingGroupName": {g}, "MinSize": {"0"}, "MaxSize": {"4"}, "DesiredCapacity": {fmt.Sprint(size)},
			"LaunchTemplate.LaunchTemplateId": {element(made, "launchTemplateId")}, "LaunchTemplate.Version": {"1"}, "VPCZoneIdentifier": {element(subnets, "subnetId")}, "TargetGroupARNs.member.1": {w.front.Groups[g]},
		}, url.Values{"Action": {"PutScalingPolicy"}, "AutoScalingGroupName": {g}, "PolicyName": {"cpu"}, "PolicyType": {"SimpleScaling"}, "AdjustmentType": {"ChangeInCapacity"}, "ScalingAdjustment": {"-1"}})
	}
	for _, form := range forms {
		_, err := w.amazon.Query(t.Context(), "autoscaling", form)
		w.must(err)
	}
	return w
}

// register puts the instances of Auto Scaling groups into the target groups of their
// names.
func (w *world) register(groups ...string) {
	w.Helper()
	for _, g := range groups {
		out, err := w.amazon.Query(w.Context(), "autoscaling", url.Values{"Action": {"DescribeAutoScalingGroups"}, "AutoScalingGroupNames.member.1": {g}})
		w.must(err)
		for _, part := range strings.Split(out, "<InstanceId>")[1:] {
			id, _, _ := strings.Cut(part, "<")
			w.must(w.amazon.Register(w.Context(), w.front.Groups[g], id))
		}
		w.must(w.amazon.SetAttribute(w.Context(), w.front.Groups[g], "deregistration_delay.timeout_seconds", "30"))
	}
	w.clock.Advance(time.Minute)
}

func ofJobs(*world) map[string]string {
	return map[string]string{
		"FUNCTION": shop, "JOB_FUNCTION": "tidy", "FAMILY": "migrate", "CLUSTER": "shop", "SERVICE": "worker", "TASK_ROLE": "task", "LOG_GROUP": "/ecs/migrate",
	}
}

// releasesNext wants other content, with jobs: the same code in the n-th stage.
func (w *world) releasesNext(n int, jobs string) {
	w.Helper()
	w.write(fmt.Sprintf("resource \"rollout_safe_deployment\" \"api\" {\n  lambda_alias {\n    alias       = \"@alias\"\n    filename    = \"@zip2\"\n    code_sha256 = \"@sum2\"\n    environment = { STAGE = \"%d\" }\n  }\n%s}\n", n, jobs))
}

// openNeeds has one of everything that a requirement may ask for.
func openNeeds(t *testing.T) *world {
	t.Helper()
	w := newNeedyWorld(t)
	_, err := w.amazon.Query(t.Context(), "rds", url.Values{
		"Action": {"CreateDBCluster"}, "DBClusterIdentifier": {"ledger"}, "Engine": {"aurora-postgresql"}, "EngineVersion": {"16.3"},
		"MasterUsername": {"app"}, "MasterUserPassword": {"s3cret of the sandbox"},
	})
	w.must(err)
	return w
}
