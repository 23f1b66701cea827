package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/terraform-rollout/terraform-provider-rollout"

// What is compared: the provider, one that only links what it links, and one
// that has its schema and does nothing.
const (
	ours   = module
	empty  = module + "/internal/bench/empty"
	hollow = module + "/internal/bench/hollow"

	reviewer = module + "/internal/bench/reviewed"
)

// build builds a package as a release is built, once.
func (b *bench) build(ctx context.Context, pkg string) (string, error) {
	if path := b.built[pkg]; path != "" {
		return path, nil
	}
	path := filepath.Join(b.root, executable(filepath.Base(pkg)))
	args := []string{"build", "-trimpath", "-tags", "grpcnotrace", "-ldflags", "-s -w", "-o", path}
	if pkg == empty {
		overlay, err := b.sameSDKs(ctx)
		if err != nil {
			return "", err
		}
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	b.built[pkg] = path
	return path, nil
}

// sameSDKs writes an overlay that lets the empty provider import every foreign
// package that the provider's own packages import.
func (b *bench) sameSDKs(ctx context.Context) (string, error) {
	list, err := output(ctx, "go", "list", "-deps", "-f", `{{if and .Module .Module.Main}}{{join .Imports "\n"}}{{end}}`, ours)
	if err != nil {
		return "", err
	}
	imports := slices.DeleteFunc(strings.Fields(list), func(p string) bool {
		first, _, _ := strings.Cut(p, "/")
		return !strings.Contains(first, ".") || strings.HasPrefix(p, module)
	})
	slices.Sort(imports)
	var text bytes.Buffer
	text.WriteString("package main\n\nimport (\n")
	for _, p := range slices.Compact(imports) {
		fmt.Fprintf(&text, "\t_ %q\n", p)
	}
	text.WriteString(")\n")
	file := filepath.Join(b.root, "sdks.go")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return "", fmt.Errorf("write the imports: %w", err)
	}
	at, err := output(ctx, "go", "list", "-f", "{{.Dir}}", empty)
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(strings.TrimSpace(at), "sdks.go"): file}})
	if err != nil {
		return "", fmt.Errorf("write the overlay: %w", err)
	}
	path := filepath.Join(b.root, "overlay.json")
	if err := os.WriteFile(path, overlay, 0o600); err != nil {
		return "", fmt.Errorf("write the overlay: %w", err)
	}
	return path, nil
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, complaints.String())
	}
	return out.String(), nil
}
