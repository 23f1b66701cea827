package alarm

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

func TestPermissions(t *testing.T) { preflighttest.Permissions(t, Kind(), start) }

// start is an account with an alarm that is well.
func start(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, Kind())
	w.CreateAlarm("api errors", aws.AlarmOK)
	w.Block = values{"alarm": "api errors", "region": w.Region()}
	w.Gone = func() { w.Block["alarm"] = "none" }
	return w
}

func TestStates(t *testing.T) {
	w := start(t)
	preflighttest.Expect(t, w.Run(), "passed: it is OK")
	w.SetAlarm("api errors", aws.InAlarm)
	preflighttest.Expect(t, w.Run(), "failed, may pass: it is in ALARM since 2026-03-04 14:00 UTC")
	w.SetAlarm("api errors", aws.Insufficient)
	w.Block = values{"alarm": w.ARN("cloudwatch", "alarm:api errors")}
	preflighttest.Expect(t, w.Run(), "passed: it is not in ALARM: it has no data yet")
	w.Block = values{"alarm": "arn:aws:cloudwatch:us-east-1:" + w.Account() + ":alarm:api errors"}
	preflighttest.Expect(t, w.Run(), "failed, may pass: there is no such alarm in us-east-1")
}

func TestOddStates(t *testing.T) {
	c := check{}
	c.alarm.Name = "a"
	for want, s := range map[string]state{
		"skipped: CloudWatch answered with something else than that alarm": {name: "b", value: types.StateValueOk},
		"skipped: it is in a state that is not known here: QUIET":          {name: "a", value: "QUIET"},
		"failed, may pass: it is in ALARM since a time that is not known":  {name: "a", value: types.StateValueAlarm},
		"skipped: it is in a state that is not known here: ":               {name: "a"},
	} {
		preflighttest.Expect(t, []rollout.Finding{c.judge(rollout.Finding{}, s)}, want)
	}
}

// Composite alarms are shown only to who asks for them.
func TestCompositeAlarm(t *testing.T) {
	w := start(t)
	w.CreateCompositeAlarm("any errors", aws.InAlarm)
	w.Block = values{"alarm": "any errors"}
	preflighttest.Expect(t, w.Run(), "failed, may pass: it is in ALARM since 2026-03-04 14:00 UTC")
}

func TestValidate(t *testing.T) {
	const arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:api-errors"
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":         {values{"alarm": arn, "region": "eu-west-1"}, nil},
		"spaces":      {values{"alarm": "API errors (5xx)"}, nil},
		"unknown":     {values{"alarm": preflighttest.Unknown, "region": preflighttest.Unknown}, nil},
		"a log group": {values{"alarm": "arn:aws:logs:eu-west-1:123456789012:log-group:api"}, []string{"alarm"}},
		"two lines":   {values{"alarm": "api\nerrors"}, []string{"alarm"}},
		"nothing":     {values{"alarm": ""}, []string{"alarm"}},
		"two regions": {values{"alarm": arn, "region": "eu-west-2"}, []string{"region"}},
	})
}
