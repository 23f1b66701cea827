package configsync

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const secret = "s3cr3t-value"

// rows is the table, one line an entry: the name, its status, where its value comes
// from, and what is wrong.
func rows(t *testing.T, q Question) []string {
	t.Helper()
	table, err := Compare(q)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(fmt.Sprintf("%+v", table), secret) {
		t.Errorf("a value stands in the table: %+v", table)
	}
	var out []string
	for _, e := range table.Entries {
		line := e.Name + " " + string(e.Status)
		if e.Line > 0 {
			line += fmt.Sprintf(":%d", e.Line)
		}
		if e.Chain != "" && e.Chain != literal {
			line += " (" + e.Chain + ")"
		}
		for _, more := range []string{e.Why, e.Add} {
			if more != "" {
				line += ", " + more
			}
		}
		out = append(out, line)
	}
	for _, a := range table.Idle {
		out = append(out, "idle "+a.Name)
	}
	return out
}

func needs(names ...string) []Need {
	var out []Need
	for _, n := range names {
		out = append(out, Need{Name: n})
	}
	return out
}

func lines(l ...string) []byte { return []byte(strings.Join(l, "\n") + "\n") }

// deploying is a workflow of one step that runs these lines, from line 6 on.
func deploying(script ...string) []byte {
	return lines(append([]string{"jobs:", "  deploy:", "    env: {FROM_JOB: '${{ secrets.OF_JOB }}'}", "    steps:", "      - run: |"}, indented(script)...)...)
}

func indented(script []string) []string {
	var out []string
	for _, l := range script {
		out = append(out, "          "+l)
	}
	return out
}

func check(t *testing.T, name string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n  got  %q\n  want %q", name, got, want)
	}
}

func TestList(t *testing.T) {
	got, err := List(".env.example", lines("# DEBUG=1", "export A=1", "B = 'x", "INNER=2", "'", "C:", "", "A=2", "D=\"${A}\" # "+secret))
	want := []Need{{"A", ".env.example", 2}, {"B", ".env.example", 3}, {"C", ".env.example", 6}, {"D", ".env.example", 9}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"A", "A=1\n=" + secret, "A-B=" + secret} {
		if got, err := List(".env", []byte(text)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestWorkflow(t *testing.T) {
	unread := func(names, why string) []string {
		var out []string
		for _, n := range strings.Fields(names) {
			out = append(out, n+" unknown:"+why)
		}
		return out
	}
	for name, c := range map[string]struct {
		text []byte
		want []string
	}{
		"set": {
			deploying("gcloud run deploy api --set-env-vars=A=" + secret + ",B=${{ secrets.B }} --image=x"),
			[]string{"A declared:6", "B declared:6 (secrets.B)"},
		},
		"missing": {
			deploying("gcloud run deploy api --image=x \\", "  --update-env-vars A=1"),
			[]string{"A declared:6", "B missing:6, it is not set here, --update-env-vars=…,B=${{ vars.B }}"},
		},
		"from secrets": {
			deploying("gcloud run deploy api --set-secrets=A=a:latest,/etc/key=key:1 --set-env-vars=B=1,C=1"),
			[]string{"A declared:6 (a secret)", "B declared:6", "C unused:6, nobody needs it"},
		},
		"commas in an expression": {
			deploying("gcloud run deploy api --set-env-vars=\"A=${{ format('{0},{1}', 1, 2) }},B=1\""),
			[]string{"A declared:6 (format('{0},{1}', 1, 2))", "B declared:6"},
		},
		"another delimiter": {
			deploying("gcloud run deploy api --set-env-vars='^@^A=1,2@B=3'"),
			[]string{"A declared:6", "B declared:6"},
		},
		"a delimiter that the shell takes": {
			deploying("gcloud run deploy api --set-env-vars=^;^A=1;B=2"),
			unread("A B", "6, --set-env-vars: the shell ends the command behind ^: the whole list needs quotes"),
		},
		"a variable of the script": {
			deploying("VARS=\"A=1\"", "VARS+=,B=$FROM_JOB", "gcloud run deploy api --set-env-vars \"$VARS\""),
			[]string{"A declared:8", "B declared:8 (secrets.OF_JOB)"},
		},
		"a variable of the job by env": {
			deploying("gcloud run deploy api --set-env-vars A=1,B=${{ env.FROM_JOB }}"),
			[]string{"A declared:6", "B declared:6 (env.FROM_JOB <- secrets.OF_JOB)"},
		},
		"a variable that nobody sets": {
			deploying("gcloud run deploy api --set-env-vars A=$NONE,B=${{ env.NONE }}"),
			[]string{"A broken_chain:6 ($NONE), $NONE is set nowhere in the workflow", "B broken_chain:6 (env.NONE), env.NONE is set nowhere in the workflow"},
		},
		"a variable of an earlier step": {
			deploying("echo \"NONE=1\" >> \"$GITHUB_ENV\"", "gcloud run deploy api --set-env-vars A=$NONE,B=1"),
			[]string{"A unknown:7 ($NONE), $NONE may be set by an earlier step, by $GITHUB_ENV", "B declared:7"},
		},
		"a variable that an action may set": {
			lines("jobs:", "  deploy:", "    steps:", "      - uses: actions/checkout@v4", "      - uses: somebody/dotenv@v1", "      - run: gcloud run deploy api --set-env-vars A=$NONE,B=$GOOGLE_CLOUD_PROJECT"),
			[]string{"A unknown:6 ($NONE), $NONE may be set by the action somebody/dotenv@v1", "B declared:6 ($GOOGLE_CLOUD_PROJECT)"},
		},
		"an action that sets none": {
			lines("jobs:", "  deploy:", "    steps:", "      - uses: actions/checkout@v4", "      - run: gcloud run deploy api --set-env-vars A=$NONE,B=1"),
			[]string{"A broken_chain:5 ($NONE), $NONE is set nowhere in the workflow", "B declared:5"},
		},
		"Windows": {
			lines("jobs:", "  deploy:", "    runs-on: windows-latest", "    steps:", "      - run: gcloud run deploy api --set-env-vars A=1,B=2"), unread("A B", "5, the script is for pwsh"),
		},
		"a shell by default": {
			lines("defaults: {run: {shell: pwsh}}", "jobs:", "  deploy:", "    defaults: {run: {shell: bash}}", "    steps:", "      - run: gcloud run deploy api --set-env-vars A=1,B=2"), []string{"A declared:6", "B declared:6"},
		},
		"set in a loop": {
			deploying("for V in A=1 B=2; do VARS=$VARS,$V; done", "gcloud run deploy api --set-env-vars $VARS"),
			unread("A B", "7, --set-env-vars cannot be read: it is set in a condition, a loop or a command"),
		},
		"flags in a variable": {
			deploying("FLAGS=\"--set-env-vars A=1 --quiet\"", "gcloud run deploy api $FLAGS"), []string{"A declared:7", "B missing:7, it is not set here, --set-env-vars=…,B=${{ vars.B }}"},
		},
		"flags that nobody knows": {
			deploying("FLAGS=$(./flags)", "gcloud run deploy api $FLAGS --update-env-vars=A=1"), []string{"A declared:7", "B unknown:7, a part of the command is known only when it runs"},
		},
		"flags of an input": {
			deploying("gcloud run deploy api ${{ inputs.flags }} --update-env-vars=A=1"), []string{"A declared:6", "B unknown:6, a part of the command is known only when it runs"},
		},
		"a command in a variable": {
			deploying("CMD=\"gcloud run deploy api --set-env-vars=A=1,B=2\"", "$CMD"), []string{"A declared:7", "B declared:7"},
		},
		"a command that nobody knows": {
			deploying("$TOOL deploy"), unread("A B", "6, ${TOOL} is called, and not read"),
		},
		"eval": {
			deploying("eval \"gcloud run deploy api\""), unread("A B", "6, eval is called, and not read"),
		},
		"one each turn of a loop": {
			deploying("for V in A=1 B=2; do gcloud run deploy api --set-env-vars $V; done"),
			unread("A B", "6, --set-env-vars cannot be read: it is set in a loop"),
		},
		"a file that is mounted": {
			deploying("gcloud run deploy api --set-secrets=/etc/key=key:1,A=a:1"),
			[]string{"A declared:6 (a secret)", "B missing:6, it is not set here, --set-env-vars=…,B=${{ vars.B }}"},
		},
		"set in a condition": {
			deploying("VARS=A=1,B=2", "if true; then VARS=A=1; fi", "gcloud run deploy api --set-env-vars $VARS"),
			unread("A B", "8, --set-env-vars cannot be read: it is set in a condition, a loop or a command"),
		},
		"what a command gives": {
			deploying("gcloud run deploy api --set-env-vars=$(cat vars.txt)"),
			unread("A B", "6, --set-env-vars cannot be read: it is what a command gives"),
		},
		"a list": {
			deploying("ARGS=(--set-env-vars A=1,B=2)", "gcloud run deploy api --set-env-vars=\"${ARGS[@]}\""),
			unread("A B", "7, --set-env-vars cannot be read: it is made out of a variable"),
		},
		"a file of variables, beside": {
			deploying("gcloud run deploy api --env-vars-file env.yaml --update-env-vars=A=1"),
			[]string{"A declared:6", "B unknown:6, its settings stand in a file of --env-vars-file"},
		},
		"a script of one's own": {
			deploying("./deploy.sh"), unread("A B", "6, ./deploy.sh is called, and not read"),
		},
		"a target of make": {
			deploying("make test", "make deploy-api"), unread("A B", "7, make deploy-api is called, and not read"),
		},
		"nothing that deploys": {
			deploying("go test ./..."), []string{"A unknown, nothing in it is understood as setting up an app", "B unknown, nothing in it is understood as setting up an app"},
		},
		"no bash": {
			deploying("gcloud run deploy 'api"), unread("A B", "6, the script is none that bash would take"),
		},
		"PowerShell": {
			lines("jobs:", "  deploy:", "    steps:", "      - run: gcloud run deploy api", "        shell: pwsh"), unread("A B", "4, the script is for pwsh"),
		},
		"another workflow": {
			lines("jobs:", "  deploy:", "    uses: ./.github/workflows/deploy.yml"), unread("A B", "2, the job deploy is another workflow, ./.github/workflows/deploy.yml"),
		},
		"an action of one's own": {
			lines("jobs:", "  deploy:", "    steps:", "      - uses: ./.github/actions/deploy"), unread("A B", "4, the action ./.github/actions/deploy is one of your own"),
		},
		"the action of Google": {
			lines("jobs:", "  deploy:", "    steps:", "      - uses: google-github-actions/deploy-cloudrun@v2", "        with:", "          service: api", "          env_vars: |", "            A=1", "            # C=1", "            D=${{ vars.D }}", "          secrets: |", "            B=b:latest"),
			[]string{"A declared:8", "B declared:12 (a secret)", "D unused:10 (vars.D), nobody needs it"},
		},
		"its flags": {
			lines("jobs:", "  deploy:", "    steps:", "      - uses: google-github-actions/deploy-cloudrun@v2", "        with:", "          service: api", "          flags: --set-env-vars=A=1"),
			[]string{"A declared:4", "B missing:4, it is not set here,           B=${{ vars.B }}"},
		},
		"a function of Lambda": {
			deploying("aws lambda update-function-configuration --function-name api --environment \"Variables={A=1,B=$FROM_JOB}\""),
			[]string{"A declared:6", "B declared:6 (secrets.OF_JOB)"},
		},
		"a function of Lambda by JSON": {
			deploying("aws lambda update-function-configuration --function-name api --environment file://env.json"),
			unread("A B", "6, --environment cannot be read: only Variables={KEY=VALUE,…} is"),
		},
		"anchors": {
			lines("x: &vars {A: 1}", "jobs:", "  deploy:", "    env:", "      <<: *vars", "    steps:", "      - run: gcloud run deploy api --set-env-vars=A=$A,B=$A"),
			[]string{"A declared:7", "B declared:7"},
		},
		"beta, and flags before": {
			deploying("gcloud beta run --quiet --region eu deploy api --set-env-vars A=1,B=2"), []string{"A declared:6", "B declared:6"},
		},
		"no KEY=VALUE": {
			deploying("gcloud run deploy api --set-env-vars A=1,$REST"), []string{"A declared:6", "B unknown:6, a part of its settings is not like KEY=VALUE"},
		},
	} {
		check(t, name, rows(t, Question{Needs: needs("A", "B"), Places: []Place{{Name: "ci", Sort: Workflow, File: "ci.yml", Text: c.text}}}), c.want)
	}
}

func TestTargets(t *testing.T) {
	two := deploying("gcloud run deploy api --set-env-vars=A=1", "gcloud run jobs deploy sweep --set-env-vars=B=1", "gcloud run deploy $NAME --image=x")
	for target, want := range map[string]string{
		"api": "A declared:6", "sweep": "A missing:7, it is not set here, --set-env-vars=…,A=${{ vars.A }}",
		"web": "A unknown, it sets up ${NAME}, api, sweep, and not web", "": "A unknown, it sets up ${NAME}, api, sweep: say in target which one counts",
	} {
		got := rows(t, Question{Needs: needs("A"), Places: []Place{{Name: "ci", Sort: Workflow, Text: two, Target: target}}})
		if got[0] != want {
			t.Errorf("%q: %q, want %q", target, got, want)
		}
	}
	named := lines("env: {NAME: api}", "jobs:", "  deploy:", "    steps:", "      - run: gcloud run deploy ${{ env.NAME }} --set-env-vars=A=1", "      - run: gcloud run deploy $NAME-web --image=x")
	for target, want := range map[string]string{"api": "A declared:5", "api-web": "A missing:6, it is not set here, --set-env-vars=…,A=${{ vars.A }}"} {
		if got := rows(t, Question{Needs: needs("A"), Places: []Place{{Name: "ci", Sort: Workflow, Text: named, Target: target}}}); got[0] != want {
			t.Errorf("%q: %q, want %q", target, got, want)
		}
	}
	got := rows(t, Question{Needs: needs("PORT"), Places: []Place{{Name: "ci", Sort: Workflow, Text: two, Target: "api"}}})
	check(t, "the platform", got, []string{"A unused:6, nobody needs it", "PORT provided"})
}

// building is a build whose only step deploys, on line 4.
func building(flags string, more ...string) []byte {
	return lines(append([]string{"steps:", "  - name: gcr.io/google.com/cloudsdktool/cloud-sdk", "    entrypoint: gcloud", "    args: [run, deploy, api, '" + flags + "']"}, more...)...)
}

func TestCloudBuild(t *testing.T) {
	hands := func(substitutions string) Place {
		return Place{Name: "ci", Sort: Workflow, Text: deploying("gcloud builds submit --substitutions=" + substitutions)}
	}
	for name, c := range map[string]struct {
		text   []byte
		beside []Place
		want   []string
	}{
		"set":                 {building("--set-env-vars=A=1"), nil, []string{"A declared:4"}},
		"missing":             {building("--set-env-vars=B=1"), nil, []string{"A missing:4, it is not set here, --set-env-vars=…,A=${_A}", "B unused:4, nobody needs it"}},
		"its own":             {building("--set-env-vars=A=$_A", "substitutions: {_A: x}"), nil, []string{"A declared:4 (A <- _A)"}},
		"of a trigger":        {building("--set-env-vars=A=$_A"), nil, []string{"A unknown:4 (A <- _A), a trigger may hand over _A, and nobody here starts the build"}},
		"of a workflow":       {building("--set-env-vars=A=${_A}"), []Place{hands("_A=${{ secrets.A }}")}, []string{"A declared:4 (A <- _A <- secrets.A)"}},
		"of nobody":           {building("--set-env-vars=A=${_A}"), []Place{hands("")}, []string{"A broken_chain:4 (A <- _A), nobody hands over _A", "_A broken_chain:4, the build uses it, and nobody hands it over"}},
		"of a broken one":     {building("--set-env-vars=A=${_A}"), []Place{hands("_A=$NONE")}, []string{"A broken_chain:4 (A <- _A <- $NONE), $NONE is set nowhere in the workflow"}},
		"of an opaque one":    {building("--set-env-vars=A=${_A}"), []Place{hands("$(cat x)")}, []string{"A unknown:4 (A <- _A), --substitutions cannot be read: it is what a command gives"}},
		"handed for nothing":  {building("--set-env-vars=A=1"), []Place{hands("_B=1")}, []string{"A declared:4", "_B broken_chain, ci hands it over, and the build does not use it: Cloud Build refuses such a build"}},
		"loose":               {building("--set-env-vars=A=1", "options: {substitutionOption: ALLOW_LOOSE}"), []Place{hands("_B=1")}, []string{"A declared:4"}},
		"used somewhere else": {building("--set-env-vars=A=1", "images: ['$_B']"), []Place{hands("_B=1")}, []string{"A declared:4"}},
		"not for the shell":   {building("--set-env-vars=A=1", "tags: ['$$_B']"), nil, []string{"A declared:4"}},
		"a builder of gcloud": {lines("steps:", "  - name: gcr.io/cloud-builders/gcloud", "    args:", "      - run", "      - deploy", "      - api", "      - --set-env-vars", "      - A=1"), nil, []string{"A declared:7"}},
		"bash": {
			lines("steps:", "  - name: gcr.io/google.com/cloudsdktool/cloud-sdk", "    entrypoint: bash", "    args:", "      - -ceu", "      - |", "        X=1", "        gcloud run deploy api --set-env-vars=A=$$X"), nil, []string{"A declared:8"},
		},
		"a script": {
			lines("steps:", "  - name: x", "    script: |", "      gcloud run deploy api --set-env-vars=A=$X", "    env: ['X=$_X']", "substitutions: {_X: y}"), nil, []string{"A declared:4 (A <- _X)"},
		},
		"a file": {
			lines("steps:", "  - name: x", "    entrypoint: bash", "    args: [deploy.sh]"), nil, []string{"A unknown:4, deploy.sh is called, and not read"},
		},
		"a secret": {
			lines("steps:", "  - name: x", "    entrypoint: bash", "    args: [-c, 'gcloud run deploy api --set-env-vars=A=$$KEY']", "    secretEnv: [KEY]", "availableSecrets:", "  secretManager: [{versionName: x, env: KEY}]"), nil,
			[]string{"A declared:4 (availableSecrets KEY)"},
		},
		"a secret that is not available": {
			lines("steps:", "  - name: x", "    entrypoint: bash", "    args: [-c, 'gcloud run deploy api --set-env-vars=A=$$KEY']", "    secretEnv: [KEY]"), nil,
			[]string{"A broken_chain:4 ($KEY), KEY is in secretEnv, and no availableSecrets have it"},
		},
		"a service in a file":  {lines("steps:", "  - name: gcloud", "    args: [run, services, replace, service.yaml]"), nil, []string{"A unknown:2, the service stands in a file of its own"}},
		"nothing that deploys": {lines("steps:", "  - name: docker", "    args: [build, .]"), nil, []string{"A unknown, nothing in it is understood as setting up an app"}},
	} {
		q := Question{Needs: needs("A"), Places: append([]Place{{Name: "build", Sort: CloudBuild, Text: c.text}}, c.beside...)}
		check(t, name, rows(t, q), c.want)
	}
}

func TestComposeAndNames(t *testing.T) {
	file := lines("services:", "  web:", "    environment:", "      A: 1", "      B:", "  worker:", "    environment: [A=1, C]", "  db:", "    env_file: .env", "  cache: {image: redis}")
	for target, want := range map[string][]string{
		"web":    {"A declared:4", "B declared:5 (the environment)", "C missing:5, it is not set here,       C: ${C}"},
		"worker": {"A declared:7", "B missing:7, it is not set here,       - B=${B}", "C declared:7 (the environment)"},
		"db":     {"A unknown:9, its settings stand in another file, by env_file", "B unknown:9, its settings stand in another file, by env_file", "C unknown:9, its settings stand in another file, by env_file"},
		"cache":  {"A missing:10, it is not set here,       A: ${A}", "B missing:10, it is not set here,       B: ${B}", "C missing:10, it is not set here,       C: ${C}"},
		"none":   {"A unknown, it sets up cache, db, web, worker, and not none", "B unknown, it sets up cache, db, web, worker, and not none", "C unknown, it sets up cache, db, web, worker, and not none"},
	} {
		check(t, target, rows(t, Question{Needs: needs("A", "B", "C"), Places: []Place{{Name: "compose", Sort: Compose, Text: file, Target: target}}}), want)
	}
	got := rows(t, Question{Needs: needs("A", "B", "AWS_REGION"), Places: []Place{{Name: "live", Sort: Names, Names: []string{"A", "OLD"}, Provides: "lambda"}, {Name: "list", Sort: Dotenv, Text: lines("A=1", "B=1")}}})
	check(t, "what runs", got, []string{"A declared", "A declared:1", "AWS_REGION provided", "AWS_REGION missing, it is not set here, AWS_REGION=", "B missing, it is not set here", "B declared:2", "OLD unused, nobody needs it"})
}

func TestPlainSecrets(t *testing.T) {
	a := Place{Name: "ci", Sort: Workflow, Text: deploying("gcloud run deploy api --set-secrets=A=a:1,B=b:1")}
	b := Place{Name: "build", Sort: CloudBuild, Text: building("--set-env-vars=A="+secret+",B=$_B", "substitutions: {_B: x}")}
	got := rows(t, Question{Needs: needs("A", "B"), Places: []Place{a, b}})
	check(t, "in the clear", got, []string{"A declared:6 (a secret)", "A declared:4, it is a secret in ci, and stands here in the clear", "B declared:6 (a secret)", "B declared:4 (B <- _B)"})
}

func TestAllow(t *testing.T) {
	places := []Place{{Name: "one", Sort: Names, Names: []string{"A", "Z"}}, {Name: "two", Sort: Names, Names: []string{"B"}}}
	for name, c := range map[string]struct {
		allow []Allow
		want  []string
	}{
		"everywhere":   {[]Allow{{Name: "C"}}, []string{"A declared", "A missing", "B missing", "B declared", "C allowed", "C allowed", "Z unused"}},
		"in one place": {[]Allow{{Name: "C", Place: "two"}, {Name: "Z"}}, []string{"A declared", "A missing", "B missing", "B declared", "C missing", "C allowed", "Z allowed"}},
		"for nothing":  {[]Allow{{Name: "A", Place: "one"}, {Name: "X"}}, []string{"A declared", "A missing", "B missing", "B declared", "C missing", "C missing", "Z unused", "idle A", "idle X"}},
	} {
		got := rows(t, Question{Needs: needs("A", "B", "C"), Places: places, Allow: c.allow})
		for i := range got {
			got[i], _, _ = strings.Cut(got[i], ",")
		}
		check(t, name, got, c.want)
	}
}

func TestErrors(t *testing.T) {
	for name, p := range map[string]Place{
		"no YAML":      {Sort: Workflow, Text: []byte("a: [")},
		"a list":       {Sort: Compose, Text: []byte("- a")},
		"empty":        {Sort: CloudBuild},
		"no steps":     {Sort: CloudBuild, Text: []byte("a: 1")},
		"no settings":  {Sort: Dotenv, Text: []byte("A")},
		"no sort":      {Sort: "other"},
		"a large file": {Sort: Workflow, Text: make([]byte, largest+1)},
	} {
		p.Name = "place"
		if _, err := Compare(Question{Places: []Place{p}}); err == nil || !strings.HasPrefix(err.Error(), "place: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCircles: what refers to itself ends.
func TestCircles(t *testing.T) {
	for _, text := range []string{
		"jobs: &a {<<: *a, b: *a}", "jobs:\n  a:\n    env: {A: '${{ env.B }}', B: '${{ env.A }}'}\n    steps:\n      - run: gcloud run deploy api --set-env-vars=A=${{ env.A }}",
		"steps: &s\n  - args: *s\n    name: gcloud", "services: &s {web: {environment: *s}}",
		"a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c]\nsteps: [*d, *d]",
		"env: {A: '${{ env.A }}${{ env.A }}', B: '${{ env.C }}${{ env.C }}', C: '${{ env.B }}${{ env.A }}'}\njobs: {a: {steps: [{run: 'gcloud run deploy ${{ env.B }} --set-env-vars=A=${{ env.B }}${{ env.A }}'}]}}",
		string(deploying(append(slices.Repeat([]string{"A=$A$A,x", "A+=$A"}, 60), "gcloud run deploy api --set-env-vars=$A")...)),
		"jobs: {a: {steps: [{run: \"" + strings.Repeat("(", 6000) + "\"}]}}",
	} {
		for _, sort := range []Sort{Workflow, CloudBuild, Compose} {
			_, _ = Compare(Question{Needs: needs("A"), Places: []Place{{Sort: sort, Text: []byte(text)}}}) // that it returns is all
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte("A=1\nB='x'"))
	f.Add(deploying("VARS=\"A=1\"", "gcloud run deploy api --set-env-vars \"$VARS\" && ./x.sh"))
	f.Add(building("--set-env-vars=A=$_A", "substitutions: {_A: x}"))
	f.Add([]byte("services: {web: {environment: {A: 1}}}"))
	f.Fuzz(neverCrashes)
}

// neverCrashes: whatever stands in a file, there is a table or an error, and
// nothing that is not there is declared.
func neverCrashes(t *testing.T, text []byte) {
	for _, sort := range []Sort{Dotenv, Workflow, CloudBuild, Compose} {
		table, err := Compare(Question{Needs: needs("NOT_THERE"), Places: []Place{{Name: "place", Sort: sort, Text: text}}})
		if err != nil {
			continue
		}
		for _, e := range table.Entries {
			if e.Name == "NOT_THERE" && e.Status == Declared && !strings.Contains(string(text), "NOT_THERE") {
				t.Errorf("%s: %+v in %q", sort, e, text)
			}
		}
	}
}

// TestBrokenFiles breaks files in many ways, always the same ones.
func TestBrokenFiles(t *testing.T) {
	whole := []string{
		string(deploying("VARS=\"A=1\"", "for x in a; do Y=$(cat $x); done", "gcloud run deploy api --set-env-vars=\"^@^$VARS@B=${{ secrets.B }}\" && ./x.sh")),
		string(building("--set-env-vars=A=$_A,B=$$B", "substitutions: {_A: x}")), "services:\n  web: &w\n    environment: {A: 1}\n  b:\n    <<: *w\n", "A=1\nB='x\ny'\n",
	}
	pieces := []string{"", "{", "}", "[", "]", "(", ")", "$(", "${", "${{", "'", "\"", ":", "- ", "\n", "^", "*w", "&w ", "<<: *w", "\x00", "|", ">", "=", ",", "$", "\\"}
	chance := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		broken := whole[chance.IntN(len(whole))]
		for range 1 + chance.IntN(4) {
			from := chance.IntN(len(broken))
			to := min(len(broken), from+chance.IntN(12))
			broken = broken[:from] + pieces[chance.IntN(len(pieces))] + broken[to:]
			if broken == "" {
				break
			}
		}
		neverCrashes(t, []byte(broken))
	}
}
