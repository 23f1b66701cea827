//go:build unix

package terraformbin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machine is a PATH that holds nothing but the given commands, each of which prints its text, and an empty cache folder.
func machine(t *testing.T, commands map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, prints := range commands {
		script := "#!/bin/sh\nprintf '%s\\n' '" + prints + "'\n"
		if err := os.WriteFile(filepath.Join(folder, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
	t.Setenv("HOME", folder)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(folder, "cache"))
	t.Setenv(pathVariable, "")
	return folder
}

func TestFind(t *testing.T) {
	const warned = "There are some problems with the CLI configuration:\n\nTerraform v1.11.4\non linux_amd64"
	for name, tt := range map[string]struct {
		commands map[string]string
		want     string
	}{
		"terraform alone":                    {map[string]string{"terraform": "Terraform v1.8.0"}, "Terraform 1.8.0"},
		"tofu alone":                         {map[string]string{"tofu": "OpenTofu v1.12.6\non linux_amd64"}, "OpenTofu 1.12.6"},
		"both":                               {map[string]string{"terraform": "Terraform v1.9.8", "tofu": "OpenTofu v1.12.6"}, "Terraform 1.9.8"},
		"terraform too old, tofu not":        {map[string]string{"terraform": "Terraform v1.5.7", "tofu": "OpenTofu v1.8.0"}, "OpenTofu 1.8.0"},
		"a warning before the version":       {map[string]string{"terraform": warned}, "Terraform 1.11.4"},
		"a pre-release":                      {map[string]string{"terraform": "Terraform v1.8.0-rc1"}, "Terraform 1.8.0-rc1"},
		"tofu under the name of terraform":   {map[string]string{"terraform": "OpenTofu v1.9.0"}, "OpenTofu 1.9.0"},
		"something else called terraform":    {map[string]string{"terraform": "hello", "tofu": "OpenTofu v1.9.0"}, "OpenTofu 1.9.0"},
		"a version that cannot be read":      {map[string]string{"terraform": "Terraform vNext", "tofu": "OpenTofu v1.9.0"}, "OpenTofu 1.9.0"},
		"two-digit minors are not decimals":  {map[string]string{"terraform": "Terraform v1.10.0"}, "Terraform 1.10.0"},
		"a minor that only looks old enough": {map[string]string{"terraform": "Terraform v0.15.0", "tofu": "OpenTofu v1.8.1"}, "OpenTofu 1.8.1"},
	} {
		t.Run(name, func(t *testing.T) {
			machine(t, tt.commands)
			cli, err := Find(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if cli.String() != tt.want {
				t.Errorf("found %s, want %s", cli, tt.want)
			}
		})
	}
}

func TestFindNothingThatCanBeUsed(t *testing.T) {
	machine(t, map[string]string{"terraform": "Terraform v1.5.7"})
	_, err := Find(t.Context())
	if !errors.Is(err, ErrNone) {
		t.Fatalf("got %v, want ErrNone", err)
	}
	if !strings.Contains(err.Error(), "Terraform 1.5.7, older than 1.8.0") {
		t.Errorf("the error does not say what was passed over: %v", err)
	}
}

func TestFindInTheCache(t *testing.T) {
	folder := machine(t, nil)
	path := cached()
	if !strings.HasPrefix(path, folder) {
		t.Fatalf("cache folder %s is not the one of this test", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho Terraform v"+Installs+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cli, err := Find(t.Context())
	if err != nil || cli.Path != path {
		t.Fatalf("found %q (%v), want %q", cli.Path, err, path)
	}
}

func TestFindTheOneThatIsNamed(t *testing.T) {
	folder := machine(t, map[string]string{"terraform": "Terraform v1.11.4", "mine": "OpenTofu v1.10.0", "old": "Terraform v1.7.5"})
	t.Setenv(pathVariable, filepath.Join(folder, "mine"))
	if cli, err := Find(t.Context()); err != nil || cli.String() != "OpenTofu 1.10.0" {
		t.Errorf("found %+v (%v), want OpenTofu 1.10.0", cli, err)
	}
	for _, name := range []string{"old", "missing"} {
		t.Setenv(pathVariable, filepath.Join(folder, name))
		_, err := Find(t.Context())
		if err == nil || errors.Is(err, ErrNone) {
			t.Errorf("%s: got %v, want an error of its own, since another must not stand in for it", name, err)
		}
	}
}

func TestOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		commands   map[string]string
		want, says string
	}{
		"both":                             {map[string]string{"terraform": "Terraform v1.11.4", "tofu": "OpenTofu v1.12.6"}, "[OpenTofu 1.12.6]", ""},
		"terraform alone":                  {map[string]string{"terraform": "Terraform v1.11.4"}, "[]", ""},
		"tofu alone":                       {map[string]string{"tofu": "OpenTofu v1.12.6"}, "[]", ""},
		"tofu under both names":            {map[string]string{"terraform": "OpenTofu v1.12.6", "tofu": "OpenTofu v1.12.6"}, "[]", ""},
		"tofu too old":                     {map[string]string{"terraform": "Terraform v1.11.4", "tofu": "OpenTofu v1.6.0"}, "[]", "OpenTofu 1.6.0, older than 1.8.0"},
		"terraform too old":                {map[string]string{"terraform": "Terraform v1.5.7", "tofu": "OpenTofu v1.12.6"}, "[]", "Terraform 1.5.7, older than 1.8.0"},
		"something else that is no tofu":   {map[string]string{"terraform": "Terraform v1.11.4", "tofu": "hello"}, "[]", "neither Terraform nor OpenTofu"},
		"both, and neither under its name": {map[string]string{"terraform": "OpenTofu v1.12.6", "tofu": "Terraform v1.11.4"}, "[Terraform 1.11.4]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			machine(t, tt.commands)
			found, err := Find(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			if got := fmt.Sprint(Others(t.Context(), found, &log)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !strings.Contains(log.String(), tt.says) || tt.says == "" && log.String() != "" {
				t.Errorf("it says %q, want %q", &log, tt.says)
			}
			t.Setenv(pathVariable, found.Path)
			if got := Others(t.Context(), found, &log); got != nil {
				t.Errorf("one is named, and it finds %v", got)
			}
		})
	}
}

func TestEnviron(t *testing.T) {
	machine(t, map[string]string{"terraform": "Terraform v1.11.4", "tofu": "OpenTofu v1.12.6"})
	base := []string{"A=b", "TF_CLI_CONFIG_FILE=/missing"}

	terraform, err := Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"A=b", "TF_ACC=1", "TF_ACC_TERRAFORM_PATH=" + terraform.Path, "CHECKPOINT_DISABLE=1"}
	if got := terraform.Environ(base); !slices.Equal(got, want) {
		t.Errorf("Terraform: got %q, want %q", got, want)
	}

	tofu := CLI{Path: "/opt/tofu", OpenTofu: true, Version: terraform.Version}
	for _, want := range []string{"TF_ACC_PROVIDER_HOST=registry.opentofu.org", "TF_ACC_PROVIDER_NAMESPACE=hashicorp"} {
		if got := tofu.Environ(base); !slices.Contains(got, want) {
			t.Errorf("OpenTofu: %q lacks %s", got, want)
		}
	}
}
