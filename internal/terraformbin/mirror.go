package terraformbin

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// MirrorVariable names the environment variable that says where providers lie.
const MirrorVariable = "ROLLOUT_PROVIDER_MIRROR"

const registry = "registry.terraform.io"

// FindProvider returns the executable of a provider ("hashicorp/aws") in a
// filesystem mirror, unpacked: below ROLLOUT_PROVIDER_MIRROR, which is the folder
// that has registry.terraform.io in it, or where Terraform looks by itself, or
// near the root. It fetches nothing.
func FindProvider(source, version string) (string, error) {
	mirrors := Mirrors()
	for _, mirror := range mirrors {
		folder := filepath.Join(mirror, registry, filepath.FromSlash(source), version, runtime.GOOS+"_"+runtime.GOARCH)
		found, err := filepath.Glob(filepath.Join(folder, "terraform-provider-*"))
		if err != nil {
			return "", fmt.Errorf("look into %s: %w", folder, err)
		}
		for _, path := range found {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && !strings.HasSuffix(path, ".zip") {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("there is no unpacked %s %s in a filesystem mirror (looked in %s); fetch it with `terraform providers mirror`, unpack it, and name the mirror with %s",
		source, version, strings.Join(mirrors, ", "), MirrorVariable)
}

// Mirrors lists the filesystem mirrors that may be there.
func Mirrors() []string {
	if named := os.Getenv(MirrorVariable); named != "" {
		return []string{named}
	}
	var out []string
	if home, err := os.UserHomeDir(); err == nil {
		out = append(out, filepath.Join(home, ".terraform.d", "plugins"))
	}
	out = append(out, "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins")
	for _, pattern := range []string{"/*/" + registry, "/*/*/" + registry} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			continue // the patterns are ours, and well formed
		}
		for _, path := range found {
			out = append(out, filepath.Dir(path))
		}
	}
	return out
}
