package provider_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// signsIn puts a session of a role that may do everything into the environment,
// as tools of CI do. It tells when it ends if after is more than 0.
func (w *world) signsIn(after time.Duration) {
	w.Helper()
	for _, name := range []string{"AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"} {
		w.Setenv(name, "") // those of a session before
	}
	role, err := w.amazon.Role("ci", everythingAllowed)
	w.must(err)
	var out struct {
		Credentials struct{ AccessKeyID, SecretAccessKey, SessionToken string }
	}
	w.must(json.Unmarshal([]byte(w.awsCLI("sts", "assume-role", "--role-arn", role, "--role-session-name", "run")), &out))
	w.Setenv("AWS_ACCESS_KEY_ID", out.Credentials.AccessKeyID)
	w.Setenv("AWS_SECRET_ACCESS_KEY", out.Credentials.SecretAccessKey)
	w.Setenv("AWS_SESSION_TOKEN", out.Credentials.SessionToken)
	if after > 0 {
		w.Setenv("AWS_CREDENTIAL_EXPIRATION", w.clock.Now().Add(after).UTC().Format(time.RFC3339))
	}
}

// profiles writes the configuration file of AWS.
func (w *world) profiles(text string) {
	w.Helper()
	file := filepath.Join(w.dir, "aws-config")
	w.must(os.WriteFile(file, []byte(text), 0o600))
	w.Setenv("AWS_CONFIG_FILE", file)
}

// block is a provider whose aws block says this too.
func (w *world) block(more string) string {
	return "provider \"rollout\" {\n  google {\n    endpoint = \"@endpoint\"\n  }\n  aws {\n    endpoint = \"@aws\"\n" + more + "  }\n}\n"
}

const everythingAllowed = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

const secondBuild = "resource \"rollout_safe_deployment\" \"api\" {\n  lambda_alias {\n    alias       = \"@alias\"\n    filename    = \"@zip2\"\n    code_sha256 = \"@sum2\"\n  }\n}\n"

// withAWS is a remedy for how AWS is reached.
func withAWS(says string, provoke func(w *world) string, fix func(w *world)) remedy {
	r := onLambda(says, provoke, func(w *world, _ said, _ string) { fix(w) })
	r.alone = true
	return r
}

var credentialRemedies = []remedy{
	withAWS("credentials.of_plan_end_too_soon credentials.end_too_soon", func(w *world) string {
		w.signsIn(10 * time.Minute)
		w.published(2, "", "")
		out := w.fails("credentials end in 10m")
		w.atVersion("1")
		return out
	}, func(w *world) { w.signsIn(time.Hour) }),

	withAWS("credentials.end_unknown", func(w *world) string {
		w.signsIn(0)
		w.published(2, "", "")
		return w.planned()
	}, func(w *world) { w.signsIn(time.Hour) }),

	withAWS("aws.no_profile", func(w *world) string {
		w.profiles("[profile work]\naws_access_key_id = test\naws_secret_access_key = test\n")
		w.provided(w.block("    profile = \"office\"\n    region = \"us-east-1\"\n"), secondBuild)
		return w.fails()
	}, func(w *world) {
		w.provided(w.block("    profile = \"work\"\n    region = \"us-east-1\"\n"), secondBuild)
	}),

	withAWS("aws.unaccepted", func(w *world) string {
		w.Setenv("AWS_SECRET_ACCESS_KEY", "of-last-year")
		w.published(2, "", "")
		return w.fails("AWS does not accept the credentials")
	}, func(w *world) { w.Setenv("AWS_SECRET_ACCESS_KEY", "test") }),

	withAWS("aws.unreadable_files", func(w *world) string {
		w.Setenv("AWS_CONFIG_FILE", w.dir)
		w.provided(w.block("    region = \"us-east-1\"\n"), secondBuild)
		return w.fails()
	}, func(w *world) { w.profiles("[profile work]\nregion = us-east-1\n") }),

	withAWS("aws.no_role", func(w *world) string {
		w.role = "arn:aws:iam::" + w.amazon.Account() + ":role/nobody"
		w.write(secondBuild)
		return w.fails()
	}, func(w *world) {
		role, err := w.amazon.Role("deployer", everythingAllowed)
		w.must(err)
		w.role = role
		w.write(secondBuild)
	}),
}
