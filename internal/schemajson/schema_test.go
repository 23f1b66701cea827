package schemajson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/terraformbin"
)

const address = "registry.terraform.io/terraform-rollout/rollout"

// TestMain turns this very binary into the provider where Terraform starts it as one.
func TestMain(m *testing.M) {
	if strings.HasPrefix(filepath.Base(os.Args[0]), "terraform-provider-") {
		if err := tf6server.Serve(address, newEverything); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestEqualsWhatTerraformPrints(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs Terraform: set TF_ACC=1, or run make test")
	}
	cli, err := terraformbin.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if cli.OpenTofu {
		t.Skipf("%s writes functions and deprecations in another way", cli)
	}
	if cli.Version.Core().LessThan(version.Must(version.NewVersion("1.11.0"))) {
		t.Skipf("%s prints less: it does not know write-only attributes", cli)
	}

	var out bytes.Buffer
	if err := Write(t.Context(), &out, address, newEverything); err != nil {
		t.Fatal(err)
	}
	got, want := ofProvider(t, out.Bytes()), ofProvider(t, providersSchema(t, cli))

	for kind := range got {
		if _, printed := want[kind]; !printed && slices.Contains(kindsOfLaterTerraforms, kind) {
			t.Logf("%s does not print %s", cli, kind)
			delete(got, kind)
		}
	}
	if keys := func(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }; !slices.Equal(keys(got), keys(want)) {
		t.Fatalf("kinds: got %q, want %q", keys(got), keys(want))
	}
	for kind := range want {
		if !reflect.DeepEqual(got[kind], want[kind]) {
			t.Errorf("%s differ\n got %s\nwant %s", kind, text(t, got[kind]), text(t, want[kind]))
		}
	}
}

// kindsOfLaterTerraforms came after 1.11; whoever knows them prints them as well.
var kindsOfLaterTerraforms = []string{"action_schemas", "list_resource_schemas", "resource_identity_schemas"}

func TestLaterKindsAreWritten(t *testing.T) {
	var out bytes.Buffer
	if err := Write(t.Context(), &out, "rollout", newEverything); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"rollout_promote": {`, `"required_for_import": true`, `"optional_for_import": true`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing in\n%s", want, &out)
		}
	}
}

// providersSchema is what Terraform prints for this provider.
func providersSchema(t *testing.T, cli terraformbin.CLI) []byte {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(self, filepath.Join(folder, "terraform-provider-rollout")); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"main.tf": fmt.Sprintf("terraform {\n  required_providers {\n    rollout = { source = %q }\n  }\n}\n", address),
		"cli.rc":  fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n}\n", address, folder),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), cli.Path, "providers", "schema", "-json")
	command.Dir = folder
	command.Env = append(cli.Environ(os.Environ()), "TF_CLI_CONFIG_FILE="+filepath.Join(folder, "cli.rc"))
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cli, err, &stderr)
	}
	return out
}

// ofProvider is the one provider's part of such a document.
func ofProvider(t *testing.T, document []byte) map[string]any {
	t.Helper()
	var all struct {
		FormatVersion string                    `json:"format_version"`
		Schemas       map[string]map[string]any `json:"provider_schemas"`
	}
	if err := json.Unmarshal(document, &all); err != nil {
		t.Fatal(err)
	}
	if all.FormatVersion != "1.0" || all.Schemas[address] == nil {
		t.Fatalf("not a document of format 1.0 for %s:\n%s", address, document)
	}
	return all.Schemas[address]
}

func text(t *testing.T, v any) string {
	t.Helper()
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
