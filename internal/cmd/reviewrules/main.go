// Command reviewrules writes into the guide about reviews every rule that
// migrations are held against, from the table in the code.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/review/migration"
)

// place is where the template of the guide waits for the rules.
const place = "<!-- rules -->\n"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "reviewrules: usage: reviewrules GUIDE")
		os.Exit(2)
	}
	if err := fill(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "reviewrules:", err)
		os.Exit(1)
	}
}

func fill(file string) error {
	text, err := os.ReadFile(file) //nolint:gosec // whoever runs it names the file
	if err != nil {
		return err
	}
	if strings.Count(string(text), place) != 1 {
		return fmt.Errorf("the guide has no single line %s", strings.TrimSpace(place))
	}
	out := strings.Replace(string(text), place, table(migration.Rules()), 1)
	return os.WriteFile(file, []byte(out), 0o644) //nolint:gosec // a document is for everybody
}

// table prints the rules, one a line.
func table(rules []migration.Rule) string {
	out := "| rule | level | what | condition | may |\n|---|---|---|---|---|\n"
	for _, r := range rules {
		out += fmt.Sprintf("| [%s](%s) | %s | %s | %s | %s |\n", r.ID, r.Source, r.Level, cell(r.Does), cell(r.When), r.Hazard)
	}
	return out
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
