// Command permissions writes into the guide about permissions what each kind
// asks of AWS, from the lists in the code.
package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
)

// Where the template of the guide has a line for each.
const (
	policies = "<!-- policies -->\n"
	others   = "<!-- others -->\n"
	words    = "<!-- words -->\n"
)

// means are the words in capitals that a reader replaces, and what stands in their
// place.
var means = map[string]string{
	"account":          "the number of the account",
	"alarm":            "the name of the alarm",
	"balancer":         "the name of the load balancer; who knows the ids behind it, such as those of one listener, may write them in the place of `*`",
	"bucket":           "the name of the bucket",
	"cluster":          "the name of the cluster of Amazon ECS",
	"db_cluster":       "the identifier of the cluster of Amazon RDS",
	"db_instance":      "the identifier of the instance of Amazon RDS",
	"family":           "the family of the job's task definition",
	"function":         "the name of the function",
	"job_function":     "the name of the function that is a job",
	"key":              "the id of the key: not an alias, which AWS does not look at here",
	"log_group":        "the name of the log group",
	"object":           "the key of the object with the code, with `*` where it differs from build to build",
	"region":           "the region, such as `eu-central-1`",
	"registry_account": "the number of the account whose registry has the image",
	"repository":       "the name of the repository",
	"role":             "the name of the role, behind its path if it has one",
	"service":          "the name of the service of Amazon ECS",
	"task_role":        "the name of each role that the task definition names: the task role and the execution role",
	"secret":           "the name of the secret; the six question marks stand for what AWS appends",
	"user_pool":        "the id of the user pool, such as `eu-central-1_AbCdEfGhI`",
}

// asks is what one kind needs.
type asks struct {
	name string
	all  []cloud.Permission
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "permissions: usage: permissions GUIDE")
		os.Exit(2)
	}
	if err := fill(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "permissions:", err)
		os.Exit(1)
	}
}

func fill(file string) error {
	text, err := os.ReadFile(file) //nolint:gosec // whoever runs it names the file
	if err != nil {
		return err
	}
	platforms, rest := listed()
	out, err := render(string(text), platforms, rest)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(out), 0o644) //nolint:gosec // a document is for everybody
}

// listed are the kinds of the catalog.
func listed() (platforms, rest []asks) {
	for _, k := range catalog.Platforms() {
		platforms = append(platforms, asks{"`" + k.Name + "`", k.Permissions})
	}
	for _, k := range catalog.Checks() {
		rest = append(rest, asks{"`" + k.Name + "`", k.Permissions})
	}
	for _, k := range catalog.Gates() {
		rest = append(rest, asks{"gate `" + k.Name + "`", k.Permissions})
	}
	for _, k := range catalog.Jobs() {
		rest = append(rest, asks{"job `" + k.Name + "`", k.Permissions})
	}
	return platforms, rest
}

// render puts policies of the platforms, and a table of what the rest needs, in
// the places of the guide that wait for them.
func render(text string, platforms, rest []asks) (string, error) {
	for _, place := range []string{policies, others, words} {
		if strings.Count(text, place) != 1 {
			return "", fmt.Errorf("the guide has no single line %s", strings.TrimSpace(place))
		}
	}
	var first strings.Builder
	for _, p := range platforms {
		if len(p.all) == 0 {
			continue
		}
		if err := write(&first, p); err != nil {
			return "", err
		}
	}
	legend, err := legend(append(platforms, rest...))
	if err != nil {
		return "", err
	}
	return strings.NewReplacer(policies, first.String(), others, table(rest), words, legend).Replace(text), nil
}

// legend says what stands in the place of each word in capitals.
func legend(of []asks) (string, error) {
	used := map[string]string{}
	for _, kind := range of {
		maps.Copy(used, placeholders(kind.all))
	}
	delete(used, "partition")
	out := "| word | in its place |\n|---|---|\n"
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if means[name] == "" {
			return "", fmt.Errorf("nothing says what {%s} stands for", name)
		}
		out += fmt.Sprintf("| `%s` | %s |\n", used[name], means[name])
	}
	return out + "\n", nil
}

// write prints the two policies of a platform, and what of them not everybody
// needs.
func write(out *strings.Builder, of asks) error {
	fmt.Fprintf(out, "### %s\n", of.name)
	for _, p := range []struct {
		phase cloud.Phase
		says  string
	}{
		{cloud.AtPlan, "Whoever plans:"},
		{cloud.AtApply, "Whoever applies, the way home included:"},
	} {
		policy, err := cloud.IAMPolicy(of.all, p.phase, placeholders(of.all))
		if err != nil {
			return fmt.Errorf("%s: %w", of.name, err)
		}
		fmt.Fprintf(out, "\n%s\n\n```json\n%s```\n", p.says, policy)
	}
	some := ""
	for _, p := range of.all {
		if p.Where != "" {
			some += fmt.Sprintf("- `%s` %s\n", p.Action, p.Where)
		}
	}
	if some != "" {
		fmt.Fprintf(out, "\nNot everybody needs all of it:\n\n%s", some)
	}
	out.WriteString("\n")
	return nil
}

var named = regexp.MustCompile(`\{([a-z_]+)\}`)

// placeholders are what a reader replaces: {function} is FUNCTION.
func placeholders(all []cloud.Permission) map[string]string {
	out := map[string]string{}
	for _, p := range all {
		for _, name := range named.FindAllStringSubmatch(p.Resource, -1) {
			out[name[1]] = strings.ToUpper(name[1])
		}
	}
	out["partition"] = "aws"
	return out
}

// table prints what requirements, gates and jobs need. A plan and an apply ask the
// same.
func table(of []asks) string {
	rows := ""
	for _, kind := range of {
		for _, p := range kind.all {
			words := []string{}
			for name, as := range placeholders(kind.all) {
				words = append(words, "{"+name+"}", as)
			}
			phases := "| yes | yes |"
			if p.Phase == cloud.AtApply {
				phases = "| | yes |"
			}
			rows += strings.TrimSpace(fmt.Sprintf("| %s | `%s` %s", kind.name, p.Action, p.Where)) +
				" | `" + strings.NewReplacer(words...).Replace(p.Resource) + "` " + phases + "\n"
		}
	}
	if rows == "" {
		return ""
	}
	return "What requirements, gates and jobs need beside them:\n\n| for | action | on | plan | apply |\n|---|---|---|---|---|\n" + rows + "\n"
}
