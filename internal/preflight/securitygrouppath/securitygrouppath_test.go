package securitygrouppath

import (
	"os"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness {
		w, _ := start(t)
		return w
	})
}

func TestPermissions(t *testing.T) {
	preflighttest.Permissions(t, Kind(), func(t *testing.T) *preflighttest.OnAWS {
		w, _ := start(t)
		return w
	})
}

const none = "sg-0123456789abcdef0"

type pair struct{ app, db string }

// start is an account with an app whose group may reach the group of a database.
func start(t *testing.T) (*preflighttest.OnAWS, pair) {
	w := preflighttest.NewOnAWS(t, Kind())
	var vpc struct {
		ID string `xml:"vpc>vpcId"`
	}
	w.Query("ec2", version, "CreateVpc", &vpc, "CidrBlock", "10.0.0.0/16")
	p := pair{app: create(w, "app", vpc.ID), db: create(w, "db", vpc.ID)}
	w.Query("ec2", version, "AuthorizeSecurityGroupIngress", nil, "GroupId", p.db, "IpPermissions.1.IpProtocol", "tcp", "IpPermissions.1.FromPort", "5432",
		"IpPermissions.1.ToPort", "5433", "IpPermissions.1.Groups.1.GroupId", p.app)
	w.Block = values{"from": p.app, "to": p.db, "port": 5432, "protocol": "tcp", "region": w.Region()}
	w.Gone = func() { w.Block["to"] = none }
	return w, p
}

func create(w *preflighttest.OnAWS, name, vpc string) string {
	var made struct {
		ID string `xml:"groupId"`
	}
	w.Query("ec2", version, "CreateSecurityGroup", &made, "GroupName", name, "GroupDescription", name, "VpcId", vpc)
	return made.ID
}

func TestPath(t *testing.T) {
	w, p := start(t)
	leaves, arrives := "passed: "+p.app+" lets tcp 5432 to "+p.db, "passed: "+p.db+" lets tcp 5432 from "+p.app
	w.Block = values{"from": p.app, "to": w.ARN("ec2", "security-group/"+p.db), "port": 5432}
	preflighttest.Expect(t, w.Run(), leaves, arrives)
	w.Block["port"] = 5434
	got := w.Run()
	preflighttest.Expect(t, got, strings.Replace(leaves, "5432", "5434", 1), "failed, may pass: no rule of "+p.db+" for ingress lets tcp 5434 from "+p.app)
	want := "Add one, in aws_vpc_security_group_ingress_rule or by\n  aws ec2 authorize-security-group-ingress --region eu-central-1 --group-id " + p.db +
		" --ip-permissions IpProtocol=tcp,FromPort=5434,ToPort=5434,UserIdGroupPairs=[{GroupId=" + p.app + "}]"
	if got[1].Fix != want {
		t.Errorf("to do is %q", got[1].Fix)
	}
	w.Block = values{"from": p.app, "to": p.db, "port": 5432, "protocol": "udp"}
	preflighttest.Expect(t, w.Run(), "passed: "+p.app+" lets udp 5432 to "+p.db, "failed, may pass: no rule of "+p.db+" for ingress lets udp 5432 from "+p.app)
	w.Query("ec2", version, "RevokeSecurityGroupEgress", nil, "GroupId", p.app, "IpPermissions.1.IpProtocol", "-1", "IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0")
	w.Block = values{"from": p.app, "to": p.db, "port": 5432}
	preflighttest.Expect(t, w.Run(), "failed, may pass: no rule of "+p.app+" for egress lets tcp 5432 to "+p.db, arrives)
	w.Query("ec2", version, "AuthorizeSecurityGroupIngress", nil, "GroupId", p.db, "IpPermissions.1.IpProtocol", "tcp", "IpPermissions.1.FromPort", "6432",
		"IpPermissions.1.ToPort", "6432", "IpPermissions.1.IpRanges.1.CidrIp", "10.0.0.0/24")
	w.Block = values{"from": p.app, "to": p.db, "port": 6432}
	got = w.Run()
	preflighttest.Expect(t, got[1:], "skipped: whether "+p.db+" lets tcp 6432 from "+p.app+" is unknown: its rules for ingress name 10.0.0.0/24, and which addresses are behind "+p.app+" is not looked at")
	if got[1].Stops() {
		t.Error("it stops")
	}
	w.Block = values{"from": none, "to": p.db, "port": 6432}
	preflighttest.Expect(t, w.Run(), "failed, may pass: there is no such security group as "+none+" in eu-central-1")
}

// A group may have to reach itself.
func TestItself(t *testing.T) {
	w, p := start(t)
	w.Block = values{"from": p.db, "to": p.db, "port": 5432}
	preflighttest.Expect(t, w.Run(), "passed: "+p.db+" lets tcp 5432 to "+p.db, "failed, may pass: no rule of "+p.db+" for ingress lets tcp 5432 from "+p.db)
}

func TestOtherVPC(t *testing.T) {
	c := check{port: 80, protocol: "tcp"}
	all := []rule{{Protocol: "-1", V4: []string{"0.0.0.0/0"}}}
	got := c.judge(rollout.Finding{}, group{ID: "sg-a", VPC: "vpc-1", Egress: all}, group{ID: "sg-b", VPC: "vpc-2", Ingress: all}, "")
	preflighttest.Expect(t, got, "passed: sg-a lets tcp 80 to sg-b", "passed: sg-b lets tcp 80 from sg-a",
		"skipped: sg-a is in vpc-1 and sg-b in vpc-2, where rules that name groups need a peering, which is not looked at")
	if got[2].Stops() {
		t.Error("it stops")
	}
}

func TestCovers(t *testing.T) {
	c := check{port: 443, protocol: "tcp"}
	for name, x := range map[string]struct {
		r    rule
		want bool
	}{
		"all":            {rule{Protocol: "-1"}, true},
		"the port":       {rule{Protocol: "tcp", From: 443, To: 443}, true},
		"by number":      {rule{Protocol: "6", From: 0, To: 65535}, true},
		"ports below":    {rule{Protocol: "tcp", From: 1, To: 442}, false},
		"ports above":    {rule{Protocol: "tcp", From: 444, To: 65535}, false},
		"another":        {rule{Protocol: "udp", From: 443, To: 443}, false},
		"another number": {rule{Protocol: "17", From: 443, To: 443}, false},
		"ICMP":           {rule{Protocol: "icmp", From: -1, To: -1}, false},
	} {
		if got := c.covers(x.r); got != x.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestValidate(t *testing.T) {
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":         {values{"from": none, "to": "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-12345678", "port": 65535, "protocol": "udp", "region": "eu-west-1"}, nil},
		"unknown":     {values{"from": preflighttest.Unknown, "to": preflighttest.Unknown, "port": preflighttest.Unknown, "protocol": preflighttest.Unknown, "region": preflighttest.Unknown}, nil},
		"names":       {values{"from": "app", "to": "db", "port": 1}, []string{"from", "to"}},
		"no port":     {values{"from": none, "to": none, "port": 0}, []string{"port"}},
		"a high port": {values{"from": none, "to": none, "port": 65536}, []string{"port"}},
		"ICMP":        {values{"from": none, "to": none, "port": 1, "protocol": "icmp"}, []string{"protocol"}},
		"a zone":      {values{"from": none, "to": none, "port": 1, "region": "eu-west-1a"}, []string{"region"}},
		"two regions": {values{"from": "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-12345678", "to": none, "port": 1, "region": "eu-west-2"}, []string{"region"}},
	})
}
