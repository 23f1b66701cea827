package provider_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

// newNeedyWorld is a world with a service of Cloud Run, and an account of AWS in
// which everything is that a revision may need there.
func newNeedyWorld(t *testing.T) *world {
	t.Helper()
	w := newEmptyWorld(t)
	w.amazon = awstest.New(t, aws.Options{Now: w.clock.Now})
	w.appears()
	w.serve()
	w.stocked()
	return w
}

// newStockedWorld is one of Lambda, with a second version and everything that it
// may need.
func newStockedWorld(t *testing.T) *world {
	t.Helper()
	w := newLambdaWorld(t)
	w.stocked()
	w.jobsInCluster()
	_, err := w.amazon.Publish(shop, w.build(2), map[string]string{"STAGE": "prod"})
	w.must(err)
	return w
}

// givensOfAWS are givens for the examples of AWS.
func (w *world) givensOfAWS() (values map[string]string, made []string) {
	w.Helper()
	var secret struct {
		ARN      string
		Versions map[string][]string `json:"VersionIdsToStages"`
	}
	w.must(w.amazon.JSON(w.Context(), "secretsmanager", "secretsmanager.DescribeSecret", map[string]any{"SecretId": "prod/stripe"}, &secret))
	own := func(service, resource string) string {
		return "arn:aws:" + service + ":" + w.amazon.Region() + ":" + w.amazon.Account() + ":" + resource
	}
	values = map[string]string{
		"alias": w.functionARN() + ":live", "revision": "2", "parameter": own("ssm", "parameter/prod/url"), "role": "arn:aws:iam::" + w.amazon.Account() + ":role/api",
		"uploads": "arn:aws:s3:::" + w.bucket(), "key": own("kms", "key/"+w.key()), "orders": w.database(), "client_group": w.amazonIDs[1], "database_group": w.amazonIDs[3],
		"logs": own("logs", "log-group:/app/api"), "alarm": own("cloudwatch", "alarm:api-errors"),
		"migrate_task": own("ecs", "task-definition/migrate:1"), "cluster": own("ecs", "cluster/shop"), "worker": "worker",
		"mailer_service": own("ecs", "service/shop/mailer"), "mailer_task": own("ecs", "task-definition/mailer:1"),
		"contract_function": own("lambda", "function:tidy"), "contract_version": "1",
	}
	for version := range secret.Versions {
		values["secret_id"] = secret.ARN + "|" + version
	}
	return values, slices.Sorted(maps.Keys(values))
}

const trusting = `{"Version":"2012-10-17","Statement":[%s]}`

// stocked makes one of everything on AWS.
func (w *world) stocked() {
	w.Helper()
	ctx, box := w.Context(), w.amazon
	w.must(box.JSON(ctx, "secretsmanager", "secretsmanager.CreateSecret", map[string]any{"Name": "prod/stripe", "SecretString": "s3cret"}, nil))
	w.must(box.JSON(ctx, "ssm", "AmazonSSM.PutParameter", map[string]any{"Name": "/prod/url", "Type": "String", "Value": "v"}, nil))
	_, err := box.CreateRole(ctx, "api", "lambda.amazonaws.com", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)
	w.must(err)
	w.must(box.CreateBucket(ctx, w.bucket()))
	w.must(box.PutObject(ctx, w.bucket(), "models/v7/weights", []byte("w")))
	w.versioned("Enabled")
	var key struct {
		KeyMetadata struct{ KeyId string }
	}
	w.must(box.JSON(ctx, "kms", "TrentService.CreateKey", map[string]any{"KeyUsage": "ENCRYPT_DECRYPT"}, &key))
	w.must(box.JSON(ctx, "kms", "TrentService.CreateAlias", map[string]any{"AliasName": "alias/app", "TargetKeyId": key.KeyMetadata.KeyId}, nil))
	b, err := box.CreateBalancer(ctx, "front", "blue", "green")
	w.must(err)
	box.CreateAlarm("api-errors", aws.AlarmOK)
	w.must(box.CreateLogGroup(ctx, "/app/api"))
	w.must(box.JSON(ctx, "ecr", "AmazonEC2ContainerRegistry_V20150921.CreateRepository", map[string]any{"repositoryName": "shop/api"}, nil))
	w.pushes("v1")
	w.must(box.JSON(ctx, "ecs", "AmazonEC2ContainerServiceV20141113.CreateCluster", map[string]any{"clusterName": "shop", "capacityProviders": []string{"FARGATE"}}, nil))
	w.hasMailer()
	_, err = box.Query(ctx, "rds", url.Values{
		"Action": {"CreateDBInstance"}, "DBInstanceIdentifier": {"orders"}, "DBInstanceClass": {"db.m5.large"}, "Engine": {"postgres"}, "EngineVersion": {"16.3"},
		"MasterUsername": {"app"}, "MasterUserPassword": {"s3cret of the sandbox"}, "AllocatedStorage": {"10"},
	})
	w.must(err)
	w.amazonIDs = []string{"@client-group", w.securityGroup("client", b.VPC), "@db-group", w.securityGroup("db", b.VPC), "@far-group", ""}
	_, err = box.Query(ctx, "ec2", url.Values{
		"Action": {"AuthorizeSecurityGroupIngress"}, "GroupId": {w.amazonIDs[3]}, "IpPermissions.1.IpProtocol": {"tcp"}, "IpPermissions.1.FromPort": {"5432"},
		"IpPermissions.1.ToPort": {"5432"}, "IpPermissions.1.Groups.1.GroupId": {w.amazonIDs[1]},
	})
	w.must(err)
	other, err := box.Query(ctx, "ec2", url.Values{"Action": {"CreateVpc"}, "CidrBlock": {"10.9.0.0/16"}})
	w.must(err)
	w.amazonIDs[5] = w.securityGroup("far", element(other, "vpcId"))
}

func (w *world) securityGroup(name, vpc string) string {
	w.Helper()
	out, err := w.amazon.Query(w.Context(), "ec2", url.Values{"Action": {"CreateSecurityGroup"}, "GroupName": {name}, "GroupDescription": {name}, "VpcId": {vpc}})
	w.must(err)
	return element(out, "groupId")
}

// element is the first of its name in an answer in XML.
func element(text, name string) string {
	_, rest, _ := strings.Cut(text, "<"+name+">")
	value, _, _ := strings.Cut(rest, "</"+name+">")
	return value
}

func (w *world) bucket() string { return "uploads-" + w.amazon.Account() }

func (w *world) versioned(status string) {
	w.Helper()
	w.must(w.amazon.S3(w.Context(), w.amazon.Region(), "PUT", "/"+w.bucket()+"?versioning=", "<VersioningConfiguration><Status>"+status+"</Status></VersioningConfiguration>"))
}

// pushes puts an image into the repository, and returns its digest.
func (w *world) pushes(tag string) string {
	w.Helper()
	manifest := `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[],"annotations":{"tag":"` + tag + `"}}`
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(manifest)))
	w.must(w.amazon.JSON(w.Context(), "ecr", "AmazonEC2ContainerRegistry_V20150921.PutImage", map[string]any{"repositoryName": "shop/api", "imageManifest": manifest, "imageDigest": digest, "imageTag": tag}, nil))
	return digest
}

// onAWS are blocks of requirements of AWS that are met, by kind.
var onAWS = map[string]string{
	"aws_secret":          "secret = \"prod/stripe\"",
	"ssm_parameter":       "parameter = \"/prod/url\"",
	"iam_role":            "role = \"api\"\ntrusts = \"lambda.amazonaws.com\"\nallows = [\"s3:GetObject\"]",
	"s3_bucket":           "name = \"uploads-@account\"\nversioning = true\nprefix = \"models/v7/\"",
	"kms_key":             "key = \"alias/app\"",
	"rds":                 "instance = \"orders\"",
	"ecs_cluster":         "cluster = \"shop\"",
	"ecr_image":           "image = \"@account.dkr.ecr.eu-central-1.amazonaws.com/shop/api:v1\"",
	"target_group":        "group = \"blue\"",
	"security_group_path": "from = \"@client-group\"\nto = \"@db-group\"\nport = 5432",
	"log_group":           "group = \"/app/api\"",
	"alarm":               "alarm = \"api-errors\"",
	"old_worker_stopped":  "ecs_service = \"shop/mailer\"\ntask_definition = \"mailer:1\"",
}

var kindsOfAWS = []string{
	"aws_secret", "ssm_parameter", "iam_role", "s3_bucket", "kms_key", "rds", "ecs_cluster", "ecr_image", "target_group", "security_group_path", "log_group", "alarm",
	"old_worker_stopped",
}

// needsOfAWS writes a deployment that requires one thing of each kind; other
// blocks stand in the place of those that are met.
func (w *world) needsOfAWS(other map[string]string) {
	w.Helper()
	text := ""
	for _, kind := range kindsOfAWS {
		block := onAWS[kind]
		if o, ok := other[kind]; ok {
			block = o
		}
		text += "    " + kind + " {\n      " + strings.ReplaceAll(block, "\n", "\n      ") + "\n    }\n"
	}
	w.simple("", "  requires {\n"+text+"  }\n")
}

// command is one of AWS's own, on a line of its own.
var commandOfAWS = regexp.MustCompile(`(?m)^[│ ]*  aws ([a-z0-9]+ [a-z-]+ .*)$`)

// runsOnAWS carries out the commands that an output prints.
func (w *world) runsOnAWS(out string) {
	w.Helper()
	done := map[string]bool{}
	for _, m := range commandOfAWS.FindAllStringSubmatch(out, -1) {
		if !done[m[1]] {
			done[m[1]] = true
			w.awsCLI(strings.Fields(m[1])...)
		}
	}
	if len(done) == 0 {
		w.Errorf("it prints no command:\n%s", out)
	}
}

// all are the messages of every kind whose IDs end alike.
func all(last string) string {
	var out []string
	for _, kind := range kindsOfAWS {
		out = append(out, kind+"."+last)
	}
	return strings.Join(out, " ")
}

// awsTroubles are those about who could not be asked, of all kinds at once.
func awsTroubles() []remedy {
	var out []remedy
	for last, kind := range map[string]aws.FaultKind{
		"denied": aws.Denied, "unauthenticated": aws.Unauthenticated, "unasked": aws.Internal, "unreadable": aws.DropBefore, "throttled": aws.Throttle,
	} {
		out = append(out, remedy{
			says: all(last), on: newNeedyWorld,
			provoke: func(w *world) string {
				w.needsOfAWS(nil)
				defer w.amazon.Fault(aws.Fault{Kind: kind})()
				return w.planned()
			},
		})
	}
	return out
}

func asTheyWere(w *world, _ said, _ string) { w.needsOfAWS(nil) }

// assumedBy replaces the trust policy of the role.
func (w *world) assumedBy(statements string) {
	w.Helper()
	_, err := w.amazon.Query(w.Context(), "iam", url.Values{"Action": {"UpdateAssumeRolePolicy"}, "RoleName": {"api"}, "PolicyDocument": {fmt.Sprintf(trusting, statements)}})
	w.must(err)
}

const (
	byLambda = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}`
	byNone   = `{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}`
	byTasks  = `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com"}}`
)

var amazonRemedies = []remedy{
	{
		says: "requirement.unmet " + all("gone"), on: newNeedyWorld,
		provoke: func(w *world) string {
			w.needsOfAWS(map[string]string{
				"aws_secret": "secret = \"prod/none\"", "ssm_parameter": "parameter = \"/prod/none\"", "iam_role": "role = \"none\"", "s3_bucket": "name = \"none-@account\"",
				"kms_key": "key = \"alias/none\"", "rds": "instance = \"none\"", "ecs_cluster": "cluster = \"none\"", "log_group": "group = \"/app/none\"",
				"ecr_image":    "image = \"@account.dkr.ecr.eu-central-1.amazonaws.com/shop/api:none\"",
				"target_group": "group = \"none\"", "alarm": "alarm = \"none\"", "old_worker_stopped": "ecs_service = \"shop/none\"\ntask_definition = \"mailer:1\"",
				"security_group_path": "from = \"@client-group\"\nto = \"sg-0123456789abcdef0\"\nport = 5432",
			})
			return w.planned()
		},
		fix: asTheyWere,
	},
	{
		says: "aws_secret.deleted ssm_parameter.other_type iam_role.no_trust s3_bucket.no_versioning kms_key.disabled rds.not_available ecs_cluster.no_capacity ecr_image.moved " +
			"target_group.other_type security_group_path.closed log_group.forgets alarm.in_alarm",
		on: newNeedyWorld,
		provoke: func(w *world) string {
			ctx := w.Context()
			w.must(w.amazon.JSON(ctx, "secretsmanager", "secretsmanager.DeleteSecret", map[string]any{"SecretId": "prod/stripe", "RecoveryWindowInDays": 7}, nil))
			w.assumedBy(byTasks)
			w.versioned("Suspended")
			w.disablesKey(ctx)
			w.amazon.SetDatabase(w.database(), aws.Database{Status: "rebooting"})
			w.must(w.amazon.JSON(ctx, "logs", "Logs_20140328.PutRetentionPolicy", map[string]any{"logGroupName": "/app/api", "retentionInDays": 3}, nil))
			w.amazon.SetAlarm("api-errors", aws.InAlarm)
			w.needsOfAWS(map[string]string{
				"ssm_parameter": onAWS["ssm_parameter"] + "\ntype = \"SecureString\"", "ecs_cluster": onAWS["ecs_cluster"] + "\ncapacity_provider = \"FARGATE_SPOT\"",
				"ecr_image":           onAWS["ecr_image"] + "\ndigest = \"sha256:7ee8de99267a111ac25a5b5f6838fb3dbe436e4c93584c34a5b5e277cc05fc51\"",
				"target_group":        onAWS["target_group"] + "\ntype = \"instance\"",
				"log_group":           onAWS["log_group"] + "\nmin_retention = 7",
				"security_group_path": "from = \"@db-group\"\nto = \"@client-group\"\nport = 5432",
			})
			return w.planned()
		},
		fix: func(w *world, _ said, out string) {
			w.runsOnAWS(out)
			w.assumedBy(byLambda)
			w.amazon.SetDatabase(w.database(), aws.Database{})
			w.amazon.SetAlarm("api-errors", aws.AlarmOK)
			w.needsOfAWS(map[string]string{"security_group_path": "from = \"@db-group\"\nto = \"@client-group\"\nport = 5432"})
		},
	},
	{
		says: "aws_secret.no_version iam_role.trust_denied s3_bucket.elsewhere kms_key.pending_deletion rds.upgrade_pending target_group.other_port security_group_path.by_address",
		on:   newNeedyWorld,
		provoke: func(w *world) string {
			w.assumedBy(byLambda + "," + byNone)
			w.must(w.amazon.JSON(w.Context(), "kms", "TrentService.ScheduleKeyDeletion", map[string]any{"KeyId": w.key()}, nil))
			w.amazon.SetDatabase(w.database(), aws.Database{Upgrade: "17.1"})
			_, err := w.amazon.Query(w.Context(), "ec2", url.Values{
				"Action": {"AuthorizeSecurityGroupIngress"}, "GroupId": {w.amazonIDs[3]}, "IpPermissions.1.IpProtocol": {"tcp"}, "IpPermissions.1.FromPort": {"6432"},
				"IpPermissions.1.ToPort": {"6432"}, "IpPermissions.1.IpRanges.1.CidrIp": {"10.0.0.0/24"},
			})
			w.must(err)
			w.needsOfAWS(map[string]string{
				"aws_secret": onAWS["aws_secret"] + "\nstage = \"blue\"", "s3_bucket": "name = \"uploads-@account\"\nregion = \"us-east-1\"",
				"target_group": onAWS["target_group"] + "\nport = 80", "security_group_path": "from = \"@client-group\"\nto = \"@db-group\"\nport = 6432",
			})
			return w.planned()
		},
		fix: func(w *world, _ said, out string) {
			w.runsOnAWS(out)
			w.assumedBy(byLambda)
			w.amazon.SetDatabase(w.database(), aws.Database{})
			w.needsOfAWS(nil)
		},
	},
	{
		says: "aws_secret.old_version iam_role.trust_under_condition s3_bucket.versioning kms_key.other_usage rds.other_version target_group.other_path security_group_path.apart",
		on:   newNeedyWorld,
		provoke: func(w *world) string {
			var secret struct{ ARN string }
			w.must(w.amazon.JSON(w.Context(), "secretsmanager", "secretsmanager.DescribeSecret", map[string]any{"SecretId": "prod/stripe"}, &secret))
			w.assumedBy(strings.Replace(byLambda, `"}}`, `"},"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}`, 1))
			w.needsOfAWS(map[string]string{
				"aws_secret": "secret = \"" + secret.ARN + "|00000000-0000-4000-8000-000000000000\"", "s3_bucket": "name = \"uploads-@account\"\nversioning = false",
				"kms_key": onAWS["kms_key"] + "\nusage = \"SIGN_VERIFY\"", "rds": onAWS["rds"] + "\nengine_version = \"15\"",
				"target_group": onAWS["target_group"] + "\nhealth_check_path = \"/healthz\"", "security_group_path": "from = \"@client-group\"\nto = \"@far-group\"\nport = 5432",
			})
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.assumedBy(byLambda)
			w.needsOfAWS(nil)
		},
	},
	{
		says: "iam_role.not_allowed s3_bucket.empty rds.maintenance target_group.not_attached", on: newNeedyWorld,
		provoke: func(w *world) string {
			w.amazon.SetDatabase(w.database(), aws.Database{Waiting: []aws.Maintenance{{Action: "system-update", Applied: w.clock.Now().Add(time.Second)}}})
			w.needsOfAWS(map[string]string{
				"iam_role": "role = \"api\"\nallows = [\"s3:PutObject\"]", "s3_bucket": "name = \"uploads-@account\"\nprefix = \"models/v8/\"", "target_group": "group = \"green\"\nattached = true",
			})
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.amazon.SetDatabase(w.database(), aws.Database{}) // it was let be done
			w.needsOfAWS(nil)
		},
	},
	{
		says: "requirement.unverified iam_role.unsimulated target_group.attached", on: newNeedyWorld,
		provoke: func(w *world) string {
			w.needsOfAWS(map[string]string{"target_group": "group = \"blue\"\nattached = false"})
			defer w.amazon.Fault(aws.Fault{Kind: aws.Denied, Action: "iam:SimulatePrincipalPolicy"})()
			return w.planned()
		},
		fix: asTheyWere,
	},
}

func (w *world) database() string {
	return "arn:aws:rds:" + w.amazon.Region() + ":" + w.amazon.Account() + ":db:orders"
}

// key is the id behind the alias.
func (w *world) key() string {
	w.Helper()
	var found struct {
		KeyMetadata struct{ KeyId string }
	}
	w.must(w.amazon.JSON(w.Context(), "kms", "TrentService.DescribeKey", map[string]any{"KeyId": "alias/app"}, &found))
	return found.KeyMetadata.KeyId
}

func (w *world) disablesKey(ctx context.Context) {
	w.Helper()
	w.must(w.amazon.JSON(ctx, "kms", "TrentService.DisableKey", map[string]any{"KeyId": w.key()}, nil))
}

// beyondOfAWS adds what no test can bring about of any kind of AWS.
func beyondOfAWS(beyond map[string]string) map[string]string {
	for _, kind := range kindsOfAWS {
		beyond[kind+".interrupted"] = "as gcp_secret.interrupted"
		beyond[kind+".no_answer"] = "takes half a minute of real time"
		beyond[kind+".odd_answer"] = "a fault of AWS: what was asked for is what is answered; tests of the kind have it"
	}
	return beyond
}
