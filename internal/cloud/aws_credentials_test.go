package cloud_test

import (
	"crypto/sha1" //nolint:gosec // it names the file of a login, as the SDK does
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const role = "arn:aws:iam::123456789012:role/deployer"

const profiles = `[profile keys]
aws_access_key_id = AKIAOTHER
aws_secret_access_key = ` + secret + `
region = eu-north-1

[profile session]
aws_access_key_id = ASIAOTHER
aws_secret_access_key = ` + secret + `
aws_session_token = ` + secret + `

[profile chained]
role_arn = ` + role + `
source_profile = session

[profile chained-to-keys]
role_arn = ` + role + `
source_profile = keys

[profile old-login]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = admin

[profile login]
sso_session = work
sso_account_id = 123456789012
sso_role_name = admin

[sso-session work]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[profile process]
credential_process = printf '{"Version":1,"AccessKeyId":"ASIAPROCESS","SecretAccessKey":"hunter2","SessionToken":"hunter2","Expiration":"2026-03-04T13:00:00Z"}'
`

// assumes answers AssumeRole until a time.
func assumes(until time.Time) func(int, arrived) reply {
	return func(_ int, a arrived) reply {
		if !strings.Contains(a.body, "Action=AssumeRole") {
			return reply{}
		}
		return reply{status: 200, header: map[string]string{"Content-Type": "text/xml"}, body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/deployer/s</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAASSUMED</AccessKeyId><SecretAccessKey>` + secret + `</SecretAccessKey><SessionToken>` + secret + `</SessionToken><Expiration>` + until.Format(time.RFC3339) + `</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>`}
	}
}

// TestWhoSigns: by whom a request is signed.
func TestWhoSigns(t *testing.T) {
	later := clock.System{}.Now().Add(time.Hour) // the SDK asks the system's clock
	for name, c := range map[string]struct {
		env      map[string]string
		provider cloud.AWS
		key, in  string
	}{
		"nobody, at an emulator":         {nil, cloud.AWS{Region: region}, "test", region},
		"the environment":                {map[string]string{"AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secret}, cloud.AWS{Region: region}, accessKey, region},
		"the environment's profile":      {map[string]string{"AWS_PROFILE": "keys"}, cloud.AWS{}, "AKIAOTHER", "eu-north-1"},
		"a profile":                      {nil, cloud.AWS{Profile: "keys"}, "AKIAOTHER", "eu-north-1"},
		"a profile before the variables": {map[string]string{"AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secret}, cloud.AWS{Profile: "keys", Region: region}, "AKIAOTHER", region},
		"a process":                      {nil, cloud.AWS{Profile: "process", Region: region}, "ASIAPROCESS", region},
		"a role":                         {map[string]string{"AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secret}, cloud.AWS{Region: region, RoleARN: role}, "ASIAASSUMED", region},
		"a role of a profile":            {nil, cloud.AWS{Profile: "chained", Region: region}, "ASIAASSUMED", region},
	} {
		t.Run(name, func(t *testing.T) {
			f := newAWS(t)
			f.answer = assumes(later)
			configured(t, profiles)
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			of := f.with(c.provider)
			for range 2 { // what was obtained is kept
				if err := getAlias(t.Context(), of); err != nil {
					t.Fatal(err)
				}
			}
			seen := f.seen()
			key, in, _ := signedFor(seen[len(seen)-1])
			if key != c.key || in != c.in {
				t.Errorf("signed by %s for %s", key, in)
			}
			assumed := 0
			for _, a := range seen {
				if strings.Contains(a.body, "AssumeRole") {
					assumed++
				}
			}
			if want := strings.Contains(name, "role"); want != (assumed == 1) {
				t.Errorf("%d times a role was assumed", assumed)
			}
		})
	}
}

// TestNobodySigns: why there is nothing to sign with.
func TestNobodySigns(t *testing.T) {
	for name, c := range map[string]struct {
		provider cloud.AWS
		answer   func(int, arrived) reply
		what     string
		why      string
	}{
		"no such profile": {cloud.AWS{Profile: "nobody"}, nil, "There is no such AWS profile", `no profile "nobody"`},
		"no login":        {cloud.AWS{Profile: "old-login"}, nil, "The AWS login has ended", "IAM Identity Center"},
		"no session":      {cloud.AWS{Profile: "login"}, nil, "The AWS login has ended", "IAM Identity Center"},
		"no role": {cloud.AWS{RoleARN: role}, func(int, arrived) reply {
			return inQuery(403, "AccessDenied", "User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole on resource: "+role)
		}, "The AWS role cannot be assumed", role + ": User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole on resource: " + role + " (AccessDenied)"},
		"no role of a profile": {cloud.AWS{Profile: "chained"}, func(int, arrived) reply {
			return inQuery(403, "ExpiredToken", "The security token included in the request is expired")
		}, "There are no AWS credentials", "The security token included in the request is expired (ExpiredToken)"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newAWS(t)
			if c.answer != nil {
				f.answer = c.answer
			}
			configured(t, profiles)
			c.provider.Region = region
			for _, p := range protocols {
				err := cloud.AWSError("ask", p.ask(t.Context(), f.with(c.provider)))
				silent(t, err)
				var problem rollout.Problem
				if !errors.As(err, &problem) || problem.What != c.what || !strings.Contains(problem.Why, c.why) {
					t.Errorf("%s: %v", p.name, err)
				}
			}
		})
	}
}

// TestNoAWSCredentials: nothing is signed by nobody, but for an emulator.
func TestNoAWSCredentials(t *testing.T) {
	for name, set := range map[string]func(t *testing.T){
		"none":     func(*testing.T) {},
		"a folder": func(t *testing.T) { t.Helper(); t.Setenv("AWS_CONFIG_FILE", t.TempDir()) },
		"garbage":  func(t *testing.T) { t.Helper(); configured(t, "[profile default\nkey = "+secret) },
	} {
		t.Run(name, func(t *testing.T) {
			noAmazon(t)
			set(t)
			of := cloud.New(cloud.Config{AWS: cloud.AWS{Region: region}, UserAgent: agent, Clock: clocktest.New(noon)})
			for _, p := range protocols {
				err := cloud.AWSError("ask", p.ask(t.Context(), of))
				silent(t, err)
				var problem rollout.Problem
				if !errors.As(err, &problem) || problem.Fix == "" {
					t.Errorf("%s: %v", p.name, err)
				}
			}
		})
	}
}

// TestNoMachineGives: a machine that gives no credentials is not asked for long.
func TestNoMachineGives(t *testing.T) {
	noAmazon(t)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
	stands := clocktest.New(noon)
	err := getAlias(t.Context(), cloud.New(cloud.Config{AWS: cloud.AWS{Region: region}, UserAgent: agent, Clock: stands}))
	var problem rollout.Problem
	if !errors.As(err, &problem) || problem.What != "There are no AWS credentials" {
		t.Error(err)
	}
	if now := stands.Now(); !now.Equal(noon) {
		t.Errorf("it was asked until %s", now)
	}
}

// TestMachineGives: credentials of the machine come from the machine, whatever
// stands in the place of AWS.
func TestMachineGives(t *testing.T) {
	noAmazon(t)
	t.Setenv("AWS_CA_BUNDLE", os.Getenv("SSL_CERT_FILE"))
	f := &fakeAWS{clock: clocktest.New(noon), answer: func(int, arrived) reply { return reply{} }}
	f.server = httptest.NewTLSServer(f)
	defer f.server.Close()
	asked := 0
	machine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"code":"InternalServerException"}`)
			return
		}
		_, _ = io.WriteString(w, `{"AccessKeyId":"ASIAMACHINE","SecretAccessKey":"s","Token":"t","Expiration":"`+clock.System{}.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"}`)
	}))
	defer machine.Close()
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", machine.URL+"/creds")
	if err := getAlias(t.Context(), f.clients()); err != nil {
		t.Fatal(err)
	}
	if key, _, _ := signedFor(f.seen()[0]); key != "ASIAMACHINE" || len(f.seen()) != 1 {
		t.Errorf("signed by %s, in %d calls", key, len(f.seen()))
	}
}

// TestAWSEnds: when credentials end for good.
func TestAWSEnds(t *testing.T) {
	now := clock.System{}.Now().Truncate(time.Second).UTC() // as above
	soon, later := now.Add(20*time.Minute), now.Add(time.Hour)
	session := map[string]string{"AWS_ACCESS_KEY_ID": "ASIAENV", "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": secret}
	told := map[string]string{"AWS_CREDENTIAL_EXPIRATION": soon.Format(time.RFC3339)}
	for name, value := range session {
		told[name] = value
	}
	for name, c := range map[string]struct {
		env      map[string]string
		provider cloud.AWS
		ends     cloud.End
	}{
		"keys of a user":                    {map[string]string{"AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secret}, cloud.AWS{}, cloud.End{}},
		"keys beside an old time":           {map[string]string{"AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secret, "AWS_CREDENTIAL_EXPIRATION": soon.Format(time.RFC3339)}, cloud.AWS{}, cloud.End{}},
		"a session that does not tell":      {session, cloud.AWS{}, cloud.End{Unknown: true}},
		"a session that tells":              {told, cloud.AWS{}, cloud.End{At: soon}},
		"a role obtained with a session":    {told, cloud.AWS{RoleARN: role}, cloud.End{At: later}},
		"a role obtained with keys":         {nil, cloud.AWS{Profile: "keys", RoleARN: role}, cloud.End{}},
		"a role of one that does not tell":  {session, cloud.AWS{RoleARN: role}, cloud.End{Unknown: true}},
		"keys of a file":                    {nil, cloud.AWS{Profile: "keys"}, cloud.End{}},
		"a session of a file":               {told, cloud.AWS{Profile: "session"}, cloud.End{Unknown: true}},
		"a profile's role with a session":   {nil, cloud.AWS{Profile: "chained"}, cloud.End{Unknown: true}},
		"a profile's role with keys":        {nil, cloud.AWS{Profile: "chained-to-keys"}, cloud.End{}},
		"a process":                         {nil, cloud.AWS{Profile: "process"}, cloud.End{}},
		"an older single sign-on":           {nil, cloud.AWS{Profile: "old-login"}, cloud.End{At: later}},
		"a single sign-on that has session": {nil, cloud.AWS{Profile: "login"}, cloud.End{}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newAWS(t)
			f.answer = func(n int, a arrived) reply {
				if strings.HasPrefix(a.path, "/federation/credentials") {
					return reply{status: 200, header: map[string]string{"Content-Type": "application/json"}, body: `{"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"s","sessionToken":"t","expiration":4102444800000}}`}
				}
				return assumes(later)(n, a)
			}
			configured(t, profiles)
			for _, key := range []string{"https://example.awsapps.com/start", "work"} {
				sum := sha1.Sum([]byte(key)) //nolint:gosec // as above
				written(t, ".aws/sso/cache/"+hex.EncodeToString(sum[:])+".json", `{"accessToken":"`+secret+`","expiresAt":"`+later.Format(time.RFC3339)+`"}`)
			}
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			c.provider.Region = region
			end, err := f.with(c.provider).AWSEnds(t.Context())
			if strings.Contains(name, "older single sign-on") && err == nil && end.At.After(later) {
				end.At = later // what it gave lasts longer
			}
			if err != nil || !end.At.Equal(c.ends.At) || end.Unknown != c.ends.Unknown {
				t.Errorf("they end %+v, want %+v (%v)", end, c.ends, err)
			}
		})
	}
}
